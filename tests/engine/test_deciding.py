"""What stands around a turn: parked tickets, timers, numbers, and when a line is saved.

What follows from a record is said by the test, in the place of the agents.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from projections.case import Case, Ticket
from projections.case.timers import timers
from projections.lines import FOLDS
from schemas.event import Event
from schemas.events.contacts import ProductSignalReported, RecordForwarded
from schemas.events.decisions import MessageUnderstood
from schemas.events.intents import LinkAsked, TagsAsked
from schemas.record import Record, derived_id, partition_of
from streams.deciding import Follows, Number, Turns
from streams.embedded.database import Database
from streams.embedded.opening import open_database
from streams.embedded.store import CaseStore
from streams.testing import START
from streams.turn import Line
from tests.stores import a_desk

PARTITION = 7
SIGNAL = ProductSignalReported(customer_id="ann", kind="app_crash")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)


def record(event: Event, key: str = "ann") -> Record:
    number = derived_id("outside", type(event).__name__)
    return Record(id=number, key=key, at=START, by="test", event=event, correlation=number)


def ticket(name: str, status: str = "new", close_at: float | None = None) -> Ticket:
    return Ticket(
        id=name, status=status, priority="low", channel="email", opened_at=1.0, updated_at=1.0,
        close_at=close_at,
    )  # fmt: skip


def after(case: Case, *tickets: Ticket) -> Case:
    """The case with these tickets."""
    return msgspec.structs.replace(case, tickets={one.id: one for one in tickets})


def becomes(*tickets: Ticket, says: tuple[Record, ...] = ()) -> Follows:
    """Whatever comes, the case has these tickets then."""
    return lambda case, _: (after(case, *tickets), list(says))


def counted(outputs: list[Record], line: Line) -> tuple[list[Record], Line]:
    return outputs, Line(line.sequence + len(outputs), {})


def take(
    store: CaseStore,
    event: Event,
    follows: Follows,
    number: Number = counted,
    *,
    timed: bool = True,
) -> list[Record]:
    turns = Turns(store, store.retime if timed else None)
    return turns.take("customer", record(event), PARTITION, follows, number)


def seen(store: CaseStore, event: Event, key: str = "ann") -> tuple[Case, Record]:
    """The case and the record that a turn begins with."""
    found: list[tuple[Any, Record]] = []

    def looks(case: Any, one: Record) -> tuple[Any, list[Record]]:
        found.append((case, one))
        return case, []

    Turns(store, None).take("customer", record(event, key), PARTITION, looks, counted)
    return found[0]


def lines(database: Database, store: CaseStore) -> int:
    """How many lines are written."""
    store.flush()
    return int(database.execute("SELECT count(*) FROM lines").fetchone()[0])


# --- the line ---------------------------------------------------------------------------------


def test_a_record_that_nothing_follows_from_writes_no_line(
    database: Database, store: CaseStore
) -> None:
    def numbered(_outputs: list[Record], _line: Line) -> tuple[list[Record], Line]:
        raise AssertionError("nothing was said, and nothing is to be numbered")

    assert take(store, SIGNAL, lambda case, _: (case, []), numbered) == []
    assert lines(database, store) == 0


def test_what_is_said_moves_the_lines_number_on_though_the_state_stays(store: CaseStore) -> None:
    store.save("customer", "ann", Case(customer_id="ann"), Line(4, {}))
    said = [record(SIGNAL)]
    assert take(store, SIGNAL, lambda case, _: (case, said)) == said
    assert store.load("customer", "ann") == (Case(customer_id="ann"), Line(5, {}))


def test_a_state_that_changed_is_saved_though_nothing_is_said(store: CaseStore) -> None:
    take(store, SIGNAL, becomes(ticket("T1")))
    case, line = store.load("customer", "ann")
    assert (list(case.tickets), line) == (["T1"], Line())


def test_a_line_that_is_no_customers_has_no_tickets_to_keep(store: CaseStore) -> None:
    desk = FOLDS["desk"].initial("desk")
    turns = Turns(store, store.retime)
    one = record(SIGNAL, "desk")
    assert turns.take("desk", one, PARTITION, lambda state, _: (state, [one]), counted) == [one]
    assert store.load("desk", "desk") == (desk, Line(1, {}))


# --- forwarded records ------------------------------------------------------------------------

FORWARDED = RecordForwarded(
    customer_id="ann",
    from_customer_id="bo",
    record_type="ProductSignalReported",
    record_id="the first id",
    at=START,
    value=base64.b64encode(
        ProductSignalReported(customer_id="bo", kind="app_crash").model_dump_json().encode()
    ).decode(),
    hops=1,
)


def test_a_forwarded_record_is_taken_as_what_it_was_on_the_line_that_it_came_to(
    store: CaseStore,
) -> None:
    _, one = seen(store, FORWARDED)
    assert (one.id, one.key, one.event) == ("the first id", "ann", SIGNAL)


def test_a_line_that_was_itself_absorbed_hands_it_on_as_it_came(store: CaseStore) -> None:
    store.save("customer", "ann", Case(customer_id="ann", merged_into="cy"), Line())
    _, one = seen(store, FORWARDED)
    assert one.event == FORWARDED


# --- parked tickets ---------------------------------------------------------------------------


def test_closed_tickets_leave_the_case_and_come_back_when_a_record_names_them(
    store: CaseStore,
) -> None:
    closed = ticket("T1", "closed")
    take(store, SIGNAL, becomes(closed, ticket("T2")))
    assert list(store.load("customer", "ann")[0].tickets) == ["T2"]
    assert list(seen(store, SIGNAL)[0].tickets) == ["T2"]
    named = TagsAsked(customer_id="ann", ticket_id="T1", by="bo", add=["x"], remove=[])
    assert dict(seen(store, named)[0].tickets) == {"T1": closed, "T2": ticket("T2")}
    assert store.peek("T1") is None


def test_a_ticket_that_is_nowhere_keeps_nobody_waiting(store: CaseStore) -> None:
    named = TagsAsked(customer_id="ann", ticket_id="T9", by="bo", add=["x"], remove=[])
    assert seen(store, named)[0].tickets == {}


def test_all_that_are_open_come_back_when_they_are_handed_to_another_line(
    store: CaseStore,
) -> None:
    parked = [ticket("T1"), ticket("T2"), ticket("T3", "closed")]
    store.park("ann", parked)
    link = LinkAsked(
        customer_id="ann", other_customer_id="bo", channel="email", handle="a@b", by="bo"
    )
    assert list(seen(store, link)[0].tickets) == ["T1", "T2"]
    assert store.peek("T3") == parked[2]


# --- timers -----------------------------------------------------------------------------------


def due(store: CaseStore) -> list[tuple[int, str, str, float]]:
    """The stored timers: partition, line, kind, moment."""
    return [
        (partition, one.key, one.kind, one.due_at)
        for partition in range(12)
        for one in store.due(partition, 999.0)
    ]


def test_a_cases_timers_lie_on_the_records_partition_and_follow_its_tickets(
    store: CaseStore,
) -> None:
    take(store, SIGNAL, becomes(ticket("T1", close_at=5.0), ticket("T2", close_at=6.0)))
    assert due(store) == [(PARTITION, "ann", "close", 5.0), (PARTITION, "ann", "close", 6.0)]
    take(store, SIGNAL, becomes(ticket("T1", close_at=7.0), ticket("T2", close_at=6.0)))
    assert due(store) == [(PARTITION, "ann", "close", 6.0), (PARTITION, "ann", "close", 7.0)]
    take(store, SIGNAL, becomes(ticket("T2", close_at=6.0)))
    assert due(store) == [(PARTITION, "ann", "close", 6.0)]


def test_who_keeps_no_timers_writes_none(store: CaseStore) -> None:
    one = ticket("T1", close_at=5.0)
    assert timers(after(Case(customer_id="ann"), one)) != {}
    take(store, SIGNAL, becomes(one), timed=False)
    assert due(store) == []


def test_timers_lie_where_their_line_does_and_outputs_name_the_record_they_follow(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path) as desk:
        for text in ("Hello", "Hello?"):
            desk.produce({"channel": "email", "customer_id": "ann", "message": text})
            desk.run()
        partitions = desk.database.execute("SELECT DISTINCT partition FROM timers").fetchall()
        assert partitions == [(partition_of("ann"),)]
        answers = [one for one in desk.events() if isinstance(one.event, MessageUnderstood)]
        roots = {one.correlation for one in answers}
        asked = [(e.topic, e.partition, e.offset) for e in desk.log.scan() if e.id in roots]
    sources = [one.source for one in answers]
    assert [(s.topic, s.partition, s.offset) for s in sources if s is not None] == asked
    assert len(asked) == 2
