"""The options that every command has, what goes where, and how errors end."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import psycopg
import pytest

import pactdesk
from streams.cli.commands import COMMANDS
from streams.cli.main import split_globals
from tests.commands import Shell


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_its_help(name: str, empty: Shell) -> None:
    told = empty(name, "--help")
    assert told.status == 0
    assert f"Usage: pactdesk {name}" in told.out
    assert not empty.data.exists()


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["--json", "deadletters", "list"])), ids=" ".join
)
def test_json_may_stand_anywhere(order: tuple[str, ...], read: Shell) -> None:
    arguments = [one for one in order if one != "list"]
    arguments.insert(arguments.index("deadletters") + 1, "list")
    assert read(*arguments).json == []


def test_json_may_stand_behind_the_subcommand(read: Shell) -> None:
    assert isinstance(read("topics", "list", "--json").json, list)


def test_what_follows_two_dashes_is_no_option() -> None:
    context, rest = split_globals(["note", "T", "--", "--json", "--data"])
    assert not context.json
    assert rest == ["note", "T", "--", "--json", "--data"]


def test_data_is_taken_in_both_spellings() -> None:
    assert split_globals(["--data=/a", "status"])[0].flags == {"data": "/a"}
    assert split_globals(["status", "--data", "/a"])[0].flags == {"data": "/a"}


def test_a_global_option_without_its_value_is_a_usage_error(empty: Shell) -> None:
    told = empty("--engine=", "status")
    assert told.status == 2
    assert "--engine needs a value" in told.err


def test_the_version_is_the_distributions(empty: Shell) -> None:
    assert empty("--version").out == f"pactdesk {pactdesk.__version__}\n"
    assert empty("--version", "--json").json == {"version": pactdesk.__version__}


@pytest.mark.parametrize("name", ["ticket", "status", "deadletters"])
def test_the_version_may_be_asked_for_behind_a_command(empty: Shell, name: str) -> None:
    assert empty(name, "--version").out == f"pactdesk {pactdesk.__version__}\n"
    assert not empty.data.exists()


def test_a_misspelt_command_is_told_the_nearest(empty: Shell) -> None:
    told = empty("tickts")
    assert told.status == 2
    assert "'tickets'" in told.err
    assert told.out == ""


def test_no_command_at_all_shows_help_as_a_usage_error(empty: Shell) -> None:
    told = empty()
    assert told.status == 2
    assert "Commands:" in told.err


def test_a_usage_error_is_json_where_json_was_asked_for(empty: Shell) -> None:
    told = empty("ticket", "--json")
    assert told.status == 2
    assert told.out == ""
    assert json.loads(told.err)["status"] == 2


def test_an_unknown_engine_is_a_matter_of_configuration(empty: Shell) -> None:
    told = empty("status", "--engine", "steam")
    assert told.status == 78
    assert "engine (flag) does not fit" in told.err
    assert not empty.data.exists()


def test_an_unknown_setting_is_told_with_its_origin(
    empty: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACTDESK_COLOUR", "red")
    told = empty("status")
    assert told.status == 78
    assert "colour (environment) is not a setting" in told.err
    assert "->" in told.err


def test_a_refusal_says_what_and_what_to_do_as_json_too(read: Shell) -> None:
    told = read("ticket", "TICK_0000000000000000", "--json")
    assert told.status == 4
    assert told.out == ""
    assert json.loads(told.err) == {
        "error": "there is no ticket TICK_0000000000000000",
        "remedy": "see `pactdesk tickets`",
        "status": 4,
    }


def test_quiet_leaves_out_remarks_but_not_errors(empty: Shell) -> None:
    bad = "not json\n"
    assert "1 unreadable" in empty("produce", stdin=bad).err
    quiet = empty("produce", "--quiet", stdin=bad)
    assert quiet.status == 65
    assert "1 unreadable" not in quiet.err
    assert "not JSON" in quiet.err


def test_a_defect_ends_with_a_sentence(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr("streams.health.status", broken)
    told = empty("status")
    assert told.status == 70
    assert "RuntimeError: a wheel came off" in told.err
    assert "Traceback" not in told.err


def test_a_full_disk_is_no_defect(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("streams.health.status", full)
    told = empty("status")
    assert told.status == 69
    assert "the disk is full" in told.err


def test_a_database_that_went_away_is_no_defect(
    empty: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> None:
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("streams.health.status", gone)
    told = empty("status")
    assert told.status == 69
    assert "the database does not answer" in told.err


def test_an_interrupt_ends_with_130(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("streams.health.status", interrupted)
    assert empty("status").status == 130


def test_the_data_directory_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACTDESK_DATA", str(tmp_path / "elsewhere"))
    shown = Shell(tmp_path / "flag")("config", "show", "--json").json
    assert {"setting": "data", "value": str(tmp_path / "flag"), "origin": "flag"} in shown
