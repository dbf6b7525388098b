"""What we said to customers, and what became of it.

A request is folded from the decisions' topic, its way to the customer from the contacts' topic.
"""

from __future__ import annotations

import msgspec

from projections.tables.table import Json, Table, by, by_id, json_of
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.events import decisions as says
from schemas.record import Record
from schemas.topics import CONTACTS, DECISIONS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


class ReplyRow(msgspec.Struct, frozen=True):
    """A message to a customer, as it was requested."""

    request_id: str
    customer_id: str
    ticket_id: str | None
    requested_at: str
    channel: str
    kind: str
    author: str
    text: str
    handle: str | None
    buttons: Json
    instead_of: str | None


def reply_row(row: ReplyRow | None, record: Record, key: str) -> ReplyRow | None:
    """A requested message's row."""
    event = record.event
    if row is not None or not isinstance(event, says.ReplyRequested):
        return row
    return ReplyRow(
        request_id=key,
        customer_id=event.customer_id or "",
        ticket_id=event.ticket_id,
        requested_at=rfc3339(record.at),
        channel=event.channel,
        kind=event.kind,
        author=event.author,
        text="\n".join(event.parts),
        handle=event.handle,
        buttons=json_of(event.buttons),
        instead_of=event.instead_of,
    )


_REQUESTED: frozenset[type[Event]] = frozenset({says.ReplyRequested})


class DeliveryRow(msgspec.Struct, frozen=True):
    """What is known of a reply's way to the customer."""

    request_id: str
    state: str = "queued"
    attempts: int = 0
    transport: str | None = None
    provider_message_id: str | None = None
    attempted_at: str | None = None
    accepted_at: str | None = None
    delivered_at: str | None = None
    read_at: str | None = None
    failed_at: str | None = None
    error: str | None = None
    given_up_at: str | None = None
    unconfirmed: bool = False
    next_at: str | None = None
    delay_reason: str | None = None


STATES = ("queued", "failed", "unconfirmed", "sent", "delivered", "read")
"""How far a reply may have come."""


def _first(before: str | None, at: str) -> str:
    return at if before is None else min(before, at)


def _last(before: str | None, at: str) -> str:
    return at if before is None else max(before, at)


def delivery_row(row: DeliveryRow | None, record: Record, key: str) -> DeliveryRow | None:
    """A delivery's row after an attempt or an outcome.

    The same in any order: what is said of one request may lie in two partitions, when it comes
    from a provider that knows the customer by another name.
    """
    row = _noted(row or DeliveryRow(request_id=key), record.event, rfc3339(record.at))
    return _replace(row, state=_state(row))


def _noted(row: DeliveryRow, event: Event, at: str) -> DeliveryRow:
    match event:
        case inbox.ReplyAttempted():
            row = _replace(row, attempts=max(row.attempts, event.attempt))
            if row.accepted_at is None and _last(row.attempted_at, at) == at:
                row = _replace(row, transport=event.transport)
            return _replace(row, attempted_at=_last(row.attempted_at, at))
        case inbox.ReplyAccepted():
            if row.accepted_at is not None and row.accepted_at <= at:
                return row
            return _replace(
                row,
                transport=event.transport,
                provider_message_id=event.provider_message_id,
                accepted_at=at,
            )
        case inbox.ReplyDelivered():
            return _replace(row, delivered_at=_first(row.delivered_at, at))
        case inbox.ReplyRead():
            return _replace(row, read_at=_first(row.read_at, at))
        case inbox.ReplyDelayed():
            until = rfc3339(event.until)
            if _last(row.next_at, until) != until:
                return row
            return _replace(row, next_at=until, delay_reason=event.reason)
        case inbox.ReplyFailed():
            if event.final:
                row = _replace(row, given_up_at=_last(row.given_up_at, at))
            if event.retry_at is not None:
                row = _waits(row, rfc3339(event.retry_at))
            if _last(row.failed_at, at) != at:
                return row
            return _replace(row, failed_at=at, error=event.error)
        case inbox.ReplyUnconfirmed():
            return _replace(row, unconfirmed=True)
        case _:  # its keys name no row of any other event
            return row


def _waits(row: DeliveryRow, until: str) -> DeliveryRow:
    """It is tried again after a failure, which says why it waits."""
    if _last(row.next_at, until) != until:
        return row
    return _replace(row, next_at=until, delay_reason=None)


def _state(row: DeliveryRow) -> str:
    """How far a reply has come: what its customer saw counts most, whenever that was said.

    A provider that took a message may say later that it could not bring it.
    """
    if row.read_at is not None:
        return "read"
    if row.delivered_at is not None:
        return "delivered"
    if row.accepted_at is not None:
        lost = row.given_up_at is not None and row.given_up_at > row.accepted_at
        return "failed" if lost else "sent"
    if row.unconfirmed:
        return "unconfirmed"
    return "queued" if row.given_up_at is None else "failed"


_OUTCOMES: frozenset[type[Event]] = frozenset(
    {
        inbox.ReplyAttempted,
        inbox.ReplyAccepted,
        inbox.ReplyDelayed,
        inbox.ReplyDelivered,
        inbox.ReplyRead,
        inbox.ReplyFailed,
        inbox.ReplyUnconfirmed,
    }
)

TABLES: tuple[Table, ...] = (
    Table(
        "replies",
        DECISIONS.name,
        ReplyRow,
        by_id(_REQUESTED),
        reply_row,
        _REQUESTED,
        (("customer_id",), ("handle", "requested_at")),
        once=True,
        searched=("text",),
    ),
    Table(
        "deliveries",
        CONTACTS.name,
        DeliveryRow,
        by("request_id", _OUTCOMES),
        delivery_row,
        _OUTCOMES,
        (("provider_message_id",),),
    ),
)
