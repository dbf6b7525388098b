"""Escalation, on a customer's line: the packet that goes with a ticket to whoever takes it.

Nobody asks the customer twice. Also here: how the lifecycle asks the desk for a person, and tells
it that none is needed any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agents.agent import Agent
from agents.moves import moment
from agents.rulings import ruling
from agents.world import World
from projections.case import Case, Ticket
from schemas.event import Event
from schemas.events.choices import ContextTransferred
from schemas.events.desk import (
    RequestRepeated,
    RequestWithdrawn,
    SpecialistReleased,
    SpecialistRequested,
)
from schemas.events.intents import HandoverAsked
from schemas.events.tickets import TicketAssigned
from schemas.record import Record, derived_id
from schemas.vocabulary import rfc3339

OTHERS = 5
"""Of how many other tickets the packet tells: what one message says of may lie on another."""

_encoder = msgspec.json.Encoder()


def summary(case: Case, ticket: Ticket) -> str:
    """One line that says what the ticket is about and how it stands."""
    who = case.name or case.customer_id
    about = ticket.subject or "no subject"
    parts = [
        f"{who}{' (VIP)' if case.vip else ''}: {about}",
        f"{ticket.priority}, {ticket.category or 'uncategorised'}",
        f"{ticket.contacts} messages by {', '.join(ticket.channels)}",
    ]
    if ticket.triggers:
        parts.append("escalated for " + ", ".join(ticket.triggers))
    if ticket.offered:
        parts.append("offered " + ", ".join(ticket.offered))
    return "; ".join(parts)


def context(case: Case, ticket: Ticket) -> dict[str, Any]:  # Any: a JSON document
    """Everything known that the next person needs: who, what, the facts given, what happened.

    Returns:
        A JSON document with `customer`, `ticket`, `facts` (kind, text and the contact that said
        it), `facts_given`, `facts_kept`, `timeline` (at, kind, who) and `history`: what the
        customer said lately on their other tickets.
    """
    return {
        "customer": {
            "customer_id": case.customer_id,
            "name": case.name,
            "vip": case.vip,
            "language": case.language,
            "satisfaction_score": case.satisfaction,
            "account_manager": case.account_manager,
        },
        "ticket": {
            "ticket_id": ticket.id,
            "subject": ticket.subject,
            "status": ticket.status,
            "priority": ticket.priority,
            "category": ticket.category,
            "tags": list(ticket.tags),
            "language": ticket.language,
            "sentiment_score": ticket.sentiment,
            "channels": list(ticket.channels),
            "opened_at": rfc3339(moment(ticket.opened_at)),
            "triggers": list(ticket.triggers),
            "offered": list(ticket.offered),
        },
        "facts": [msgspec.to_builtins(fact) for fact in ticket.facts],
        "facts_given": ticket.facts_given,
        "facts_kept": len(ticket.facts),
        "timeline": [
            {"at": rfc3339(moment(entry.at)), "kind": entry.kind, "who": entry.who}
            for entry in ticket.timeline
        ],
        "history": [_other(one) for one in _lately(case, ticket)],
    }


def _lately(case: Case, ticket: Ticket) -> list[Ticket]:
    """The customer's other tickets at hand, where they wrote last first."""
    others = [t for t in case.tickets.values() if t.id != ticket.id and t.merged_into is None]
    others.sort(key=lambda t: (-t.last_customer_at, t.id))
    return others[:OTHERS]


def _other(ticket: Ticket) -> dict[str, Any]:  # Any: a JSON document
    return {
        "ticket_id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status,
        "category": ticket.category,
        "opened_at": rfc3339(moment(ticket.opened_at)),
        "facts": [msgspec.to_builtins(fact) for fact in ticket.facts],
    }


def needs_person(ticket: Ticket) -> bool:
    """Whether nobody has the ticket and nobody was asked yet."""
    return ticket.specialist_id is None and ticket.request_id is None


