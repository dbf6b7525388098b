"""Tables folded from the tickets' topic: the tickets, their messages, their SLA targets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.table import Json, Table
from schemas.event import TicketEvent
from schemas.events import tickets as became
from schemas.record import Record
from schemas.topics import TICKETS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


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
    tags: Json = Json("[]")
    metadata: Json = Json("{}")
    channels: Json = Json("[]")
    category: str | None = None
    category_confidence: float | None = None
    estimated_resolution_minutes: int | None = None
    language: str | None = None
    sentiment_score: float | None = None
    vip_status: bool = False
    escalated_at: str | None = None
    escalation_reasons: Json = Json("[]")
    auto_resolution_candidate: bool = False
    team: str | None = None
    contacts: int = 0
    replies: int = 0
    person_replies: int = 0
    automatic: bool = False
    reopened: int = 0
    first_replied_at: str | None = None
    last_contact_at: str | None = None
    resolved_at: str | None = None
    resolved_by: str | None = None
    contacts_at_resolution: int | None = None
    closed_at: str | None = None
    snoozed_until: str | None = None
    merged_into: str | None = None


def _extended(texts: str, *more: str) -> Json:
    known: list[str] = msgspec.json.decode(str(texts))
    added = [one for one in more if one not in known]
    return Json(msgspec.json.encode([*known, *added]).decode()) if added else Json(texts)


def _listed(texts: Sequence[str]) -> Json:
    return Json(msgspec.json.encode(list(texts)).decode())


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
            metadata=Json(event.metadata),
            channels=_listed([event.channel]),
            language=event.language,
            sentiment_score=event.sentiment_score,
            vip_status=event.vip,
        )
    if row is None:
        return None
    changes: dict[str, object] = {
        "customer_id": event.customer_id,
        "status": event.status,
        "priority": event.priority,
        "category": event.category,
        "team": event.team,
        "updated_at": at,
    }
    match event:
        case became.TicketTriaged():
            changes |= {
                "category_confidence": event.category_confidence,
                "tags": _listed(event.tags),
                "estimated_resolution_minutes": event.estimated_resolution_minutes,
                "language": event.language,
                "sentiment_score": event.sentiment_score,
                "vip_status": event.vip,
            }
        case became.MessageAdded():
            changes |= _message(row, event, at)
        case became.TicketEscalated():
            changes["escalated_at"] = row.escalated_at or at
            changes["escalation_reasons"] = _extended(row.escalation_reasons, *event.triggers)
        case became.TicketAssigned():
            changes["assigned_agent"] = event.specialist_id
        case became.TicketTransferred():
            changes["assigned_agent"] = None
        case became.TicketTagged():
            changes["tags"] = _listed(event.tags)
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
                "resolved_at": None,
                "resolved_by": None,
                "closed_at": None,
                "resolution_time_minutes": None,
                "contacts_at_resolution": None,
                "automatic": False,
            }
        case became.TicketClosed():
            changes["closed_at"] = at
        case became.TicketsMerged():
            changes |= {"closed_at": at, "merged_into": event.into}
        case became.TicketsUnmerged():
            changes |= {"closed_at": None, "merged_into": None}
        case became.TicketRated():
            changes |= {"satisfaction_score": event.score, "rated_at": at}
        case _:
            pass
    return _replace(row, **changes)


def _message(row: TicketRow, event: became.MessageAdded, at: str) -> dict[str, object]:
    if event.direction == "in":
        return {
            "contacts": row.contacts + 1,
            "last_contact_at": at,
            "channels": _extended(row.channels, event.message_channel),
        }
    if event.interaction_type != "agent_response":
        return {}
    return {
        "replies": row.replies + 1,
        "person_replies": row.person_replies + (event.kind in {"agent_reply", "opening"}),
        "first_replied_at": row.first_replied_at or at,
        "auto_resolution_candidate": (
            row.auto_resolution_candidate or event.auto_resolution_candidate
        ),
    }


class MessageRow(msgspec.Struct, frozen=True):
    """One message, reply or note of a ticket; its text is in the table of its own topic."""

    interaction_id: str
    ticket_id: str
    customer_id: str
    timestamp: str
    direction: str
    interaction_type: str
    channel: str
    kind: str
    author: str | None
    sentiment_score: float | None
    solution_id: str | None
    confidence: float | None


def message_row(row: MessageRow | None, record: Record, key: str) -> MessageRow | None:
    """A message's row after a ticket's event."""
    event = record.event
    match event:
        case became.MessageAdded():
            return MessageRow(
                interaction_id=key,
                ticket_id=event.ticket_id,
                customer_id=event.customer_id,
                timestamp=rfc3339(record.at),
                direction=event.direction,
                interaction_type=event.interaction_type,
                channel=event.message_channel,
                kind=event.kind,
                author=event.author,
                sentiment_score=event.sentiment_score,
                solution_id=event.solution_id,
                confidence=event.confidence,
            )
        case became.TicketSplit():
            return None if row is None else _replace(row, ticket_id=event.into)
        case _:
            return row


def _message_keys(record: Record) -> Sequence[str]:
    event = record.event
    match event:
        case became.MessageAdded():
            return (event.interaction_id,)
        case became.TicketSplit():
            return event.messages
        case _:
            return ()


class SlaRow(msgspec.Struct, frozen=True):
    """One SLA target of one ticket, under the calendar and policy it was started with."""

    target_id: str
    ticket_id: str
    target: str
    started_at: str
    due_at: str
    target_minutes: int
    calendar_version: str
    policy_version: str
    warned_at: str | None = None
    met_at: str | None = None
    breached_at: str | None = None


def sla_row(row: SlaRow | None, record: Record, key: str) -> SlaRow | None:
    """A target's row after a ticket's event."""
    event = record.event
    at = rfc3339(record.at)
    match event:
        case became.SlaStarted():
            return SlaRow(
                target_id=key,
                ticket_id=event.ticket_id,
                target=event.target,
                started_at=row.started_at if row is not None and event.resumed else at,
                due_at=rfc3339(event.due_at),
                target_minutes=event.target_minutes,
                calendar_version=event.calendar_version,
                policy_version=event.policy_version,
                warned_at=row.warned_at if row is not None else None,
            )
        case became.SlaWarned():
            return None if row is None else _replace(row, warned_at=at)
        case became.SlaMet():
            return None if row is None else _replace(row, met_at=at)
        case became.SlaBreached():
            return None if row is None else _replace(row, breached_at=at)
        case _:
            return row


def _sla_keys(record: Record) -> Sequence[str]:
    event = record.event
    match event:
        case became.SlaStarted() | became.SlaWarned() | became.SlaMet() | became.SlaBreached():
            return (f"{event.ticket_id}:{event.target}",)
        case _:
            return ()


def _ticket_keys(record: Record) -> Sequence[str]:
    event = record.event
    return (event.ticket_id,) if isinstance(event, TicketEvent) else ()


TICKETS_TABLE = Table(
    "tickets",
    TICKETS.name,
    TicketRow,
    _ticket_keys,
    ticket_row,
    (("customer_id", "created_at"), ("status",), ("created_at",)),
)
MESSAGES_TABLE = Table(
    "messages",
    TICKETS.name,
    MessageRow,
    _message_keys,
    message_row,
    (("ticket_id", "timestamp"), ("customer_id", "timestamp")),
)
SLA_TABLE = Table("sla", TICKETS.name, SlaRow, _sla_keys, sla_row, (("ticket_id",),))

TABLES: tuple[Table, ...] = (TICKETS_TABLE, MESSAGES_TABLE, SLA_TABLE)
