"""Law 10. A case stays under 64 KiB and a turn's cost flat, whatever the customer's history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from schemas.event import Event
from schemas.events.contacts import ContactReceived
from schemas.events.intents import CloseAsked, ConversationStarted, ReplyWritten
from schemas.record import Record, contact_id, derived_id, ticket_id
from streams.desk import Desk
from streams.testing import START
from tests.embedded import open_in, somewhere, take

TICKETS = 300
OPEN = 40
"""Of the long history's tickets, how many were never closed."""

CASE_BYTES = 64 * 1024
MOST_OUTPUTS = 60


def _record(event: Event, number: str, minutes: float) -> Record:
    key = event.customer_id  # type: ignore[attr-defined]  # all of these name a customer
    at = START + timedelta(minutes=minutes)
    return Record(id=number, key=key, at=at, by="test", event=event, correlation=number)


def _contact(who: str, number: int, minutes: float) -> Record:
    event = ContactReceived(
        channel="email",
        customer_id=who,
        handle=f"{who}@example.org",
        message=f"Where is order {number}? " + "I have waited for so long. " * 20,
        subject=f"Order {number}",
        provider_id=f"{who}{number}",
    )
    return _record(event, contact_id("email", event.provider_id), minutes)


def _history(who: str) -> Iterator[Record]:
    for number in range(TICKETS):
        started = derived_id("start", who, str(number))
        about = {"customer_id": who, "ticket_id": ticket_id(started), "by": "bo"}
        opening = {"customer_id": who, "channel": "email", "text": "We saw crashes. " * 20}
        at = 2.0 * number
        yield _record(ConversationStarted.model_validate({**opening, "by": "bo"}), started, at)
        told = ReplyWritten.model_validate({**about, "text": "Did it help? " * 20})
        yield _record(told, derived_id("reply", started), at + 0.5)
        if number >= OPEN:
            closing = CloseAsked.model_validate(about)
            yield _record(closing, derived_id("close", started), at + 1.0)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A desk with a customer of very many tickets."""
    with somewhere() as folder, open_in(folder) as desk:
        desk.clock.set(START + timedelta(minutes=2 * TICKETS))  # type: ignore[attr-defined]  # manual
        desk.intake.records([_contact("old", 0, 0.0), *_history("old")])
        desk.run()
        yield desk


def _statements(desk: Desk, record: Record) -> tuple[int, int]:
    """How many statements a turn takes, and how many outputs it has."""
    counted: list[str] = []
    before = desk.log.last_seq()
    desk.database.connection.set_trace_callback(counted.append)
    take(desk, [record])
    desk.database.connection.set_trace_callback(None)
    return len(counted), desk.log.last_seq() - before


def test_the_history_is_as_long_as_it_should_be(desk: Desk) -> None:
    rows = desk.query("SELECT count(*) AS n FROM v1_tickets WHERE customer_id = 'old'")
    assert rows[0]["n"] >= TICKETS


def test_a_case_stays_under_64_kib(desk: Desk) -> None:
    row = desk.database.execute(
        "SELECT length(state) FROM lines WHERE domain = 'customer' AND key = 'old'"
    ).fetchone()
    assert row[0] < CASE_BYTES


def test_a_turn_of_a_long_history_costs_what_one_of_a_fresh_customer_does(desk: Desk) -> None:
    """Statements, in which rows are loaded and written: a measure that no machine's load moves."""
    minutes = 2.0 * TICKETS
    for number in (1, 2):  # the first opens a ticket, the second goes on with it
        fresh, fresh_outputs = _statements(desk, _contact("new", number, minutes + number))
        long, long_outputs = _statements(desk, _contact("old", number, minutes + number))
        assert long <= 1.5 * fresh
        assert long_outputs <= 1.5 * fresh_outputs
        assert max(fresh_outputs, long_outputs) < MOST_OUTPUTS


def test_what_is_asked_of_an_old_ticket_costs_no_more(desk: Desk) -> None:
    minutes = 2.0 * TICKETS
    take(desk, [_contact("other", 1, minutes)])
    fresh = desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = 'other'")[0]
    asked = {"by": "bo", "text": "One more thing"}
    short = ReplyWritten.model_validate({**asked, "customer_id": "other", **fresh})
    old = ticket_id(derived_id("start", "old", "0"))
    long = ReplyWritten.model_validate({**asked, "customer_id": "old", "ticket_id": old})
    few, _ = _statements(desk, _record(short, derived_id("ask", "1"), minutes + 3))
    many, _ = _statements(desk, _record(long, derived_id("ask", "2"), minutes + 4))
    assert many <= 1.5 * few
