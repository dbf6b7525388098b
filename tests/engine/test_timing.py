"""Timers that run out: when, in which order, and as which record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from projections.case import Timer
from schemas.events.contacts import TimerDue
from schemas.record import Record
from streams.embedded.database import Database
from streams.embedded.opening import open_database
from streams.embedded.store import CaseStore
from streams.timing import Timers

FIRST, SECOND = 1, 2
"""Two partitions."""


MANY = 10
"""More than any test here sets."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)


def timer(name: str, due_at: float) -> dict[str, Timer]:
    return {name: Timer(name, "T1", "close", None, due_at)}


def names(records: list[Record]) -> list[str]:
    """The lines of timers that became records: each timer here is on a line of its name."""
    return [record.key for record in records]


def fired(timers: Timers, now: float) -> list[str]:
    """Fire what is due, one after the other, as a worker by the wall's clock does."""
    found: list[Record] = []
    while (due := timers.first(now)) is not None and len(found) < MANY:
        found.append(timers.fired(due))
    return names(found)


def set_on(timers: Timers, partition: int, name: str, due_at: float) -> None:
    timers.retime(name, partition, {}, timer(name, due_at))


def test_a_partitions_clock_passes_a_timer_at_its_very_moment(store: CaseStore) -> None:
    timers = Timers(store)
    set_on(timers, FIRST, "ann", 10.0)
    assert timers.passed(FIRST, 9.9) == []
    assert timers.passed(SECOND, 99.0) == []
    assert names(timers.passed(FIRST, 10.0)) == ["ann"]
    assert timers.passed(FIRST, math.inf) == [], "its row is gone"


def test_all_that_a_clock_passes_runs_out_in_the_order_of_time(store: CaseStore) -> None:
    timers = Timers(store)
    for name, due_at in (("cy", 30.0), ("bo", 20.0), ("ann", 10.0)):
        set_on(timers, FIRST, name, due_at)
    assert names(timers.passed(FIRST, 20.0)) == ["ann", "bo"]
    assert timers.passed(FIRST, 29.0) == []
    assert names(timers.passed(FIRST, 30.0)) == ["cy"]


def test_by_the_walls_clock_they_run_out_by_time_and_then_by_partition(store: CaseStore) -> None:
    timers = Timers(store)
    for partition, name, due_at in (
        (SECOND, "dora", 10.0), (FIRST, "ann", 10.0), (FIRST, "ben", 30.0), (SECOND, "cem", 20.0),
    ):  # fmt: skip
        set_on(timers, partition, name, due_at)
    assert fired(timers, 9.9) == []
    assert fired(timers, 20.0) == ["ann", "dora", "cem"]
    assert fired(timers, 99.0) == ["ben"]


def test_a_timer_that_was_taken_back_fires_no_more_and_keeps_no_other_waiting(
    store: CaseStore,
) -> None:
    timers = Timers(store)
    set_on(timers, FIRST, "ann", 10.0)
    set_on(timers, FIRST, "bo", 30.0)
    set_on(timers, SECOND, "cy", 20.0)
    timers.retime("ann", FIRST, timer("ann", 10.0), {})
    assert fired(timers, 20.0) == ["cy"]
    assert timers.first(29.9) is None
    assert fired(timers, 30.0) == ["bo"]


def test_what_another_wrote_is_known_after_a_look(store: CaseStore) -> None:
    timers = Timers(store)
    store.retime("ann", FIRST, {}, timer("ann", 10.0))
    assert timers.first(10.0) is None
    timers.look()
    assert fired(timers, 10.0) == ["ann"]


def test_only_the_timers_of_the_partitions_that_are_looked_after_fire(store: CaseStore) -> None:
    for partition, name in ((FIRST, "ann"), (SECOND, "bo")):
        store.retime(name, partition, {}, timer(name, 10.0))
    assert fired(Timers(store, [FIRST]), 10.0) == ["ann"]
    timers = Timers(store, [FIRST])
    assert timers.first(10.0) is None
    timers.look([SECOND])
    timers.look()
    assert fired(timers, 10.0) == ["bo"]


def test_a_timer_becomes_a_record_of_its_line_at_its_own_time(store: CaseStore) -> None:
    timers = Timers(store)
    timers.retime(
        "ann", FIRST, {}, {"t": Timer("t", "T1", "resolution_breach", "resolution", 10.0)}
    )
    (record,) = timers.passed(FIRST, 99.0)
    moment = datetime.fromtimestamp(10.0, UTC)
    assert record.event == TimerDue(
        customer_id="ann",
        ticket_id="T1",
        kind="resolution_breach",
        target="resolution",
        due_at=moment,
    )
    assert (record.key, record.at, record.by) == ("ann", moment, "timer")
    assert record.correlation == record.id
    assert record.cause is None


def test_a_timer_runs_out_once_on_each_line_that_its_ticket_was_on(store: CaseStore) -> None:
    timers = Timers(store)
    ids = []
    for line in ("ann", "bo", "ann"):
        timers.retime(line, FIRST, {}, timer("t", 10.0))
        (record,) = timers.passed(FIRST, 10.0)
        ids.append(record.id)
    assert ids[0] == ids[2] != ids[1]
