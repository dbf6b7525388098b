"""A visitor of the chat goes away: the answer comes by mail, and theirs to the same ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from streams.channels import chat, email
from streams.channels.channel import Receipt
from streams.channels.email_answers import in_its_chat
from streams.channels.receipts import noted
from streams.clock import ManualClock
from streams.desk import Desk
from streams.embedded.rebuild import verify
from streams.testing import START
from tests.mails import ADDRESS, SETTINGS, mail
from tests.stores import a_desk

VISITOR, LEFT = "visitor:1", "ann@example.org"

TEXT = "It is on its way."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk to which a visitor wrote in the chat, left an address, and got an answer."""
    with a_desk(tmp_path / "data", ManualClock(START)) as desk:
        desk.produce({"channel": "chat_widget", "handle": VISITOR, "message": "My parcel is lost"})
        desk.run()
        ticket = ticket_of(desk)
        desk.intake.records([chat.address_left(ticket, customer_of(desk), LEFT, START)])
        desk.produce({"type": "reply", "ticket_id": ticket, "by": "bo", "text": TEXT})
        desk.run()
        yield desk


def ticket_of(desk: Desk) -> str:
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
    return str(row["ticket_id"])


def customer_of(desk: Desk) -> str:
    (row,) = desk.query("SELECT customer_id FROM v1_tickets")
    return str(row["customer_id"])


def later(desk: Desk, minutes: float) -> None:
    assert isinstance(desk.clock, ManualClock)
    desk.clock.set(desk.clock.now() + timedelta(minutes=minutes))
    desk.run()


def mailed(desk: Desk) -> list[dict[str, Any]]:
    """What was said in the chat and went by mail, as the desk shows it."""
    return desk.query(
        "SELECT d.request_id, d.state, d.instead_of, m.handle, m.text FROM v1_deliveries d"
        " JOIN v1_messages m ON m.message_id = d.request_id"
        " WHERE d.channel = 'email' AND d.instead_of IS NOT NULL"
    )


def request_of(desk: Desk, number: str) -> ReplyRequested:
    (found,) = [one.event for one in desk.events() if one.id == number]
    assert isinstance(found, ReplyRequested)
    return found


def answer_to(desk: Desk, number: str, sender: str) -> dict[str, Any]:
    """The contact that an answer to a mail of ours is, as it is taken in."""
    raw = email.render(SETTINGS, request_of(desk, number), number)
    ours = message_from_bytes(raw, policy=default)
    assert isinstance(ours, EmailMessage)
    theirs = mail("Thank you, but when?", From=sender, To=ours["Reply-To"], Message_ID="<2@x.org>")
    (contact,) = email.contact_of(bytes(theirs), "imap://x", SETTINGS).inputs
    return in_its_chat(desk, contact)


def contacts(desk: Desk) -> list[Record]:
    return [one for one in desk.events() if isinstance(one.event, ContactReceived)]


def test_what_a_visitor_does_not_read_comes_by_mail_once(desk: Desk) -> None:
    later(desk, 9)
    assert mailed(desk) == []
    later(desk, 1)
    (one,) = mailed(desk)
    (first,) = desk.query(
        "SELECT request_id FROM v1_deliveries"
        " WHERE channel = 'chat_widget' AND kind = 'agent_reply'"
    )
    assert (one["state"], one["instead_of"], one["handle"]) == ("sent", first["request_id"], LEFT)
    assert TEXT in one["text"]
    (why,) = desk.query(
        "SELECT reasons FROM v1_decisions WHERE record_id = ?", (one["request_id"],)
    )
    assert why["reasons"] == ["unread"]
    letters = [*(desk.folder / "mailbox" / "email").iterdir()]
    assert len([one for one in letters if TEXT in one.read_text()]) == 1
    later(desk, 120)
    assert len(mailed(desk)) == 1
    assert desk.query("SELECT replies FROM v1_tickets") == [{"replies": 1}]
    assert verify(desk.database)["clean"]


def test_what_a_visitor_reads_in_time_does_not(desk: Desk) -> None:
    (row,) = desk.query("SELECT request_id FROM v1_deliveries WHERE kind = 'agent_reply'")
    read = Receipt("read", request_id=row["request_id"])
    noted(desk, chat.NAME, [read], desk.clock.now())
    later(desk, 120)
    assert mailed(desk) == []


def test_the_answer_to_the_mail_is_on_the_same_ticket_and_claims_no_address(desk: Desk) -> None:
    later(desk, 10)
    (one,) = mailed(desk)
    desk.produce(answer_to(desk, one["request_id"], f"Ann <{LEFT}>"))
    desk.run()
    assert [one["ticket_id"] for one in desk.query("SELECT ticket_id FROM v1_tickets")] == [
        ticket_of(desk)
    ]
    rows = desk.query(
        "SELECT channel, message_content FROM v1_interactions WHERE direction = 'in' AND ticket_id"
        " IS NOT NULL ORDER BY timestamp"
    )
    assert [row["channel"] for row in rows] == ["chat_widget", "email"]
    resolver = desk.intake.resolver
    assert resolver.customer_of("email", LEFT) == resolver.unidentified("email", LEFT)
    desk.produce({"type": "reply", "ticket_id": ticket_of(desk), "by": "bo", "text": "Tomorrow."})
    desk.run()
    (last,) = desk.query("SELECT channel, handle FROM v1_messages WHERE text = 'Tomorrow.'")
    assert last == {"channel": "email", "handle": LEFT}


def test_somebody_else_who_has_the_mail_writes_as_themselves(desk: Desk) -> None:
    later(desk, 10)
    (one,) = mailed(desk)
    contact = answer_to(desk, one["request_id"], "ben@example.org")
    assert (contact["handle"], contact.get("customer_id")) == ("ben@example.org", None)
    desk.produce(contact)
    desk.run()
    last = contacts(desk)[-1].event
    assert isinstance(last, ContactReceived)
    assert last.customer_id != customer_id_of_the_chat(desk)


def customer_id_of_the_chat(desk: Desk) -> str:
    return desk.intake.resolver.customer_of("chat_widget", VISITOR)


def test_a_mail_about_something_else_is_as_it_was(desk: Desk) -> None:
    (contact,) = email.contact_of(bytes(mail(To=ADDRESS)), "imap://x", SETTINGS).inputs
    assert in_its_chat(desk, contact) is contact


def test_a_customer_whose_address_it_is_writes_from_it(desk: Desk) -> None:
    later(desk, 10)
    (one,) = mailed(desk)
    customer = customer_of(desk)
    desk.produce(
        {"type": "customer", "customer_id": customer, "handles": {"email": [LEFT]}},
    )
    desk.run()
    contact = answer_to(desk, one["request_id"], LEFT)
    assert (contact["handle"], contact.get("customer_id")) == (LEFT, None)
