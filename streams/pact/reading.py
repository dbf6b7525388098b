"""What reading actions share: cases and tickets as the agents know them, messages as understood."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import model_validator

from agents.channel import understood as as_event
from agents.customer import is_vip
from projections.case import Case, Ticket, evolve
from projections.case.state import Contact, Seen
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import MessageUnderstood
from schemas.record import Record
from schemas.vocabulary import Channel
from streams.errors import NotFound
from streams.inputs import Name, Text
from streams.pact.action import Call, Params, named
from streams.pact.asking import owner

NOWHERE = "email"
"""The channel of a message that names none; the models do not look at it."""

HOPS = 8
"""Merges of customers that are followed to the line that survived."""


class Customer(Params):
    """Who is meant: by id, by the address on a channel, or by a ticket."""

    customer_id: Name | None = None
    channel: Channel | None = None
    handle: Name | None = None
    ticket_id: Name | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Customer:
        by_handle = self.channel is not None and self.handle is not None
        if self.customer_id is None and self.ticket_id is None and not by_handle:
            raise ValueError("say who: give customer_id, or channel and handle, or ticket_id")
        return self


class Issue(Params):
    """An issue: its text, or the ticket that it has; and what is known of it besides."""

    text: Text | None = named(
        "description", "message", "content", "text", "query", "issue", default=None
    )
    subject: Text | None = None
    channel: Channel | None = None
    language: Name | None = None
    customer_id: Name | None = None
    ticket_id: Name | None = None
    category: Name | None = None
    sentiment_score: float | None = None
    urgency_indicators: list[Name] | None = None
    vip_status: bool | None = named("vip_status", "is_vip", default=None)
    lifetime_value: float | None = None

    @model_validator(mode="after")
    def _something(self) -> Issue:
        given = self.model_dump(exclude_none=True, exclude={"channel", "language"})
        if not given:
            raise ValueError("say what it is about: give description, or ticket_id")
        return self


def customer_id_of(call: Call, who: Customer) -> str:
    """The id of who is meant; raises `NotFound` for an unknown ticket."""
    if who.customer_id is not None:
        return who.customer_id
    if who.ticket_id is not None:
        return owner(call, who.ticket_id)
    assert who.channel is not None
    assert who.handle is not None
    return call.desk.intake.resolver.customer_of(who.channel, who.handle)


def case_of(call: Call, customer_id: str) -> Case:
    """The case of a customer, or of who they were merged into; a fresh one for a stranger."""
    case: Case = call.store.load("customer", customer_id)[0]
    for _ in range(HOPS):
        if case.merged_into is None:
            break
        case = call.store.load("customer", case.merged_into)[0]
    return case


def known_case(call: Call, customer_id: str) -> Case:
    """The case of a customer of whom something is known.

    Raises:
        NotFound: Nothing is.
    """
    case = case_of(call, customer_id)
    if case == Case(customer_id=case.customer_id):
        raise stranger(call, customer_id)
    return case


def stranger(call: Call, customer_id: str) -> NotFound:
    """That nothing is known of a customer."""
    return NotFound(
        f"{call.action}: customer_id: there is no customer {customer_id}",
        "give the id of a customer that `pactdesk customers` shows",
    )


def ticket_of(call: Call, ticket_id: str) -> tuple[Case, Ticket]:
    """A ticket as the agents know it, with its customer; raises `NotFound`."""
    case = case_of(call, owner(call, ticket_id))
    ticket = case.ticket(ticket_id) or call.store.peek(ticket_id)
    if ticket is None:
        raise NotFound(
            f"{call.action}: ticket_id: ticket {ticket_id} is on its way to another customer",
            "ask again in a moment",
        )
    return case, ticket


def seen_of_issue(call: Call, issue: Issue, *, latest: bool = False) -> tuple[Seen, Case]:
    """What the agents would see of an issue, and of whom it is.

    A ticket is judged by what was understood of its message when it came, as in the workflow: by
    its first, or by its latest.

    Raises:
        NotFound: There is no such ticket.
    """
    ticket_id = issue.ticket_id
    customer_id = issue.customer_id
    if ticket_id is not None:
        customer_id = owner(call, ticket_id)
    case = case_of(call, customer_id) if customer_id is not None else Case(customer_id="")
    if issue.text is not None or issue.subject is not None:
        seen = understood_now(call, issue, case)
    elif ticket_id is not None:
        seen = understood_then(call, ticket_id, latest=latest)
    else:
        seen = Seen()
    changes: dict[str, Any] = {}
    if issue.sentiment_score is not None:
        changes["sentiment"] = issue.sentiment_score
    if issue.urgency_indicators is not None:
        changes["urgency"] = tuple(issue.urgency_indicators)
    return msgspec.structs.replace(seen, **changes), case


def understood_now(call: Call, issue: Issue, case: Case) -> Seen:
    """What the agents would see of a text if it came in now, by the turn's own functions."""
    event = ContactReceived(
        channel=issue.channel or NOWHERE,  # type: ignore[arg-type]  # one of the channels
        customer_id=case.customer_id,
        message=issue.text or "",
        subject=issue.subject,
        provider_id="read",
        language=issue.language,
    )
    record = Record(
        id="read", key=case.customer_id, at=call.now, by=call.action, event=event, correlation="read"
    )
    case = evolve(case, record)
    says = as_event(record.id, event, case, call.world(record))
    return _seen(evolve(case, msgspec.structs.replace(record, event=says)))


def understood_then(call: Call, ticket_id: str, *, latest: bool) -> Seen:
    """What was understood of a ticket's first or latest message; what is seen of none else."""
    order = "DESC" if latest else "ASC"
    rows = call.rows(
        "SELECT interaction_id FROM v1_interactions WHERE ticket_id = ? AND direction = 'in'"
        f" ORDER BY timestamp {order}, interaction_id {order} LIMIT 1",
        ticket_id,
    )
    for row in rows:
        contact_id = str(row["interaction_id"])
        for entry in call.desk.log.family(contact_id):
            record = entry.record()
            if isinstance(record.event, MessageUnderstood):
                at = record.at.timestamp()
                contact = Contact(id=contact_id, channel=record.event.channel, at=at)
                case = Case(customer_id=record.key, contact=contact)
                return _seen(evolve(case, record))
    return Seen()


def vip_of(call: Call, issue: Issue, case: Case) -> bool:
    """Whether an issue is a VIP's: as it says, else by the lifetime value that is known."""
    if issue.vip_status is not None:
        return issue.vip_status
    value = case.lifetime_value if issue.lifetime_value is None else issue.lifetime_value
    return is_vip(value, call.policy)


def _seen(case: Case) -> Seen:
    contact = case.contact
    return Seen() if contact is None or contact.seen is None else contact.seen
