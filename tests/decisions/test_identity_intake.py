"""Whose a handle is at intake, and to which line links and their undoing go: on a real store."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pactdesk
from schemas.event import Event
from schemas.events.contacts import ContactReceived, RecordForwarded
from schemas.events.intents import LinkAsked, UnlinkAsked
from schemas.record import Record
from streams.desk import Desk
from streams.errors import Unreadable
from streams.forwarding import unwrapped


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on an empty store."""
    with pactdesk.open(tmp_path, clock=pactdesk.ManualClock("2026-03-02T08:00:00Z")) as desk:
        yield desk


def contact(handle: str, channel: str = "whatsapp", message: str = "hello") -> dict[str, Any]:
    return {"channel": channel, "handle": handle, "message": message}


def described(customer_id: str, **fields: object) -> dict[str, Any]:
    return {"type": "customer", "customer_id": customer_id, **fields}


def linking(kind: str, customer_id: str, handle: str, channel: str = "whatsapp") -> dict[str, Any]:
    return {
        "type": kind,
        "customer_id": customer_id,
        "channel": channel,
        "handle": handle,
        "by": "bo",
    }


def taken(desk: Desk, document: dict[str, Any]) -> Record:
    """The record that a document became."""
    (record_id,) = desk.produce(document)
    entry = desk.log.find(record_id)
    assert entry is not None
    return entry.record()


def line_of(desk: Desk, handle: str, channel: str = "whatsapp") -> str:
    """On whose line a contact of a handle is put."""
    place = f"{channel}{handle}{desk.log.last_seq()}"
    return taken(desk, {**contact(handle, channel), "provider_id": place}).key


def asked(desk: Desk, document: dict[str, Any]) -> tuple[str, str]:
    """To whose line a link or its undoing goes, and whom it names."""
    event = taken(desk, document).event
    assert isinstance(event, LinkAsked | UnlinkAsked)
    return event.customer_id, event.other_customer_id


def test_an_unknown_handle_has_a_line_of_its_own(desk: Desk) -> None:
    line = line_of(desk, "+1")
    assert line.startswith("c_")
    assert line == line_of(desk, "+1")
    assert line != line_of(desk, "+2")
    assert line != line_of(desk, "+1", "phone")
    assert "+1" not in line


def test_a_declared_handle_is_the_customers_before_anything_is_worked_off(desk: Desk) -> None:
    desk.produce(described("ann", handles={"whatsapp": ["+1"], "slack": ["U7", "U8"]}))
    assert line_of(desk, "+1") == "ann"
    assert line_of(desk, "U8", "slack") == "ann"
    assert line_of(desk, "+1", "phone").startswith("c_")


def test_mail_address_and_phone_are_handles_too(desk: Desk) -> None:
    desk.produce(described("ann", email="ann@example.org", phone="+1"))
    assert line_of(desk, "ann@example.org", "email") == "ann"
    assert line_of(desk, "+1", "phone") == line_of(desk, "+1", "whatsapp") == "ann"
    assert line_of(desk, "+1", "slack").startswith("c_")


@pytest.mark.parametrize(
    "phone", ["+16505551234", "+1 (650) 555-1234", "001 650 555.1234", "+1/650/555 1234"]
)
def test_a_number_is_theirs_however_it_is_written(desk: Desk, phone: str) -> None:
    taken(desk, described("ann", phone=phone))
    assert line_of(desk, "16505551234") == "ann", "as WhatsApp writes it"
    assert line_of(desk, "+16505551234", "phone") == "ann", "as Twilio does"
    assert line_of(desk, "whatsapp:+16505551234", "phone") == "ann"
    assert line_of(desk, "6505551234") != "ann"


@pytest.mark.parametrize("phone", ["650 555 1234", "+1234", "ext. 5", "+1650555x1234"])
def test_a_number_without_its_country_is_only_what_it_says(desk: Desk, phone: str) -> None:
    taken(desk, described("ann", phone=phone))
    assert line_of(desk, phone) == "ann"
    assert line_of(desk, "+6505551234", "phone") != "ann"


def test_a_mail_address_is_theirs_in_whichever_letters(desk: Desk) -> None:
    taken(desk, described("ann", email="Ann.Archer@Example.ORG"))
    for one in ("ann.archer@example.org", "Ann.Archer@example.org", "ANN.ARCHER@EXAMPLE.ORG"):
        assert line_of(desk, one, "email") == "ann"
    taken(desk, described("ben", handles={"email": ["ANN.archer@example.org"]}))
    assert line_of(desk, "ANN.archer@example.org", "email") == "ben", "what is declared counts"


