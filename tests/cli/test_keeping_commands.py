"""Commands that keep what is stored right."""

from __future__ import annotations

import base64
import sqlite3

import pytest

from tests.commands import Shell


def test_verify_finds_a_whole_store_clean(read: Shell) -> None:
    told = read("verify", "--json")
    assert told.status == 0
    assert told.json["clean"] is True
    assert told.json["gaps"] == []
    assert read("verify").out.endswith("clean\n")


def test_verify_ends_with_five_when_a_row_was_changed(desk: Shell) -> None:
    store = sqlite3.connect(desk.data / "pactdesk.db")
    store.execute("UPDATE p_tickets SET priority = 'low'")
    store.commit()
    store.close()
    told = desk("verify")
    assert told.status == 5
    assert "DIFFERS" in told.out
    assert told.out.endswith("NOT clean\n")


def test_rebuild_mends_a_changed_row(desk: Shell) -> None:
    before = desk("tickets", "--json").json
    store = sqlite3.connect(desk.data / "pactdesk.db")
    store.execute("UPDATE p_tickets SET priority = 'low'")
    store.commit()
    store.close()
    report = {row["projection"]: row for row in desk("rebuild", "tickets", "--json").json}
    assert report["tickets"]["same"] is False
    assert desk("tickets", "--json").json == before
    assert desk("verify").status == 0


def test_rebuild_without_names_takes_every_table(desk: Shell) -> None:
    report = desk("rebuild", "--json").json
    assert len(report) > 5
    assert all(row["same"] for row in report)
    assert "tickets" in desk("rebuild").out


def test_rebuild_of_a_table_that_there_is_not_is_not_found(desk: Shell) -> None:
    assert desk("rebuild", "shopping").status == 4


def test_a_dead_letter_is_listed_and_shown_with_its_bytes(empty: Shell) -> None:
    bad = b'{"channel": "email", "message": "\xff"}'
    empty("produce", stdin=bad + b"\n")
    (letter,) = empty("deadletters", "list", "--json").json
    assert letter["error"]
    assert letter["remedy"]
    shown = empty("deadletters", "show", letter["id"], "--json").json
    assert base64.b64decode(shown["base64"]).rstrip(b"\n") == bad
    assert letter["id"] in empty("deadletters", "list").out
    assert "base64: " in empty("deadletters", "show", letter["id"]).out


def test_a_letter_that_is_still_bad_stays_and_ends_with_65(empty: Shell) -> None:
    empty("produce", stdin=b"{]\n")
    told = empty("deadletters", "redrive", "--all", "--json")
    assert told.status == 65
    assert told.json[0]["status"] == "unreadable"
    assert len(empty("deadletters", "list", "--json").json) == 1


def test_a_discarded_letter_is_off_the_list_but_not_lost(empty: Shell) -> None:
    empty("produce", stdin=b"{]\n")
    (letter,) = empty("deadletters", "list", "--json").json
    assert empty("deadletters", "discard", letter["id"]).status == 0
    assert empty("deadletters", "list", "--json").json == []
    assert empty("deadletters", "show", letter["id"]).status == 0


@pytest.mark.parametrize("arguments", [["show", "x"], ["redrive", "x"], ["discard", "x"]])
def test_a_letter_that_is_not_there_is_not_found(empty: Shell, arguments: list[str]) -> None:
    assert empty("deadletters", *arguments).status == 4


@pytest.mark.parametrize("arguments", [[], ["--all", "x"]])
def test_redrive_takes_names_or_all(empty: Shell, arguments: list[str]) -> None:
    assert empty("deadletters", "redrive", *arguments).status == 2
