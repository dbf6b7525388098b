"""Incident bundles from the command line."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.bundles import file
from tests.commands import Shell


def _bundle(read: Shell, ticket: str, folder: Path, *options: str) -> Path:
    path = folder / "t.bundle"
    made = read("bundle", ticket, "--to", str(path), *options)
    assert made.status == 0, made.err
    return path


def test_a_bundle_is_made_and_comes_to_the_same(read: Shell, ticket: str, tmp_path: Path) -> None:
    path = tmp_path / "t.bundle"
    told = read("bundle", ticket, "--to", str(path), "--json").json
    assert (told["same"], told["text"], told["key"]) == (True, "masked", None)
    assert told["bytes"] == path.stat().st_size
    report = read("bundle", "run", str(path), "--json", "--data", str(tmp_path / "a")).json
    assert report["same"]
    assert report["compared"] == told["compared"] > 0
    assert "the same" in read("bundle", "run", str(path), "--data", str(tmp_path / "b")).out


def test_a_bundle_has_the_ticket_s_name_unless_it_is_told_another(
    read: Shell, ticket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read("bundle", ticket).status == 0
    assert [one.name for one in tmp_path.iterdir()] == [f"{ticket}.bundle"]


def test_a_place_where_no_bundle_can_be_written_is_told(
    read: Shell, ticket: str, tmp_path: Path
) -> None:
    told = read("bundle", ticket, "--to", str(tmp_path / "nowhere" / "t.bundle"))
    assert told.status == 2
    assert "cannot be written" in told.err
    assert "name another file with --to" in told.err


def test_what_is_sealed_opens_with_the_key_that_is_told(
    read: Shell, ticket: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.bundle"
    key = read("bundle", ticket, "--to", str(path), "--text", "sealed", "--json").json["key"]
    run = ("bundle", "run", str(path), "--json", "--data")
    assert read(*run, str(tmp_path / "a"), "--key", key).json["text"] == "plain"
    assert read(*run, str(tmp_path / "b")).json["text"] == "sealed"
    assert read(*run, str(tmp_path / "c"), "--key", "other").status == 65


def test_a_bundle_that_was_altered_is_not_run(read: Shell, ticket: str, tmp_path: Path) -> None:
    path = _bundle(read, ticket, tmp_path)
    path.write_bytes(path.read_bytes().replace(b"ContactReceived", b"ContactReceivee"))
    ended = read("bundle", "run", str(path))
    assert ended.status == 65
    assert "not as it was written" in ended.err


def test_a_run_is_kept_where_it_is_told_and_only_in_an_empty_store(
    read: Shell, ticket: str, tmp_path: Path
) -> None:
    path, folder = _bundle(read, ticket, tmp_path), str(tmp_path / "again")
    assert read("bundle", "run", str(path), "--data", folder).status == 0
    assert f"ticket {ticket}" in read("why", ticket, "--data", folder).out
    refused = read("bundle", "run", str(path), "--data", folder)
    assert refused.status == 3
    assert "is not empty" in refused.err


def test_what_comes_out_otherwise_is_named(read: Shell, ticket: str, tmp_path: Path) -> None:
    path = _bundle(read, ticket, tmp_path)
    bundle = file.read(path.read_bytes())
    less = msgspec.structs.replace(bundle, turns=[t for t in bundle.turns if t.said][1:])
    path.write_bytes(file.written(less))
    run = ("bundle", "run", str(path), "--data")
    ended = read(*run, str(tmp_path / "a"))
    assert ended.status == 5
    assert " differ" in ended.out
    report = read(*run, str(tmp_path / "b"), "--json")
    assert report.status == 5
    assert not report.json["same"]
    assert {"id", "type", "ticket_id", "at", "what", "fields"} == {*report.json["differences"][0]}


def test_what_only_counts_records_otherwise_is_summed_and_not_named(
    read: Shell, ticket: str, tmp_path: Path
) -> None:
    path = _bundle(read, ticket, tmp_path)
    bundle = file.read(path.read_bytes())
    less = msgspec.structs.replace(bundle, turns=[t for t in bundle.turns if t.said][1:])
    path.write_bytes(file.written(less))
    run = ("bundle", "run", str(path), "--data")
    found = read(*run, str(tmp_path / "a"), "--json").json["differences"]
    numbers = {"sequence", "previous", "revision", "turn"}
    counted = [one for one in found if one["fields"] and numbers.issuperset(one["fields"])]
    told = read(*run, str(tmp_path / "b")).out
    assert f"{len(found)} differ, {len(counted)} of them in their numbers alone" in told
    assert 0 < len(counted) < len(found)
    assert not any(one["id"] in told for one in counted)


def test_a_ticket_that_is_not_there_has_no_bundle(read: Shell) -> None:
    assert read("bundle", "TICK_NONE").status == 4
