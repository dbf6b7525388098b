"""The tickets as they stand, folded from their topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from projections.tables.table import EMPTY_LIST, EMPTY_OBJECT, Json, Table, json_of, object_in
from schemas.event import Event, TicketEvent
from schemas.events import EVENTS
from schemas.events import tickets as became
from schemas.record import Record
from schemas.topics import TICKETS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace

_WITH_US = frozenset({"new", "triaged", "in_progress", "escalated"})
"""Statuses of a ticket that the desk is to do something about."""


class TicketRow(msgspec.Struct, frozen=True):
    """One ticket as it stands."""

    ticket_id: str
    customer_id: str
    channel: str
    priority: str
    status: str
    created_at: str
    updated_at: str
    subject: str = ""
    description: str = ""
    origin: str = "contact"
    assigned_agent: str | None = None
    resolution_time_minutes: float | None = None
    satisfaction_score: int | None = None
    rated_at: str | None = None
    tags: Json = EMPTY_LIST
    metadata: Json = EMPTY_OBJECT
    channels: Json = EMPTY_LIST
    category: str | None = None
    category_confidence: float | None = None
    estimated_resolution_minutes: int | None = None
    language: str | None = None
    sentiment_score: float | None = None
    vip_status: bool = False
    escalated_at: str | None = None
    escalation_reasons: Json = EMPTY_LIST
    auto_resolution_candidate: bool = False
    team: str | None = None
    contacts: int = 0
    replies: int = 0
    person_replies: int = 0
    automatic: bool = False
    reopened: int = 0
    first_replied_at: str | None = None
    first_reply_minutes: float | None = None
    last_contact_at: str | None = None
    resolved_at: str | None = None
    resolved_by: str | None = None
    contacts_at_resolution: int | None = None
    closed_at: str | None = None
    snoozed_until: str | None = None
    merged_into: str | None = None
    revision: int = 0
    desk_milliseconds: int = 0


def _extended(texts: str, *more: str) -> Json:
    known: list[str] = msgspec.json.decode(str(texts))
    added = [one for one in more if one not in known]
    return json_of([*known, *added]) if added else Json(texts)


def ticket_row(row: TicketRow | None, record: Record, key: str) -> TicketRow | None:
    """A ticket's row after one of its events."""
    event = record.event
    assert isinstance(event, TicketEvent)
    at = rfc3339(record.at)
    if isinstance(event, became.TicketOpened):
        row = TicketRow(
            ticket_id=key,
            customer_id=event.customer_id,
            channel=event.channel,
            priority=event.priority,
            status=event.status,
            created_at=at,
            updated_at=at,
            subject=event.subject,
            description=event.description,
            origin=event.origin,
            metadata=object_in(event.metadata),
            channels=json_of([event.channel]),
            language=event.language,
            sentiment_score=event.sentiment_score,
            vip_status=event.vip,
        )
    if row is None:
        return None
    if isinstance(event, became.TicketSplit) and event.ticket_id != key:
        return _split(row, event, 1)
    changes: dict[str, object] = {
        "customer_id": event.customer_id,
        "status": event.status,
        "priority": event.priority,
        "category": event.category,
        "team": event.team,
        "updated_at": at,
        "revision": event.revision,
        # None in a row that somebody made by hand without it: that stops no fold.
        "desk_milliseconds": (row.desk_milliseconds or 0) + _waited_for_us(row, record.at),
    }
    match event:
        case became.TicketTriaged():
            changes |= {
                "category_confidence": event.category_confidence,
                "tags": json_of(event.tags),
                "estimated_resolution_minutes": event.estimated_resolution_minutes,
                "language": event.language,
                "sentiment_score": event.sentiment_score,
                "vip_status": event.vip,
            }
        case became.MessageAdded():
            changes |= _message(row, event, record)
        case became.TicketEscalated():
            changes["escalated_at"] = row.escalated_at or at
            changes["escalation_reasons"] = _extended(row.escalation_reasons, *event.triggers)
        case became.TicketAssigned():
            changes["assigned_agent"] = event.specialist_id
        case became.TicketPrioritised():
            changes["vip_status"] = row.vip_status if event.vip is None else event.vip
        case became.TicketTransferred():
            changes["assigned_agent"] = None
        case became.TicketTagged():
            changes["tags"] = json_of(event.tags)
        case became.TicketSnoozed():
            changes["snoozed_until"] = rfc3339(event.until)
        case became.TicketWoken():
            changes["snoozed_until"] = None
        case became.TicketResolved():
            changes |= {
                "resolved_at": at,
                "resolved_by": event.by,
                "resolution_time_minutes": event.resolution_minutes,
                "contacts_at_resolution": event.contacts,
                "automatic": event.person_replies == 0 and event.solution_id is not None,
                "snoozed_until": None,
            }
        case became.TicketReopened():
            changes |= {
                "reopened": event.reopened,
                "assigned_agent": None,  # until the desk finds somebody again
                "resolved_at": None,
                "resolved_by": None,
                "closed_at": None,
                "resolution_time_minutes": None,
                "contacts_at_resolution": None,
                "automatic": False,
            }
        case became.TicketClosed():
            changes |= {"closed_at": at, "snoozed_until": None}
        case became.TicketsMerged():
            changes |= {"closed_at": at, "snoozed_until": None, "merged_into": event.into}
        case became.TicketsUnmerged():
            changes["merged_into"] = None
        case became.TicketSplit():
            row = _split(row, event, -1)
        case became.TicketRated():
            changes |= {"satisfaction_score": event.score, "rated_at": at}
        case _:  # the others change no more than what every event of a ticket carries
            pass
    return _replace(row, **changes)


