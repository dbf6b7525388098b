"""The messages, replies and notes of the tickets, folded from the tickets' topic."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.table import Table
from schemas.event import Event
from schemas.events import tickets as became
from schemas.record import Record
from schemas.topics import TICKETS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


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
    resolution_offered: bool
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
                resolution_offered=event.solution_id is not None,
                confidence=event.confidence,
            )
        case became.TicketSplit():
            return None if row is None else _replace(row, ticket_id=event.into)
        case _:  # its keys name no row of any other event
            return row


def _keys(record: Record) -> Sequence[str]:
    event = record.event
    match event:
        case became.MessageAdded():
            return (event.interaction_id,)
        case became.TicketSplit():
            return event.messages
        case _:  # no other event of a ticket moves a message
            return ()


_MESSAGES: frozenset[type[Event]] = frozenset({became.MessageAdded, became.TicketSplit})

TABLES: tuple[Table, ...] = (
    Table(
        "messages",
        TICKETS.name,
        MessageRow,
        _keys,
        message_row,
        _MESSAGES,
        (("ticket_id", "timestamp"), ("customer_id", "timestamp")),
    ),
)
