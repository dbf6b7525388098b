"""Projections of a user's own from the command line: wrong files, and what commands say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.errors import Misconfigured
from streams.own.loading import load
from tests.commands import Shell, ndjson
from tests.owned import MOVES, STUMBLES, THANKS, written


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file that the settings name."""
    file = written(tmp_path, THANKS)
    monkeypatch.setenv("PACTDESK_PROJECTIONS__OWN", str(file))
    return file


def ordered(text: str, **other: str) -> str:
    for old, new in other.items():
        text = text.replace(old, new)
    return text


WRONG = {
    "is not there": (None, "cannot be read: No such file"),
    "is no Python": ("letters = (", "cannot be imported: SyntaxError"),
    "raises": ("import nothing_of_that_name", "No module named 'nothing_of_that_name' (line 1)"),
    "ends the process": ("import sys\nsys.exit(3)", "SystemExit: 3 (line 2)"),
    "has no projection": ("x = 1", "has no pactdesk.projections.Projection"),
    "has a wrong name": (ordered(THANKS, **{'"letters"': '"My Letters"'}), "'My Letters' is not"),
    "has no name": (ordered(THANKS, **{'"letters"': "7"}), "its name 7 is not"),
    "has our name": (ordered(THANKS, **{'"letters"': '"tickets"'}), "as one of pactdesk's own"),
    "has our reader's name": (ordered(THANKS, **{'"letters"': '"tables"'}), "pactdesk's own"),
    "folds no event": (ordered(THANKS, ContactReceived="ContactLost"), "no event 'ContactLost'"),
    "folds a text": (
        ordered(THANKS, **{'["ContactReceived"]': '"ContactReceived"'}),
        "no list of names",
    ),
    "folds two topics": (
        ordered(THANKS, **{'"ContactReceived"': '"ContactReceived", "TicketOpened"'}),
        "a table folds one topic",
    ),
    "folds control": (ordered(THANKS, ContactReceived="PolicyActivated"), "no table is folded"),
    "has no such key": (ordered(THANKS, **{'key="customer_id"': 'key="shoe"'}), "no field shoe"),
    "has a number for a key": (ordered(THANKS, **{'key="customer_id"': "key=3"}), "its key is"),
    "has no fold": (ordered(THANKS, **{", evolve,": ", None,"}), "its evolve is no function"),
    "has no row": (ordered(THANKS, **{", Letters, evolve": ", dict, evolve"}), "its row is no"),
    "has lists": (ordered(THANKS, **{"letters: int = 0": "letters: list[str] = []"}), "holds list"),
    "has two kinds": (ordered(THANKS, **{"letters: int": "letters: int | str"}), "cannot be read"),
    "has unknown types": (ordered(THANKS, **{"letters: int": "letters: Shoe"}), "cannot be read"),
    "has a number first": (
        ordered(THANKS, **{"customer_id: str": "customer_id: int"}),
        "primary key",
    ),
    "has a word of SQL": (ordered(THANKS, **{"letters: int": "order: int"}), "order cannot be"),
    "has a view of nothing": (
        ordered(MOVES, v1_tickets="v1_shoes"),
        "its view does not work (no such table: v1_shoes)",
    ),
    "has a view that writes": (
        ordered(MOVES, **{"SELECT l.*, t.category": "DELETE FROM o_life --"}),
        "its view does not work",
    ),
    "has a view of our tables": (ordered(MOVES, v1_tickets="p_tickets"), "no such table"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_cannot_be_one_is_refused_with_what_is_wrong(what: str, tmp_path: Path) -> None:
    text, says = WRONG[what]
    file = tmp_path / "my_tables.py"
    if text is not None:
        written(tmp_path, text)
    with pytest.raises(Misconfigured) as told:
        load([str(file)])
    assert says in told.value.what
    assert str(file) in told.value.what
    assert told.value.remedy


def test_two_of_one_name_are_refused_with_both_files(tmp_path: Path) -> None:
    one, other = written(tmp_path, THANKS), written(tmp_path, THANKS, "more.py")
    with pytest.raises(Misconfigured, match=r"more\.py .* so does .*my_tables\.py"):
        load([str(one), str(other)])


def test_several_of_one_file_are_all_there_and_a_second_name_of_one_is_none(tmp_path: Path) -> None:
    late = "Projection('late', ['TicketOpened'], Letters, evolve, 'customer_id')"
    more = f"\nagain = letters\nlate = {late}"
    file = written(tmp_path, THANKS + more)
    assert [one.name for one in load([str(file)])] == ["letters", "late"]


@pytest.mark.parametrize("command", [("run",), ("rebuild",), ("verify",)])
def test_a_wrong_file_is_a_matter_of_the_settings(
    command: tuple[str, ...], named: Path, desk: Shell
) -> None:
    named.write_text("letters = (")
    told = desk(*command)
    assert told.status == 78
    assert "SyntaxError" in told.err
    assert "(line 1)" in told.err


def test_a_wrong_file_keeps_nobody_from_reading_and_is_named(named: Path, desk: Shell) -> None:
    named.write_text("letters = (")
    assert desk("tickets", "--json").status == 0
    (state,) = desk("status", "--json").json["projections"]
    assert state["state"] == "unreadable"
    assert "SyntaxError" in state["error"]
    assert "projections.own" in desk("doctor").out


def test_commands_treat_it_as_ours(named: Path, desk: Shell) -> None:
    rows = desk("rebuild", "letters", "--json").json
    assert [(row["projection"], row["rows"]) for row in rows] == [("letters", 2)]
    told = desk("query", "SELECT sum(letters) AS n FROM own_letters", "--json")
    assert told.json == [{"n": 2}]
    assert "letters: 2 rows" in desk("verify").out
    names = [row["projection"] for row in desk("rebuild", "--json").json]
    assert names[-1] == "letters"
    assert "tickets" in names
    then = ("query", "SELECT * FROM own_letters", "--as-of", "2026-03-02T09:10:00Z", "--json")
    assert len(desk(*then).json) == 1
    assert "letters" in desk("status").out
    assert f"the projection letters ({named}) is kept up" in desk("doctor").out


def test_a_rebuild_that_raises_is_refused_with_the_record(named: Path, desk: Shell) -> None:
    named.write_text(STUMBLES.replace("stone", "charged"))
    told = desk("rebuild")
    assert told.status == 3
    assert "letters: support.contacts.v1/" in told.err
    assert "ValueError: a charged" in told.err
    assert desk("verify").status == 0


def test_verify_says_that_a_file_changed(named: Path, desk: Shell) -> None:
    desk("rebuild", "letters")
    named.write_text(THANKS + "\n# another thought\n")
    told = desk("verify")
    assert told.status == 5
    assert "run `pactdesk rebuild letters`" in told.out


def test_a_projection_that_there_is_not_is_not_found(named: Path, desk: Shell) -> None:
    assert named.exists()
    told = desk("rebuild", "numbers")
    assert told.status == 4


ROWS_OF_NO_TABLE = {
    "another key": ("Letters(record.event.customer_id)", 'Letters("x")', "the row 'x' for the key"),
    "nothing": (
        "    return replace",
        "    if row.letters:\n        return None\n    return replace",
        "gave None",
    ),
    "a list": ("letters=row.letters + 1", "letters=[1]", "gave [1] for letters: int"),
    "a text": ("letters=row.letters + 1", 'letters="1"', "gave '1' for letters: int"),
    "no number": ("letters=row.letters + 1", "letters=2**63", "for letters: int"),
    "something else": ("return replace", "return dict or replace", "no Letters"),
    "a change in place": (
        "    return replace",
        "    row.letters = 1\n    return replace",
        "immutable",
    ),
}


@pytest.mark.parametrize("what", ROWS_OF_NO_TABLE)
def test_what_is_no_row_of_its_table_stops_it(what: str, named: Path, desk: Shell) -> None:
    old, new, says = ROWS_OF_NO_TABLE[what]
    assert old in THANKS
    named.write_text(THANKS.replace(old, new))
    line = {"channel": "email", "handle": "zoe@example.org", "message": "Hi"}
    assert desk("produce", stdin=ndjson(line, {**line, "message": "Hello?"})).status == 0
    assert desk("run").status == 0
    (state,) = desk("status", "--json").json["projections"]
    assert state["state"] == "stopped"
    assert says in state["error"]
    assert json.dumps(state["record"]).startswith('"support.contacts.v1/')
