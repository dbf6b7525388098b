"""What language models proposed to whoever has a ticket, folded from the contacts' topic."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.table import EMPTY_LIST, Json, Table, json_of
from schemas.event import Event
from schemas.events import drafts as inbox
from schemas.record import Record
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


class DraftRow(msgspec.Struct, frozen=True):
    """A draft that was asked for, and what came of it."""

    draft_id: str
    ticket_id: str
    customer_id: str
    state: str = "asked"
    asked_at: str | None = None
    ended_at: str | None = None
    draft: str | None = None
    quotes: Json = EMPTY_LIST
    model_version: str | None = None
    reason: str | None = None
    sentence: str | None = None
    error: str | None = None


def draft_row(row: DraftRow | None, record: Record, key: str) -> DraftRow | None:
    """A draft's row after what was said of it."""
    event, at = record.event, rfc3339(record.at)
    match event:
        case inbox.DraftAttempted():
            row = row or DraftRow(key, event.ticket_id, event.customer_id)
            return _replace(row, asked_at=at)
        case inbox.DraftWritten():
            row = row or DraftRow(key, event.ticket_id, event.customer_id)
            return _replace(
                row,
                state="written",
                ended_at=at,
                draft=event.draft,
                quotes=json_of([one.model_dump() for one in event.quotes]),
                model_version=event.model_version,
            )
        case inbox.DraftRefused():
            row = row or DraftRow(key, event.ticket_id, event.customer_id)
            return _replace(
                row,
                state="refused",
                ended_at=at,
                model_version=event.model_version,
                reason=event.reason,
                sentence=event.sentence,
            )
        case inbox.DraftFailed():
            row = row or DraftRow(key, event.ticket_id, event.customer_id)
            return _replace(row, state="failed", ended_at=at, error=event.error)
        case _:  # its keys name no row of any other event
            return row


_DRAFTS: frozenset[type[Event]] = frozenset(
    {inbox.DraftAttempted, inbox.DraftWritten, inbox.DraftRefused, inbox.DraftFailed}
)


def _keys(record: Record) -> Sequence[str]:
    if type(record.event) not in _DRAFTS:
        return ()
    return (getattr(record.event, "request_id", None) or record.id,)


TABLES: tuple[Table, ...] = (
    Table("drafts", CONTACTS.name, DraftRow, _keys, draft_row, _DRAFTS, (("ticket_id",),)),
)
