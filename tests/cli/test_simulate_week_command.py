"""The command that plays a week of customers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from streams.simulating.week import known
from streams.simulating.week.definitions import MEASURES
from tests.commands import Shell
from tests.contracts import contract

SMALL = ("simulate", "week", "--issues", "12", "--seeds", "2")
PRODUCT = {"escalation_recall", "routing_accuracy", "context_kept", "answer_precision"}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in whose directory there is no evaluation data."""
    folder = tmp_path / "nothing"
    folder.mkdir()
    return Shell(folder)


@pytest.fixture
def open_week(tmp_path: Path) -> Path:
    """Evaluation data of one issue."""
    folder = tmp_path / "data"
    folder.mkdir()
    article = {"id": "b77-lost", "title": "A lost card", "body": "Block it.", "examples": ["lost"]}
    handles = {"email": "ann@example.org"}
    customer = {"person": "P1", "name": "Ann", "email": "ann@example.org", "phone": "+15550001"}
    more = {"ltv": 1.0, "preferred": "email", "known_handles": handles}
    truth = {"kind": "kb", "lang": "en", "intent": "btx-lost", "priority": "low", "tone": []}
    about = {"gold_article": "b77-lost", "facts": [["ref", "REF-1"]], "escalate": False}
    message = {"t": 36_000.0, "channel": "email", "handle": "ann@example.org"}
    said = {"text": "I lost my card, REF-1", "provider_id": "m1"}
    rows: dict[str, list[dict[str, Any]]] = {
        "workload_kb_open": [article],
        "workload_customers_open": [{**customer, **more}],
        "workload_truth_identity_open": [{"person": "P1", "handles": handles}],
        "workload_truth_issues_open": [{"issue": "I1", "person": "P1", **truth, **about}],
        "workload_messages_open": [{**message, **said}, {**message, **said}],
        "workload_truth_messages_open": [
            {"provider_id": "m1", "person": "P1", "issue": "I1", "role": "open"}
        ],
        "dialog_multidogo_open": [],
    }
    for name, some in rows.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in some)
    (folder / "priority_rubric_open.json").write_text('{"bitext": {}}')
    return folder


def test_all_arms_are_told_with_what_each_figure_means(shell: Shell) -> None:
    told = shell(*SMALL, "--json")
    assert told.status == 0, told.err
    found = told.json
    assert [*found] == contract("commands")["prints"]["a simulated week"]
    assert [*found["arms"]] == ["silo", "unified", "system"]
    assert [*found["definitions"]] == [one.name for one in MEASURES]
    assert [*found["arms"]["system"]] == [one.name for one in MEASURES]
    assert not PRODUCT & {*found["arms"]["silo"]}
    assert (found["tier"], found["seeds"], found["issues"]) == ("light", 2, 12)
    for figures in found["arms"].values():
        for one in figures.values():
            assert [*one] == ["mean", "low", "high"]
    compared = found["differences"]["system less silo"]["first_contact_resolution"]
    assert compared["low"] <= compared["mean"] <= compared["high"]
    assert found["headlines"][0]["before"] == found["arms"]["silo"]["first_contact_resolution"]
    assert {"email", "phone"} <= {*found["channels"]["silo"]}
    assert found["sensitivity"] == {}


def test_the_same_seeds_give_the_same_text(shell: Shell) -> None:
    first = shell(*SMALL, "--arms", "system,silo")
    assert first.status == 0, first.err
    assert first.out == shell(*SMALL, "--arms", "system,silo").out
    head, arms, *_ = first.out.splitlines()
    assert head.startswith("12 issues of a week of what ships, 2 seeds, 16 seats;")
    assert arms.split() == ["silo", "system"]
    assert "not to be had without people" in first.out


def test_without_the_evaluation_data_it_plays_what_ships_and_says_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = shell(*SMALL, "--arms", "silo")
    assert "The week is made of what ships" in told.err
    monkeypatch.setattr(known, "BESIDE", tmp_path)
    assert known.week_of(None).name == "a week of what ships"


def test_the_evaluation_data_is_read_where_it_lies(open_week: Path) -> None:
    told = Shell(open_week)("simulate", "week", "--seeds", "1", "--json")
    assert told.status == 0, told.err
    assert told.err == ""
    found = told.json
    assert (found["week"], found["issues"], found["remarks"]) == ("the open week", 1, [])
    assert found["arms"]["system"]["visibility"]["mean"] == 1.0
    assert found["arms"]["silo"]["contacts"]["mean"] == 1.0
    assert not (open_week / "pactdesk.db").exists()


def test_other_assumptions_are_played_one_at_a_time(shell: Shell) -> None:
    told = shell(*SMALL, "--arms", "unified", "--sensitivity", "--json").json["sensitivity"]
    assert [*told] == [
        "a person solves 0.75",
        "a person solves 0.90",
        "accepts 0.85",
        "accepts 0.95",
        "12 seats",
        "20 seats",
    ]
    shown = shell(*SMALL, "--arms", "unified", "--sensitivity").out
    assert "First-contact resolution under other assumptions (%):" in shown


def test_an_arm_that_is_not_there_is_refused(shell: Shell) -> None:
    told = shell(*SMALL, "--arms", "silo,clouds")
    assert told.status == 2
    assert "there is no arm 'clouds'" in told.err


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    told = Shell(tmp_path / "mistyped")(*SMALL)
    assert told.status == 2
    assert "is no folder" in told.err


def test_too_few_seats_are_refused(shell: Shell) -> None:
    assert shell(*SMALL, "--seats", "7").status == 2


def test_who_breaks_it_off_is_told_nothing_and_nothing_is_left(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(made))

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("streams.simulating.week.system.SystemDesk.hear", broken)
    assert shell(*SMALL).status == 130
    assert [*made.iterdir()] == []
