"""The page that follows a contact through the code says what a run does, and in that order."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from schemas.topics import CONTACTS
from streams.cli.main import status_of
from streams.desk import open_desk
from tests.documents import ROOT, pages
from tests.walks import Trace, functions_of, traced, walk, walks

ROOMS = "schemas|projections|agents|streams|tests|bench|training"
KNOWN: list[dict[str, object]] = [
    {"type": "specialist", "specialist_id": "sam", "name": "Sam", "team": "support"},
    {"type": "customer", "customer_id": "ann", "lifetime_value": 12500, "handles": {"slack": ["U1"]}},
]
CONTACT: list[dict[str, object]] = [{"channel": "slack", "handle": "U1", "message": "I was charged twice. Please refund one."}]


class Stage:
    """A desk in a folder, on which commands run with their calls noted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines = folder.parent / "lines.ndjson"

    def run(self, *arguments: str) -> Trace:
        """What one command calls, which must succeed."""
        with traced() as trace:
            status = status_of(["--data", str(self.folder), "--quiet", *arguments])
        assert status == 0
        return trace

    def produce(self, lines: list[dict[str, object]], at: str = "2026-03-02T08:00:00Z") -> Trace:
        """What is called when lines are produced."""
        self._lines.write_text("".join(json.dumps({**one, "at": at}) + "\n" for one in lines))
        return self.run("produce", str(self._lines))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk's folder where a colleague and a customer are known."""
    stage = Stage(tmp_path_factory.mktemp("known") / "desk")
    stage.produce(KNOWN)
    stage.run("run", "--now", "2026-03-02T08:30:00Z")
    return stage.folder


@pytest.fixture(scope="module")
def later(known: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after a contact was worked off."""
    stage = Stage(Path(shutil.copytree(known, tmp_path_factory.mktemp("later") / "desk")))
    stage.produce(CONTACT, "2026-03-02T09:00:00Z")
    stage.run("run", "--now", "2026-03-02T09:30:00Z")
    return stage.folder


@pytest.fixture
def stage(known: Path, tmp_path: Path) -> Stage:
    """A desk of the test's own before a contact."""
    return Stage(Path(shutil.copytree(known, tmp_path / "desk")))


@pytest.fixture
def answered(later: Path, tmp_path: Path) -> Stage:
    """A desk of the test's own after a contact."""
    return Stage(Path(shutil.copytree(later, tmp_path / "desk")))


def test_every_function_that_the_page_names_is_there() -> None:
    named = [call for calls in walks().values() for call in calls]
    assert len(named) > 50
    assert [call for call in named if call.function not in functions_of(call.file)] == []


def test_every_file_that_a_page_of_today_names_is_there() -> None:
    named = {
        file
        for page in pages()
        if page.parent.name != "adr"  # they name other projects' files, and those of their day
        for file in re.findall(rf"`((?:{ROOMS})/[\w/]+(?:\.\w+|/))`", page.read_text("utf-8"))
    }
    assert len(named) > 50
    assert sorted(file for file in named if not (ROOT / file).exists()) == []


def test_a_line_comes_in_as_the_page_says(stage: Stage) -> None:
    assert stage.produce(CONTACT, "2026-03-02T09:00:00Z").out_of_order(walk("A line comes in")) == []


def test_a_turn_is_taken_as_the_page_says(stage: Stage) -> None:
    stage.produce(CONTACT, "2026-03-02T09:00:00Z")
    trace = stage.run("run", "--now", "2026-03-02T09:30:00Z")
    assert trace.out_of_order(walk("A turn is taken")) == []


def test_a_person_answers_as_the_page_says(answered: Stage) -> None:
    with open_desk(answered.folder) as desk:
        (ticket,) = desk.query("SELECT ticket_id FROM v1_tickets")
    trace = answered.run("reply", ticket["ticket_id"], "One of the two is on its way back to you.")
    assert trace.out_of_order(walk("A person answers")) == []


def test_a_timer_runs_out_as_the_page_says(answered: Stage) -> None:
    trace = answered.run("run", "--now", "2026-03-03T09:30:00Z")
    assert trace.out_of_order(walk("A timer runs out")) == []


def test_a_record_that_cannot_be_read_is_put_aside_as_the_page_says(stage: Stage) -> None:
    with open_desk(stage.folder) as desk, desk.database.durably():
        desk.log.append_raw(CONTACTS.name, 0, "bo", "{}", b"no record", "poison")
    trace = stage.run("run", "--now", "2026-03-02T09:30:00Z")
    assert trace.out_of_order(walk("A record cannot be read")) == []


def test_the_tables_are_made_anew_as_the_page_says(answered: Stage) -> None:
    with open_desk(answered.folder) as desk, desk.database.durably():
        desk.database.execute("UPDATE p_tickets SET status = 'lost'")
    assert answered.run("rebuild").out_of_order(walk("The tables are made anew")) == []


def test_a_walk_that_goes_another_way_is_found_out(stage: Stage) -> None:
    there = walk("A line comes in")
    trace = stage.produce(CONTACT, "2026-03-02T09:00:00Z")
    assert trace.out_of_order(there[::-1]) != []
    assert trace.out_of_order([there[0]._replace(function="Intake.again")]) == [
        "Intake.again in streams/embedded/intake.py is not called"
    ]
