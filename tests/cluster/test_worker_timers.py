"""Timers on the cluster: the partition's owner turns what has run out into records of its inbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from schemas.events.contacts import ContactReceived, TimerDue
from schemas.record import Record, contact_id, partition_of
from schemas.topics import CONTACTS
from streams.clock import RecordedClock, WallClock
from streams.cluster.postgres import connect
from streams.cluster.wire import outgoing
from streams.entry import Entry
from streams.testing import START
from tests.inlets import MemoryLog, Works

CUSTOMER = "ann"
PARTITION = partition_of(CUSTOMER)


class Turned(WallClock):
    """The wall's clock, as far ahead as it was turned."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def contact(number: int, at: datetime) -> Entry:
    event = ContactReceived(
        customer_id=CUSTOMER, channel="email", message="Where is it?", provider_id=f"m{number}"
    )
    name = contact_id("email", event.provider_id)
    record = Record(id=name, key=CUSTOMER, at=at, by="producer", event=event, correlation=name)
    sent = outgoing(record)
    appended = "2026-03-02T09:00:00.000Z"
    return Entry(
        0, sent.topic, sent.partition, number, sent.key, sent.headers, sent.value, appended, sent.id
    )


def stored(url: str) -> list[tuple[str, float]]:
    """The timers that are kept, the earliest first: whose, and when they run out."""
    database = connect(url)
    try:
        rows = database.execute("SELECT ticket_id, due_at FROM timers ORDER BY due_at, id")
        return [(str(ticket), float(due)) for ticket, due in rows]
    finally:
        database.close()


def fired(log: MemoryLog) -> list[tuple[str, float]]:
    """The timers that became records, in order, with their partition's place checked."""
    found = []
    for entry in log.entries():
        event = entry.record().event
        if isinstance(event, TimerDue):
            assert (entry.topic, entry.partition) == (CONTACTS.name, PARTITION)
            found.append((event.ticket_id, event.due_at.timestamp()))
    return found


@pytest.fixture
def recorded(database: str, log: MemoryLog) -> Iterator[Works]:
    works = Works(database, log, RecordedClock())
    yield works
    works.close()


def test_by_recorded_time_a_record_that_passes_timers_lets_them_run_out_first(
    recorded: Works, database: str, log: MemoryLog
) -> None:
    inlet = recorded.inlet(partitions=[PARTITION])
    inlet.take(contact(0, START))
    waiting = stored(database)
    first = waiting[0][1]
    until_first = [one for one in waiting if one[1] <= first]
    inlet.take(contact(1, datetime.fromtimestamp(first, UTC) - timedelta(seconds=1)))
    assert set(until_first) <= set(stored(database))
    inlet.take(contact(2, datetime.fromtimestamp(first, UTC)))
    assert not set(until_first) & set(stored(database))
    recorded.close()
    assert fired(log) == until_first


def test_by_the_walls_clock_what_is_due_runs_out_without_any_record_and_the_rest_waits(
    database: str, log: MemoryLog
) -> None:
    clock = Turned()
    works = Works(database, log, clock)
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(0, clock.now()))
    waiting = stored(database)
    inlet.fire()
    assert stored(database) == waiting
    last = waiting[-1][1]
    clock.ahead = datetime.fromtimestamp(last, UTC) - datetime.now(UTC) - timedelta(seconds=60)
    inlet.fire()
    left = stored(database)
    works.close()
    assert left
    assert fired(log) == [one for one in waiting if one not in left]
    assert fired(log)


def test_a_clock_that_is_ahead_of_everybody_s_lets_nothing_run_out(
    database: str, log: MemoryLog
) -> None:
    clock, shared = Turned(), Turned()
    works = Works(database, log, clock)
    inlet = works.inlet(partitions=[PARTITION])
    inlet.shared = lambda: shared.now().timestamp()
    inlet.take(contact(0, clock.now()))
    waiting = stored(database)
    clock.ahead = timedelta(days=30)
    inlet.fire()
    assert stored(database) == waiting
    shared.ahead = clock.ahead
    inlet.fire()
    assert stored(database) == []
    works.close()
    assert sorted(fired(log)) == sorted(waiting)
