"""What was written and what was understood of it: texts by contacts' topic, rulings by decisions'.

Texts are folded from the contacts' topic; what Channel said of a contact from the decisions'. An
accepted contact is a message of a ticket; one that is held or rejected has a row here instead.
"""

from __future__ import annotations

import msgspec

from projections.tables.table import Json, Table, by, by_id, json_of
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.events import decisions as says
from schemas.events import intents as asks
from schemas.record import Record
from schemas.topics import CONTACTS, DECISIONS
from schemas.vocabulary import rfc3339


class TextRow(msgspec.Struct, frozen=True):
    """The text of a message or note, by the id of the record that holds it."""

    record_id: str
    customer_id: str
    channel: str | None
    text: str
    received_at: str
    handle: str | None = None
    provider_id: str | None = None


def text_row(row: TextRow | None, record: Record, key: str) -> TextRow | None:
    """A text's row: the first with an id wins."""
    if row is not None:
        return row
    event = record.event
    match event:
        case inbox.ContactReceived():
            return TextRow(
                record_id=key,
                customer_id=event.customer_id,
                channel=event.channel,
                text=event.message,
                received_at=rfc3339(record.at),
                handle=event.handle,
                provider_id=event.provider_id,
            )
        case asks.NoteWritten():
            return TextRow(key, event.customer_id, None, event.text, rfc3339(record.at))
        case _:  # a reply's text is in the request to send it
            return None


_TEXTS: frozenset[type[Event]] = frozenset({inbox.ContactReceived, asks.NoteWritten})


class UnderstoodRow(msgspec.Struct, frozen=True):
    """What the models made of a contact."""

    contact_id: str
    channel: str
    language: str | None
    sentiment_score: float | None


def understood_row(row: UnderstoodRow | None, record: Record, key: str) -> UnderstoodRow | None:
    """A contact's row after it was understood."""
    event = record.event
    if not isinstance(event, says.MessageUnderstood):
        return row
    return UnderstoodRow(key, event.channel, event.language, event.sentiment_score)


_UNDERSTOOD: frozenset[type[Event]] = frozenset({says.MessageUnderstood})


class TurnedAwayRow(msgspec.Struct, frozen=True):
    """A contact that was held or rejected."""

    contact_id: str
    customer_id: str
    ruling: str
    channel: str
    ruled_at: str
    reasons: Json


def turned_away_row(row: TurnedAwayRow | None, record: Record, key: str) -> TurnedAwayRow | None:
    """A contact's row after Channel held or rejected it."""
    event = record.event
    match event:
        case says.ContactRejected():
            ruling = "rejected"
        case says.ContactHeld():
            ruling = "held"
        case _:  # this table has a row of nothing else
            return row
    return TurnedAwayRow(
        contact_id=key,
        customer_id=event.customer_id or "",
        ruling=ruling,
        channel=event.channel,
        ruled_at=rfc3339(record.at),
        reasons=json_of(event.reasons),
    )


_TURNED_AWAY: frozenset[type[Event]] = frozenset({says.ContactRejected, says.ContactHeld})

TABLES: tuple[Table, ...] = (
    Table(
        "texts",
        CONTACTS.name,
        TextRow,
        by_id(_TEXTS),
        text_row,
        _TEXTS,
        (("handle", "received_at"),),
        once=True,
        searched=("text",),
    ),
    Table(
        "understood",
        DECISIONS.name,
        UnderstoodRow,
        by("contact_id", _UNDERSTOOD),
        understood_row,
        _UNDERSTOOD,
    ),
    Table(
        "turned_away",
        DECISIONS.name,
        TurnedAwayRow,
        by("contact_id", _TURNED_AWAY),
        turned_away_row,
        _TURNED_AWAY,
        (("customer_id", "ruled_at"),),
    ),
)
