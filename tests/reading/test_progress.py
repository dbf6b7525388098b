"""How far the log is worked off and shown, and what changed on a ticket since one saw it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.event import TicketEvent
from schemas.record import partition_of
from schemas.topics import CONTACTS, TICKETS
from streams.changes import changes
from streams.desk import Desk
from streams.embedded import progress
from streams.embedded.log import SqliteLog
from streams.embedded.shift import Shift
from tests.stores import a_desk

CONTACT = {"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


def stands(desk: Desk) -> tuple[int, int]:
    """The places up to which everything is taken and shown."""
    return progress.taken(desk.database), progress.shown(desk.database)


# --- how far it is ----------------------------------------------------------------------------


def test_of_an_empty_log_everything_is_taken_and_shown(desk: Desk) -> None:
    assert stands(desk) == (0, 0)


def test_what_was_let_in_and_not_taken_is_neither_worked_off_nor_shown(desk: Desk) -> None:
    desk.produce(CONTACT)
    desk.run()
    end = desk.log.last_seq()
    assert stands(desk) == (end, end)
    before = desk.position()
    desk.produce(CONTACT, {**CONTACT, "customer_id": "bo"})
    assert stands(desk) == (end, end), "everything before the first of the two"
    assert (desk.progress.shows(before), desk.progress.worked_off(before)) == (
        True,
        desk.position(),
    )
    assert (desk.progress.shows(desk.position()), desk.progress.worked_off(desk.position())) == (
        False,
        None,
    )
    desk.run()
    assert stands(desk) == (desk.log.last_seq(),) * 2
    assert desk.progress.shown() == desk.progress.behind([]) == desk.position()
    assert desk.progress.shows(desk.position())


def test_what_was_taken_is_shown_once_the_tables_have_it(desk: Desk) -> None:
    desk.produce(CONTACT)
    Shift(desk, projections=False).run()
    taken, shown = stands(desk)
    assert taken == desk.log.last_seq() > 1
    assert shown == 0, "the tables have nothing of it"
    desk.run()
    assert stands(desk) == (taken, taken)


def test_a_partition_that_waits_holds_back_what_lies_behind_its_first_record(desk: Desk) -> None:
    desk.produce(CONTACT, {**CONTACT, "customer_id": "bo"})
    assert partition_of("ann") != partition_of("bo")
    (first,) = desk.log.read(CONTACTS.name, partition_of("ann"), 0, 9)
    (second,) = desk.log.read(CONTACTS.name, partition_of("bo"), 0, 9)
    with desk.database.transaction():
        desk.database.execute(
            "INSERT INTO positions (topic, partition, position, clock) VALUES (?, ?, 1, 0)",
            (CONTACTS.name, first.partition),
        )
    assert progress.taken(desk.database) == second.seq - 1 == first.seq


# --- what changed on a ticket -----------------------------------------------------------------


def opened(desk: Desk, customer: str = "ann", message: str = "Where is my parcel?") -> str:
    """The ticket of a customer who wrote."""
    desk.produce({**CONTACT, "customer_id": customer, "message": message})
    desk.run()
    rows = desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = ?", [customer])
    return str(rows[0]["ticket_id"])


def told(desk: Desk, ticket: str) -> list[Any]:
    """A ticket's records, oldest first."""
    return [
        one
        for one in desk.events(topic=TICKETS.name)
        if isinstance(one.event, TicketEvent) and one.event.ticket_id == ticket
    ]


def test_what_changed_on_a_ticket_is_told_in_its_order_with_who_did_it(desk: Desk) -> None:
    ticket = opened(desk)
    desk.produce({"type": "tag", "ticket_id": ticket, "by": "bo", "add": ["parcel"]})
    desk.run()
    records = told(desk, ticket)
    found = desk.changes_of(ticket, 0)
    assert [(one.record_id, one.type, one.at, one.by) for one in found] == [
        (one.id, one.type, one.at, one.by) for one in records
    ]
    assert [one.revision for one in found] == list(range(1, len(records) + 1))
    assert len(records) > 2


def test_who_has_seen_a_revision_is_told_what_came_after_it(desk: Desk) -> None:
    ticket = opened(desk)
    last = len(told(desk, ticket))
    assert [one.revision for one in desk.changes_of(ticket, last - 1)] == [last]
    assert desk.changes_of(ticket, last) == []


def test_tickets_of_the_same_partition_are_kept_apart_also_where_one_names_the_other(
    desk: Desk,
) -> None:
    ticket = opened(desk)
    beside = next(
        name for name in map(str, range(999)) if partition_of(name) == partition_of("ann")
    )
    other = opened(desk, beside, f"What became of {ticket}?")
    for one in (ticket, other):
        found = [change.record_id for change in desk.changes_of(one, 0)]
        assert found == [record.id for record in told(desk, one)]


def test_what_cannot_be_read_is_no_change(desk: Desk) -> None:
    ticket = opened(desk)
    entries = list(SqliteLog(desk.database).backwards(TICKETS.name, partition_of("ann")))
    broken = entries[0]._replace(headers="{}")
    assert changes([broken, *entries], ticket, 0) == desk.changes_of(ticket, 0)


def test_a_line_is_read_back_no_further_than_what_was_seen(desk: Desk) -> None:
    ticket = opened(desk)
    entries = iter(list(SqliteLog(desk.database).backwards(TICKETS.name, partition_of("ann"))))
    last = len(told(desk, ticket))
    assert len(changes(entries, ticket, last - 1)) == 1
    assert len(list(entries)) == last - 2, "the one that was seen ended it"


def test_of_a_ticket_that_there_is_not_nothing_changed(desk: Desk) -> None:
    assert desk.changes_of("TICK_0", 0) == []
