"""Tables folded from the contacts' topic: what was written, and what became of our replies."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.table import Table
from schemas.events import contacts as inbox
from schemas.events import intents as asks
from schemas.record import Record
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


class TextRow(msgspec.Struct, frozen=True):
    """The text of a message, reply or note, by the id of the record that holds it."""

    record_id: str
    customer_id: str
    channel: str | None
    text: str
    subject: str | None
    provider_id: str | None
    occurred_at: str
    author: str | None


def text_row(row: TextRow | None, record: Record, key: str) -> TextRow | None:
    """A text's row: the first with an id wins."""
    if row is not None:
        return row
    event = record.event
    match event:
        case inbox.ContactReceived():
            found = (event.channel, event.message, event.subject, event.provider_id, event.handle)
        case asks.ReplyWritten():
            found = (event.channel, event.text, None, None, event.by)
        case asks.NoteWritten():
            found = (None, event.text, None, None, event.by)
        case asks.ConversationStarted():
            found = (event.channel, event.text, None, None, event.by)
        case _:
            return None
    channel, text, subject, provider_id, author = found
    return TextRow(
        record_id=key,
        customer_id=event.customer_id,
        channel=channel,
        text=text,
        subject=subject,
        provider_id=provider_id,
        occurred_at=rfc3339(record.at),
        author=author,
    )


_TEXTS = (
    inbox.ContactReceived,
    asks.ReplyWritten,
    asks.NoteWritten,
    asks.ConversationStarted,
)


def _text_keys(record: Record) -> Sequence[str]:
    return (record.id,) if isinstance(record.event, _TEXTS) else ()


class DeliveryRow(msgspec.Struct, frozen=True):
    """What is known of a reply's way to the customer."""

    request_id: str
    customer_id: str
    ticket_id: str | None
    state: str
    attempts: int = 0
    transport: str | None = None
    provider_message_id: str | None = None
    attempted_at: str | None = None
    accepted_at: str | None = None
    delivered_at: str | None = None
    read_at: str | None = None
    failed_at: str | None = None
    error: str | None = None


_ORDER = ("queued", "failed", "unconfirmed", "sent", "delivered", "read")
"""A delivery only moves forward: providers report late and out of order."""


def _onward(before: str, after: str) -> str:
    return after if _ORDER.index(after) >= _ORDER.index(before) else before


def delivery_row(row: DeliveryRow | None, record: Record, key: str) -> DeliveryRow | None:
    """A delivery's row after an attempt or an outcome."""
    event = record.event
    at = rfc3339(record.at)
    if row is None:
        row = DeliveryRow(
            request_id=key,
            customer_id=getattr(event, "customer_id", ""),
            ticket_id=getattr(event, "ticket_id", None),
            state="queued",
        )
    match event:
        case inbox.ReplyAttempted():
            return _replace(
                row,
                attempts=max(row.attempts, event.attempt),
                transport=event.transport,
                attempted_at=at,
            )
        case inbox.ReplyAccepted():
            return _replace(
                row,
                state=_onward(row.state, "sent"),
                transport=event.transport,
                provider_message_id=event.provider_message_id,
                accepted_at=row.accepted_at or at,
            )
        case inbox.ReplyDelivered():
            return _replace(
                row,
                state=_onward(row.state, "delivered"),
                delivered_at=row.delivered_at or at,
            )
        case inbox.ReplyRead():
            return _replace(row, state=_onward(row.state, "read"), read_at=row.read_at or at)
        case inbox.ReplyFailed():
            state = _onward(row.state, "failed") if event.final else row.state
            return _replace(row, state=state, failed_at=at, error=event.error)
        case inbox.ReplyUnconfirmed():
            return _replace(row, state=_onward(row.state, "unconfirmed"))
        case _:
            return row


_OUTCOMES = (
    inbox.ReplyAttempted,
    inbox.ReplyAccepted,
    inbox.ReplyDelivered,
    inbox.ReplyRead,
    inbox.ReplyFailed,
    inbox.ReplyUnconfirmed,
)


def _delivery_keys(record: Record) -> Sequence[str]:
    event = record.event
    return (event.request_id,) if isinstance(event, _OUTCOMES) else ()


TABLES: tuple[Table, ...] = (
    Table("texts", CONTACTS.name, TextRow, _text_keys, text_row),
    Table("deliveries", CONTACTS.name, DeliveryRow, _delivery_keys, delivery_row),
)
