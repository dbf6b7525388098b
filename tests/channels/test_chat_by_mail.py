"""Through the gateway and a real mailbox: who left the chat is answered by mail, and answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from schemas.events.contacts import ReplyAddressLeft
from schemas.events.decisions import ReplyRequested
from streams.channels import email
from streams.channels.settings import Email
from streams.clock import ManualClock
from tests.chatting import FLAGS, PATIENCE, Page, answered, asked, rows
from tests.gateways import Client, gateway, worker
from tests.mails import ADDRESS, mail
from tests.real import until
from tests.real.greenmail import GreenMail
from tests.stores import a_desk

LEFT = "ann@example.org"

TEXT = "It is on its way."

MAILS = (
    "SELECT d.request_id, m.handle, m.text FROM v1_deliveries d"
    " JOIN v1_messages m ON m.message_id = d.request_id"
    " WHERE d.channel = 'email' AND d.instead_of IS NOT NULL"
)
THEIRS = (
    "SELECT ticket_id, channel, message_content FROM v1_interactions"
    " WHERE direction = 'in' ORDER BY timestamp"
)


def test_a_visitor_who_goes_away_is_answered_by_mail_and_answers_on_the_same_ticket(
    tmp_path: Path, greenmail: GreenMail
) -> None:
    flags = {"imap_url": greenmail.url(), "address": ADDRESS, "token_secret": "signs our tags"}
    settings = {**FLAGS, **{f"channels__email__{name}": one for name, one in flags.items()}}
    with gateway(tmp_path, **settings) as client, worker(tmp_path):
        ticket = _left(client)
    _goes_away(tmp_path)
    with gateway(tmp_path, **settings) as client, worker(tmp_path):
        (ours,) = rows(client, MAILS)
        assert (ours["handle"], TEXT in ours["text"]) == (LEFT, True)
        greenmail.send(_answer(client, ours["request_id"]))
        told = until(lambda: rows(client, THEIRS)[1:], PATIENCE, "their answer")
    assert [(one["ticket_id"], one["channel"]) for one in told] == [(ticket, "email")]


def _left(client: Client) -> str:
    """The visitor asks and leaves an address, and somebody answers; returns the ticket."""
    page = Page(client)
    page.begin()
    ticket = asked(page)
    assert page.ask("email", {"email": LEFT}).status == 202
    answered(client, ticket, TEXT)
    until(
        lambda: rows(client, "SELECT 1 FROM v1_deliveries WHERE kind = 'agent_reply'"),
        PATIENCE,
        "the reply",
    )
    with a_desk(client.settings.data) as desk:
        found = [one for one in desk.events() if isinstance(one.event, ReplyAddressLeft)]
    assert [one.event for one in found] == [
        ReplyAddressLeft(customer_id=found[0].key, ticket_id=ticket, email=LEFT)
    ]
    return ticket


def _goes_away(data: Path) -> None:
    """Ten minutes pass in which nobody reads."""
    with a_desk(data, ManualClock(datetime.now(UTC) + timedelta(minutes=11))) as desk:
        desk.run()


def _answer(client: Client, number: str) -> bytes:
    """What the visitor's mail program makes of an answer to a mail of ours."""
    with a_desk(client.settings.data) as desk:
        (request,) = [one.event for one in desk.events() if one.id == number]
    assert isinstance(request, ReplyRequested)
    known = Email.model_validate(client.settings.channels.email.model_dump())
    ours = message_from_string(email.render(known, request, number).decode(), policy=default)
    assert isinstance(ours, EmailMessage)
    return bytes(mail("Thank you, but when?", To=str(ours["Reply-To"]), Message_ID="<2@x.org>"))
