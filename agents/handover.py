"""The packet that goes with a ticket to whoever takes it: nobody asks the customer twice."""

from __future__ import annotations

from typing import Any

import msgspec

from agents.moves import moment
from projections.case import Case, Ticket
from schemas.event import Event
from schemas.events.desk import SpecialistReleased, SpecialistRequested
from schemas.record import derived_id
from schemas.vocabulary import rfc3339

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
        it), `facts_given`, `facts_kept` and `timeline` (at, kind, who).
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
    senior: bool = False,
) -> SpecialistRequested:
    """The request for a person, with the whole context.

    Args:
        case: The customer.
        ticket: The ticket.
        cause: Id of the record that leads to it: the request's id derives from it.
        team: Which team is asked where the ticket has none.
        specialist_id: Somebody in particular, if so.
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
            "escalated": ticket.escalated_at is not None,
            "triggers": list(ticket.triggers),
            "summary": summary(case, ticket),
            "context": _encoder.encode(context(case, ticket)).decode(),
        }
    )


def released(case: Case, ticket: Ticket) -> list[Event]:
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
