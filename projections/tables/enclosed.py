"""The files that went out with what we said to customers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.attachments import attachment_id
from projections.tables.table import Table
from schemas.event import Event
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from schemas.topics import DECISIONS
from schemas.vocabulary import rfc3339


class EnclosedRow(msgspec.Struct, frozen=True):
    """One file of one message of ours."""

    attachment_id: str
    request_id: str
    place: int
    customer_id: str
    ticket_id: str | None
    channel: str
    requested_at: str
    name: str
    media_type: str
    size: int
    sha256: str | None


def enclosed_row(row: EnclosedRow | None, record: Record, key: str) -> EnclosedRow | None:
    """A file's row, from the message that it goes with."""
    event = record.event
    if row is not None or not isinstance(event, ReplyRequested):
        return row
    place = int(key.rpartition(".")[2])
    file = event.attachments[place]
    return EnclosedRow(
        attachment_id=key,
        request_id=record.id,
        place=place,
        customer_id=event.customer_id or "",
        ticket_id=event.ticket_id,
        channel=event.channel,
        requested_at=rfc3339(record.at),
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
    )


def _keys(record: Record) -> Sequence[str]:
    event = record.event
    if not isinstance(event, ReplyRequested):
        return ()
    return [attachment_id(record.id, index) for index in range(len(event.attachments))]


_REQUESTED: frozenset[type[Event]] = frozenset({ReplyRequested})

TABLES: tuple[Table, ...] = (
    Table(
        "enclosed",
        DECISIONS.name,
        EnclosedRow,
        _keys,
        enclosed_row,
        _REQUESTED,
        (("request_id",), ("requested_at", "attachment_id")),
    ),
)