def test_a_phone_that_two_share_is_nobodys_until_it_is_declared(desk: Desk) -> None:
    desk.produce(described("ann", phone="+1"), described("ben", phone="+1"))
    assert line_of(desk, "+1", "phone").startswith("c_")
    desk.produce(described("ben", handles={"phone": ["+1"]}))
    assert line_of(desk, "+1", "phone") == "ben"


def test_the_last_declaration_counts(desk: Desk) -> None:
    desk.produce(described("ann", handles={"whatsapp": ["+1"]}))
    desk.produce(described("ben", handles={"whatsapp": ["+1"]}))
    assert line_of(desk, "+1") == "ben"


def test_a_named_customer_counts_whatever_the_handle(desk: Desk) -> None:
    desk.produce(described("ann", handles={"whatsapp": ["+1"]}))
    assert taken(desk, {**contact("+1"), "customer_id": "ben"}).key == "ben"


def test_a_link_goes_to_the_line_that_has_the_handle(desk: Desk) -> None:
    line = line_of(desk, "+1")
    assert asked(desk, linking("link", "ann", "+1")) == (line, "ann")
    assert line_of(desk, "+1") == "ann"
    assert asked(desk, linking("link", "ben", "+1")) == ("ann", "ben")
    assert line_of(desk, "+1") == "ben"


def test_a_link_of_ones_own_handle_looks_for_what_came_before_it_was_known(desk: Desk) -> None:
    line = line_of(desk, "+1")
    desk.produce(described("ann", handles={"whatsapp": ["+1"]}))
    assert asked(desk, linking("link", "ann", "+1")) == (line, "ann")


def test_an_unlink_goes_to_the_line_that_was_absorbed(desk: Desk) -> None:
    line = line_of(desk, "+1")
    desk.produce(linking("link", "ann", "+1"), linking("link", "ben", "+1"))
    assert asked(desk, linking("unlink", "ben", "+1")) == ("ann", "ben")
    assert line_of(desk, "+1") == "ann"
    assert asked(desk, linking("unlink", "ann", "+1")) == (line, "ann")
    assert line_of(desk, "+1") == line


def test_a_described_customers_handle_is_theirs_again_after_the_unlink(desk: Desk) -> None:
    desk.produce(described("ben", handles={"whatsapp": ["+1"]}))
    assert asked(desk, linking("link", "ann", "+1")) == ("ben", "ann")
    assert asked(desk, linking("unlink", "ann", "+1")) == ("ben", "ann")
    assert line_of(desk, "+1") == "ben"


def test_an_implied_handle_comes_back_too(desk: Desk) -> None:
    desk.produce(described("ben", email="b@example.org"))
    assert asked(desk, linking("link", "ann", "b@example.org", "email")) == ("ben", "ann")
    assert line_of(desk, "b@example.org", "email") == "ann"
    assert asked(desk, linking("unlink", "ann", "b@example.org", "email")) == ("ben", "ann")
    assert line_of(desk, "b@example.org", "email") == "ben"


def test_linking_twice_is_undone_by_one_unlink(desk: Desk) -> None:
    line = line_of(desk, "+1")
    desk.produce(linking("link", "ann", "+1"))
    desk.produce({**linking("link", "ann", "+1"), "by": "cy"})
    assert asked(desk, linking("unlink", "ann", "+1")) == (line, "ann")
    assert line_of(desk, "+1") == line


def test_the_crm_has_the_last_word_after_a_link(desk: Desk) -> None:
    desk.produce(linking("link", "ann", "+1"))
    desk.produce(described("ben", handles={"whatsapp": ["+1"]}))
    assert line_of(desk, "+1") == "ben"


def test_the_crm_repeating_itself_leaves_a_link_undoable(desk: Desk) -> None:
    line = line_of(desk, "+1")
    desk.produce(linking("link", "ann", "+1"))
    desk.produce(described("ann", handles={"whatsapp": ["+1"]}))
    assert asked(desk, linking("unlink", "ann", "+1")) == (line, "ann")


def test_an_unlink_of_somebody_elses_handle_asks_its_holder(desk: Desk) -> None:
    desk.produce(described("ben", handles={"whatsapp": ["+1"]}))
    assert asked(desk, linking("unlink", "ann", "+1")) == ("ben", "ann")
    assert line_of(desk, "+1") == "ben"


def rows(desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in desk.query(sql)]


