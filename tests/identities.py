"""Customers and addresses to link, for the tests of who is the same person."""

from __future__ import annotations

from typing import Any

from agents.world import Understanding
from projections.case import Ticket
from schemas.event import Event
from schemas.events.contacts import (
    ContactReceived,
    CustomerDescribed,
)
from schemas.events.intents import LinkAsked, UnlinkAsked
from schemas.record import contact_id, ticket_id
from streams.testing import FakeModels, understood
from tests.lines import Lines

ANON = "c_1"
"""An unidentified line: that of the WhatsApp number below."""

PHONE = "+1"


def wrote(customer: str, number: int, **fields: Any) -> ContactReceived:
    told = {
        "channel": "whatsapp",
        "customer_id": customer,
        "handle": PHONE,
        "message": f"question {number}",
        "thread": f"t{number}",
        "provider_id": f"p{number}",
        **fields,
    }
    return ContactReceived.model_validate(told)


class Apart(FakeModels, frozen=True):
    """Models for which no two messages are about the same."""

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """Something else each time."""
        del subject, known_language
        number = float(message.rsplit(" ", 1)[-1])
        category = [{"name": message, "confidence": 0.9}]
        return understood(features=[[number, 1.0]], categories=category)


def link(line: str, into: str, *, channel: str = "whatsapp", handle: str = PHONE) -> LinkAsked:
    """What intake makes of `link INTO CHANNEL HANDLE` when the handle is on this line."""
    return LinkAsked.model_validate(
        {
            "customer_id": line,
            "channel": channel,
            "handle": handle,
            "other_customer_id": into,
            "by": "bo",
        }
    )


def unlink(line: str, frm: str, *, channel: str = "whatsapp", handle: str = PHONE) -> UnlinkAsked:
    told = link(line, frm, channel=channel, handle=handle).model_dump()
    return UnlinkAsked.model_validate(told)


def ask(kind: Any, lines: Lines, ticket: str, customer: str, **fields: Any) -> list[Event]:
    told = {"ticket_id": ticket, "customer_id": customer, "by": "bo", **fields}
    return lines.put(kind.model_validate(told))


def ticket_of(number: int, channel: str = "whatsapp") -> str:
    return ticket_id(contact_id(channel, f"p{number}"))


def of(kind: type[Event], said: list[Event]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def everybody(lines: Lines, *keys: str) -> dict[str, Ticket]:
    """All tickets of some customers, at hand or parked; each must be in one place only."""
    found: dict[str, Ticket] = {}
    for key in keys:
        for place in (lines.tickets(key), lines.parked(key)):
            assert not found.keys() & place.keys(), "a ticket is in two places"
            found |= place
    return found


def two_lines() -> Lines:
    """Ann has a ticket by e-mail; somebody unidentified has one by WhatsApp."""
    lines = Lines(Apart())
    lines.put(CustomerDescribed(customer_id="ann", name="Ann", email="ann@example.org"))
    lines.put(wrote("ann", 0, channel="email", handle="ann@example.org"))
    lines.put(wrote(ANON, 1))
    return lines
