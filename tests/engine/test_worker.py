"""The embedded worker: by the wall's clock, and how much it takes in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.events.decisions import MessageUnderstood, ReplyRequested
from schemas.record import partition_of
from schemas.topics import CONTACTS, DEAD_LETTERS, DESK, TOPICS
from streams.clock import Clock, ManualClock, WallClock
from streams.deciding import Decider
from streams.desk import Desk
from streams.embedded.database import Database
from streams.embedded.recent import Recent
from streams.embedded.worker import MOST, Worker
from streams.errors import Unreadable
from streams.testing import START
from tests.stores import a_desk, by_hand

CONTACT = {"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"}


class Told(WallClock):
    """The wall's clock, as far as this process can see."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        """What it was set to."""
        return self.time


@pytest.fixture
def wall() -> Told:
    return Told()


@pytest.fixture
def desk(tmp_path: Path, wall: Told) -> Iterator[Desk]:
    """A desk by the wall's clock."""
    with a_desk(tmp_path, wall) as desk:
        yield desk


def worker(desk: Desk, clock: Clock, recent: Recent | None = None, **more: Any) -> Worker:
    """A worker that has looked around."""
    one = Worker(desk.database, desk.worlds, clock, recent, **more)
    one.look()
    return one


def commit(one: Worker) -> int:
    """Work in one transaction; returns how many turns that were."""
    before = one.turns
    with one.committing():
        one.work()
    return one.turns - before


def work_off(one: Worker) -> None:
    while one.waits():
        commit(one)


def types(desk: Desk, after: int) -> list[str]:
    return [
        "DeadLetter" if entry.topic == DEAD_LETTERS.name else entry.record().type
        for entry in desk.log.scan(after)
    ]


def first_due(desk: Desk) -> datetime:
    (at,) = desk.database.execute("SELECT min(due_at) FROM timers").fetchone()
    return datetime.fromtimestamp(at, UTC)


def understood(desk: Desk) -> list[tuple[str, datetime]]:
    """Whose messages were taken, and the clocks of their turns."""
    found = [one for one in desk.events() if isinstance(one.event, MessageUnderstood)]
    return [(one.key, one.at) for one in found]


# --- by the wall's clock ----------------------------------------------------------------------


def test_records_are_taken_in_the_order_of_appending_at_the_time_that_it_is(
    desk: Desk, wall: Told
) -> None:
    names = ["ann", "bo", "cy", "dora"]
    assert len({partition_of(name) for name in names}) > 1
    for hours, name in enumerate(names):
        at = (START - timedelta(hours=hours)).isoformat()
        desk.produce({**CONTACT, "customer_id": name, "at": at})
    wall.time += timedelta(minutes=7)
    assert desk.run() >= len(names)
    assert understood(desk) == [(name, wall.time) for name in names]


def test_all_timers_that_are_due_come_before_what_waits(desk: Desk, wall: Told) -> None:
    desk.produce(CONTACT, {**CONTACT, "customer_id": "bo"})
    desk.run()
    wall.time = first_due(desk)
    desk.produce({**CONTACT, "message": "Hello?"})
    before = desk.log.last_seq()
    one = worker(desk, wall)
    assert one.waits()
    commit(one)
    assert types(desk, before)[:2] == ["TimerDue", "TimerDue"]


def test_a_timer_is_not_due_a_moment_before_its_time(desk: Desk, wall: Told) -> None:
    desk.produce(CONTACT)
    desk.run()
    one = worker(desk, wall)
    wall.time = first_due(desk) - timedelta(seconds=1)
    assert not one.waits()
    wall.time = first_due(desk)
    assert one.waits()
    before = desk.log.last_seq()
    work_off(one)
    assert types(desk, before)[0] == "TimerDue"
    assert not one.waits()


def test_a_worker_that_fires_no_timers_leaves_them_to_others(desk: Desk, wall: Told) -> None:
    desk.produce(CONTACT)
    desk.run()
    one = worker(desk, wall, timers=False)
    wall.time = first_due(desk) + timedelta(days=30)
    assert not one.waits()
    assert commit(one) == 0
    assert first_due(desk) < wall.time


def test_by_the_walls_clock_a_passing_record_fires_no_timer_at_its_own_time(
    desk: Desk, wall: Told
) -> None:
    desk.produce(CONTACT)
    desk.run()
    due = first_due(desk)
    desk.produce({**CONTACT, "message": "later", "at": (due + timedelta(days=1)).isoformat()})
    before = desk.log.last_seq()
    work_off(worker(desk, wall))
    assert "TimerDue" not in types(desk, before)
    assert understood(desk)[-1] == ("ann", wall.time)


# --- one transaction --------------------------------------------------------------------------


def test_so_many_turns_are_committed_together_at_most(desk: Desk, wall: Told) -> None:
    for number in range(MOST + 1):
        desk.produce({**CONTACT, "message": str(number)})
    one = worker(desk, wall)
    taken = []
    while one.waits():
        taken.append(commit(one))
    assert taken[0] == MOST == 50
    assert sum(taken) == one.turns > MOST