def test_a_merge_and_its_undoing_end_to_end(desk: Desk) -> None:
    anon = line_of(desk, "+1")
    desk.produce(described("ann", name="Ann"))
    desk.run()
    desk.clock.advance(minutes=1)  # type: ignore[attr-defined]  # a manual clock
    desk.produce(linking("link", "ann", "+1"))
    desk.run()
    owner = "SELECT customer_id FROM v1_tickets"
    merged = "SELECT customer_id, merged_into FROM v1_customers ORDER BY merged_into IS NULL"
    assert rows(desk, owner) == [("ann",)]
    assert rows(desk, merged) == [(anon, "ann"), ("ann", None)]
    late = {**contact("+1", message="and by the old id"), "customer_id": anon}
    (record_id,) = desk.produce(late)
    desk.run()
    where = f"SELECT customer_id FROM v1_interactions WHERE interaction_id = '{record_id}'"
    assert rows(desk, where) == [("ann",)]
    desk.produce({"type": "resolve", "ticket_id": only(desk), "by": "bo"})
    desk.run()
    desk.clock.advance(days=15)  # type: ignore[attr-defined]  # a manual clock
    desk.run()
    assert rows(desk, "SELECT customer_id, status FROM v1_tickets") == [("ann", "closed")]
    desk.produce(linking("unlink", "ann", "+1"))
    desk.run()
    assert rows(desk, f"SELECT merged_into FROM v1_customers WHERE customer_id = '{anon}'") == [
        (None,)
    ]
    assert desk.query("SELECT * FROM v1_dead_letters") == []


def only(desk: Desk) -> str:
    ((ticket,),) = rows(desk, "SELECT ticket_id FROM v1_tickets")
    return str(ticket)


def test_a_timer_that_became_a_record_before_the_merge_runs_out_after_it(desk: Desk) -> None:
    """It waits behind the link on the old line while the ticket changes lines."""
    anon = line_of(desk, "+1")
    desk.run()
    desk.produce({"type": "resolve", "ticket_id": only(desk), "by": "bo"})
    desk.run()
    desk.produce({**linking("link", "ann", "+1"), "at": "2026-03-20T08:00:00Z"})
    desk.clock.advance(days=30)  # type: ignore[attr-defined]  # a manual clock
    desk.run()
    assert rows(desk, "SELECT customer_id, status FROM v1_tickets") == [("ann", "closed")]
    assert anon != "ann"


def test_parked_open_tickets_move_with_their_customer(desk: Desk) -> None:
    anon = line_of(desk, "+1")
    for number in range(20):
        desk.clock.advance(hours=30)  # type: ignore[attr-defined]  # a manual clock
        words = f"word{number} thing{number} matter{number} subject{number}"
        desk.produce({**contact("+1", message=words), "thread": f"t{number}"})
        desk.run()
    open_tickets = (
        "SELECT count(*) FROM v1_tickets"
        " WHERE customer_id = '{}' AND status NOT IN ('closed', 'resolved')"
    )
    ((before,),) = rows(desk, open_tickets.format(anon))
    desk.produce(linking("link", "ann", "+1"))
    desk.run()
    assert rows(desk, open_tickets.format("ann")) == [(before,)]
    assert rows(desk, open_tickets.format(anon)) == [(0,)]
    assert before > 16


def forwarded(kind: str, value: str) -> Record:
    event = RecordForwarded.model_validate(
        {
            "customer_id": "ann",
            "from_customer_id": "c_1",
            "record_id": "r",
            "record_type": kind,
            "value": value,
            "at": "2026-03-02T08:00:00Z",
            "hops": 1,
        }
    )
    return Record(id="f", key="ann", at=event.at, by="x", event=event, correlation="r")


@pytest.mark.parametrize(
    ("kind", "value"), [("Nonsense", "e30="), ("ContactReceived", "e30="), ("ContactReceived", "%")]
)
def test_a_forwarded_record_that_cannot_be_read_says_so(kind: str, value: str) -> None:
    with pytest.raises(Unreadable, match=f"forwarded {kind}"):
        unwrapped(forwarded(kind, value))


def test_a_forwarded_record_keeps_its_id_and_takes_the_line() -> None:
    event: Event = ContactReceived(
        customer_id="c_1", channel="email", message="hi", provider_id="p"
    )
    value = base64.b64encode(event.model_dump_json().encode()).decode()
    record = unwrapped(forwarded("ContactReceived", value))
    assert (record.id, record.key) == ("r", "ann")
    assert record.event == event.model_copy(update={"customer_id": "ann"})
