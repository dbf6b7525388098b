"""What was taught is read while nothing else is to be done, and nobody who stops waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agents.policy import default_policy
from streams.clock import WallClock
from streams.desk import Desk
from streams.embedded.running import run_roles
from streams.embedded.shift import Shift
from streams.embedded.taught import Taught
from streams.knowledge import KnowledgeHistory
from streams.reading_ahead import MANY, Reading, ToldToStop
from streams.understanding import light
from streams.worlds import Worlds

TEXTS = 3
MESSAGE = {"channel": "email", "handle": "ann@example.org", "message": "pause my plan please"}


class Slow(KnowledgeHistory):
    """Has some texts to read before each message, and does something after each of them.

    Attributes:
        read: How many were read.
        after: What is done after each; nothing at first.
    """

    def __init__(self) -> None:
        super().__init__(light.load())
        self.read = 0
        self.after: threading.Event | None = None

    def prepare(self, clock: float) -> Iterator[int]:
        """Read what is not read yet."""
        while self.read < TEXTS:
            self.read += 1
            if self.after is not None:
                self.after.set()
            yield TEXTS - self.read
        yield from super().prepare(clock)


@pytest.fixture
def history() -> Slow:
    return Slow()


@pytest.fixture
def desk(tmp_path: Path, history: Slow) -> Iterator[Desk]:
    with Desk(tmp_path, WallClock()) as desk:
        desk.worlds = Worlds(Taught(desk.database), history, default_policy())
        yield desk


def test_texts_are_read_one_by_one_while_nothing_waits(desk: Desk, history: Slow) -> None:
    shift = Shift(desk)
    while shift.step() or shift.rest():
        pass
    assert history.read == 0
    for read in range(1, TEXTS + 1):
        assert shift.read_on()
        assert history.read == read
    assert not shift.read_on()


def test_what_was_taught_since_is_read_on_too(desk: Desk, history: Slow) -> None:
    shift = Shift(desk)
    while shift.step() or shift.rest() or shift.read_on():
        pass
    history.read = 0
    assert not shift.read_on()
    desk.produce({"type": "article", "article_id": "a", "title": "Pause", "body": "Press Pause."})
    while shift.step() or shift.rest() or shift.read_on():
        pass
    assert history.read == TEXTS


def test_whoever_waits_for_a_message_is_told_how_much_is_left(desk: Desk) -> None:
    told: list[int] = []
    desk.produce(MESSAGE)
    desk.run(reads=told.append)
    assert told == [*range(TEXTS - 1, -1, -1)]
    assert len(desk.query("SELECT 1 AS one FROM v1_tickets")) == 1


def test_a_desk_that_is_told_to_stop_reads_no_further(desk: Desk, history: Slow) -> None:
    stop = history.after = threading.Event()
    desk.produce(MESSAGE)
    roles = frozenset({"agents", "projections"})
    turns = run_roles(desk, roles, None, stop, recorded=False, ready=lambda: None)
    assert turns == 0
    assert history.read == 1
    assert desk.run() > 0
    assert len(desk.query("SELECT 1 AS one FROM v1_tickets")) == 1


def test_it_is_said_once_why_nothing_goes_on_where_there_is_much_to_read() -> None:
    reading = Reading(threading.Event())
    with capture_logs() as logs:
        for left in range(MANY, -1, -1):
            reading(left)
    assert [(one["event"], one.get("texts")) for one in logs] == [
        ("messages wait until what was taught is read", MANY),
        ("what was taught is read", None),
    ]


def test_nothing_is_said_of_a_moment() -> None:
    reading = Reading(threading.Event())
    with capture_logs() as logs:
        for left in range(MANY - 1, -1, -1):
            reading(left)
    assert logs == []


def test_reading_ends_when_told_to_stop() -> None:
    stop = threading.Event()
    reading = Reading(stop)
    reading(1)
    stop.set()
    with pytest.raises(ToldToStop):
        reading(0)