def _waited_for_us(row: TicketRow, until: datetime) -> int:
    """Milliseconds since a ticket's last event, where it was the desk's turn; 0 where it was not.

    It was not while the customer was waited for, the ticket was out of sight, or it was solved.
    """
    if row.status not in _WITH_US or row.snoozed_until is not None:
        return 0
    try:
        since = datetime.fromisoformat(row.updated_at)
        return max(0, (until - since) // timedelta(milliseconds=1))
    except (TypeError, ValueError):  # a row edited by hand stops nobody; `verify` names it
        return 0


def _split(row: TicketRow, event: became.TicketSplit, sign: int) -> TicketRow:
    """A ticket's row with the messages of a split put on (1) or taken away (-1)."""
    return _replace(
        row,
        contacts=row.contacts + sign * event.contacts,
        replies=row.replies + sign * event.replies,
        person_replies=row.person_replies + sign * event.person_replies,
    )


def _message(row: TicketRow, event: became.MessageAdded, record: Record) -> dict[str, object]:
    at = rfc3339(record.at)
    if event.direction == "in":
        return {
            "contacts": row.contacts + 1,
            "last_contact_at": at,
            "channels": _extended(row.channels, event.message_channel),
        }
    if event.interaction_type != "agent_response" or event.instead_of is not None:
        return {}
    # A line that the ticket came to in a merge may be behind the one that it was opened on.
    waited = max(0.0, (record.at - event.opened_at).total_seconds() / 60.0)
    first = row.first_replied_at is None
    return {
        "replies": row.replies + 1,
        "person_replies": row.person_replies + (event.kind in {"agent_reply", "opening"}),
        "first_replied_at": at if first else row.first_replied_at,
        "first_reply_minutes": waited if first else row.first_reply_minutes,
        "auto_resolution_candidate": (
            row.auto_resolution_candidate or event.auto_resolution_candidate
        ),
    }


def _keys(record: Record) -> Sequence[str]:
    event = record.event
    if isinstance(event, became.TicketSplit):
        return event.ticket_id, event.into
    return (event.ticket_id,) if isinstance(event, TicketEvent) else ()


_TICKETS: frozenset[type[Event]] = frozenset(
    kind for kind in EVENTS.values() if issubclass(kind, TicketEvent)
)

TABLES: tuple[Table, ...] = (
    Table(
        "tickets",
        TICKETS.name,
        TicketRow,
        _keys,
        ticket_row,
        _TICKETS,
        (
            ("customer_id", "created_at"),
            ("status", "created_at", "ticket_id"),
            ("created_at", "ticket_id"),
        ),
        searched=("subject", "description"),
    ),
)