def requested(
    case: Case,
    ticket: Ticket,
    cause: str,
    *,
    team: str,
    specialist_id: str | None = None,
    former_id: str | None = None,
    senior: bool = False,
) -> SpecialistRequested:
    """The request for a person.

    Args:
        case: The customer.
        ticket: The ticket.
        cause: Id of the record that leads to it: the request's id derives from it.
        team: Which team is asked where the ticket has none.
        specialist_id: Somebody in particular, if so.
        former_id: Who had the ticket before, and shall have it again if they are free.
        senior: Whether it must be somebody senior, whatever the ticket's route says.
    """
    return SpecialistRequested.model_validate(
        {
            "request_id": derived_id("request", cause, ticket.id),
            "customer_id": case.customer_id,
            "ticket_id": ticket.id,
            "team": ticket.team or team,
            "skills": list(ticket.skills),
            "language": ticket.language or case.language,
            "senior": senior or ticket.senior,
            "priority": ticket.priority,
            "specialist_id": specialist_id,
            "former_id": former_id,
            "escalated": ticket.escalated_at is not None,
            "triggers": list(ticket.triggers),
            "summary": summary(case, ticket),
        }
    )


def freed(case: Case, ticket: Ticket) -> list[Event]:
    """What frees the person who has the ticket; nothing when nobody has it."""
    if ticket.specialist_id is None:
        return []
    return [
        SpecialistReleased(
            customer_id=case.customer_id,
            ticket_id=ticket.id,
            specialist_id=ticket.specialist_id,
        )
    ]


def released(case: Case, ticket: Ticket) -> list[Event]:
    """What tells the desk that the ticket needs nobody: neither who has it nor who was asked."""
    if ticket.request_id is None:
        return freed(case, ticket)
    withdrawn = RequestWithdrawn(
        customer_id=case.customer_id, ticket_id=ticket.id, request_id=ticket.request_id
    )
    return [*freed(case, ticket), withdrawn]


def repeated(case: Case, ticket: Ticket) -> list[Event]:
    """What reminds the desk of a ticket that waits for somebody; nothing when it does not."""
    if ticket.request_id is None:
        return []
    return [
        RequestRepeated(
            customer_id=case.customer_id, ticket_id=ticket.id, request_id=ticket.request_id
        )
    ]


def transferred(
    case: Case, ticket: Ticket, to: str, reason: str, cause: str, world: World
) -> ContextTransferred:
    """The hand-over of everything that is known of a ticket by now.

    Args:
        case: The customer.
        ticket: The ticket.
        to: Who gets it: a person or a team.
        reason: Why it is handed over.
        cause: Id of the record that leads to it: the transfer's id derives from it.
        world: The turn's snapshot.
    """
    packet = context(case, ticket)
    return ContextTransferred(
        customer_id=case.customer_id,
        ticket_id=ticket.id,
        outcome=to,
        reasons=[reason],
        policy_version=world.policy.version,
        transfer_id=derived_id("transfer", cause, to),
        to=to,
        summary=summary(case, ticket),
        facts=_encoder.encode(packet["facts"]).decode(),
        timeline=_encoder.encode(packet["timeline"]).decode(),
        history=_encoder.encode(packet["history"]).decode(),
        facts_given=packet["facts_given"],
        facts_kept=packet["facts_kept"],
    )


def assigned(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Whoever gets a ticket gets its context, as it is then and not as it was when one asked."""
    event = record.event
    assert isinstance(event, TicketAssigned)
    ticket = case.ticket(event.ticket_id)
    if ticket is not None:
        yield transferred(case, ticket, event.specialist_id, "assigned", record.id, world)


def asked(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Somebody asks for the packet: it goes to whom they name, else to whoever has the ticket."""
    event = record.event
    assert isinstance(event, HandoverAsked)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or ruling(event, case, world.policy, world.now) is not None:
        return
    to = event.to or ticket.specialist_id or ticket.team or world.policy.routing.default_team
    yield transferred(case, ticket, to, "asked_for", record.id, world)


AGENTS = (
    Agent(
        name="escalation",
        domain="customer",
        reads=frozenset({TicketAssigned}),
        writes=frozenset({ContextTransferred}),
        decide=assigned,
    ),
    Agent(
        name="escalation",
        domain="customer",
        reads=frozenset({HandoverAsked}),
        writes=frozenset({ContextTransferred}),
        decide=asked,
    ),
)