def test_after_the_turn_under_way_whoever_else_wants_to_write_may(
    desk: Desk, wall: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        desk.produce({**CONTACT, "message": str(number)})
    one = worker(desk, wall)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "wanted", True)
        assert [commit(one), commit(one)] == [1, 1]
    assert commit(one) >= 1


def asked_for_replies(tmp_path: Path, clock: Clock) -> Iterator[tuple[Desk, Worker]]:
    """A desk on which two replies are requested and wait for their turns, and its worker."""
    with a_desk(tmp_path, clock) as desk:
        desk.produce(CONTACT)
        desk.run()
        (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
        for text in ("One", "Two"):
            reply = {"type": "reply", "ticket_id": row["ticket_id"], "by": "sam", "text": text}
            desk.produce(reply)
        yield desk, worker(desk, clock)


def requested(one: Worker) -> list[str]:
    found = [entry.record().event for entry in one.requests]
    assert all(isinstance(event, ReplyRequested) for event in found)
    return [part for event in found if isinstance(event, ReplyRequested) for part in event.parts]


def test_under_simulated_time_a_requested_reply_ends_the_transaction(tmp_path: Path) -> None:
    for _, one in asked_for_replies(tmp_path, ManualClock(START)):
        assert commit(one) == 1
        assert requested(one) == ["One"]
        one.requests.clear()
        commit(one)
        assert requested(one) == ["Two"]


def test_by_the_walls_clock_several_replies_may_be_requested_in_one(
    tmp_path: Path, wall: Told
) -> None:
    for _, one in asked_for_replies(tmp_path, wall):
        assert commit(one) >= 2
        assert requested(one) == ["One", "Two"]


# --- what is left for the tables --------------------------------------------------------------


def test_the_projector_beside_it_is_left_what_was_taken_and_written(desk: Desk, wall: Told) -> None:
    desk.produce(CONTACT)
    (entry,) = desk.log.scan()
    by_hand(desk, entry.headers, entry.value, number=entry.id)
    end = by_hand(desk, "{}", b"nonsense", number="y") + 1
    recent = Recent()
    commit(worker(desk, wall, recent))
    left = recent.hand_over((CONTACTS.name, partition_of("ann")), 0, end)
    assert left == [entry.record(), None, None], "nor a repeat nor nonsense means anything to them"
    outputs = [one.id for one in desk.log.scan() if TOPICS[one.topic].kind == "record"]
    outputs.remove(desk.letters()[0].id)
    written = recent.written({}, len(outputs), 99)
    assert written is not None
    assert [one.id for one in written] == outputs


def test_what_is_unreadable_was_put_aside_at_the_turns_time_by_its_domain(
    desk: Desk, wall: Told
) -> None:
    by_hand(desk, "{}", b"nonsense")
    wall.time += timedelta(minutes=7)
    assert commit(worker(desk, wall)) == 1
    (letter,) = desk.letters()
    assert (letter.at, letter.handler) == ("2026-03-02T09:07:00.000Z", "customer")
    assert desk.database.execute("SELECT position FROM positions").fetchall() == [(1,)]


def test_a_customers_timers_are_passed_by_the_customers_own_inbox_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(START)
    with a_desk(tmp_path, clock) as desk:
        beside = next(n for n in map(str, range(999)) if partition_of(n) == partition_of("desk"))
        desk.produce({**CONTACT, "customer_id": beside})
        desk.run()
        clock.set(first_due(desk) + timedelta(minutes=1))
        desk.produce({"type": "specialist", "specialist_id": "s1", "name": "Sam"})
        *_, asked = desk.log.scan(topic=DESK.name)
        assert asked.partition == partition_of(beside)
        before = desk.log.last_seq()
        monkeypatch.setattr("streams.embedded.worker.MOST", 1)
        assert commit(worker(desk, clock)) == 1
        assert "TimerDue" not in types(desk, before)


def test_a_timer_that_an_unreadable_record_passes_runs_out_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt that was undone had made a record of it already."""
    clock = ManualClock(START)
    taken = Decider.decide

    def breaks(*given: Any) -> Any:
        taken(*given)
        raise Unreadable("it cannot be folded", "re-drive it")

    with a_desk(tmp_path, clock) as desk:
        desk.produce(CONTACT)
        desk.run()
        due = first_due(desk)
        clock.set(due + timedelta(minutes=1))
        desk.produce({**CONTACT, "message": "passes it", "at": clock.now().isoformat()})
        before = desk.log.last_seq()
        with monkeypatch.context() as patch:
            patch.setattr(Decider, "decide", breaks)
            patch.setattr("streams.embedded.worker.MOST", 1)
            assert commit(worker(desk, clock)) == 1
        assert types(desk, before) == ["TimerDue", "DeadLetter"]
        assert first_due(desk) > due
