"""The files that came with contacts: what their senders said of them, and where we are with each.

Both are folded from the contacts' topic, the same in any order: after a merge of customers, what
became of a file may lie in another partition than the contact that it came with.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.table import Table
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.record import Record
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


class AttachmentRow(msgspec.Struct, frozen=True):
    """One file of one contact."""

    attachment_id: str
    contact_id: str
    place: int
    customer_id: str
    state: str = "described"
    channel: str | None = None
    received_at: str | None = None
    name: str | None = None
    claimed_type: str | None = None
    claimed_size: int | None = None
    url: str | None = None
    media_type: str | None = None
    size: int | None = None
    sha256: str | None = None
    stored_at: str | None = None
    attempts: int = 0
    retry_at: str | None = None
    error: str | None = None
    given_up: bool = False


STATES = ("described", "waiting", "stored", "refused")
"""Where we are with a file: its sender told of it alone, it is to be fetched, kept, or given up."""


def attachment_id(contact_id: str, index: int) -> str:
    """What a contact's file is called; its place counts from 0."""
    return f"{contact_id}.{index}"


def attachment_row(row: AttachmentRow | None, record: Record, key: str) -> AttachmentRow | None:
    """A file's row after its contact came, or after something became of it."""
    event = record.event
    match event:
        case inbox.ContactReceived():
            index = int(key.rpartition(".")[2])
            row = row or AttachmentRow(key, record.id, index, event.customer_id)
            row = _came(row, event, rfc3339(record.at))
        case inbox.AttachmentStored() | inbox.AttachmentRefused():
            row = row or AttachmentRow(key, event.contact_id, event.index, event.customer_id)
            row = _became(row, event, rfc3339(record.at))
        case _:  # its keys name no row of any other event
            return row
    return _replace(row, state=_state(row))


def _came(row: AttachmentRow, event: inbox.ContactReceived, at: str) -> AttachmentRow:
    if row.received_at is not None:
        return row  # the first contact with an id wins
    told = event.attachments[row.place]
    return _replace(
        row,
        customer_id=event.customer_id,
        channel=event.channel,
        received_at=at,
        name=told.name,
        claimed_type=told.media_type,
        claimed_size=told.size,
        url=told.url if told.sha256 is None else None,
    )


def _became(
    row: AttachmentRow, event: inbox.AttachmentStored | inbox.AttachmentRefused, at: str
) -> AttachmentRow:
    if isinstance(event, inbox.AttachmentStored):
        if row.stored_at is not None and row.stored_at <= at:
            return row
        return _replace(
            row,
            media_type=event.media_type,
            size=event.size,
            sha256=event.sha256,
            stored_at=at,
            name=event.name if row.name is None else row.name,
        )
    row = _replace(row, given_up=row.given_up or event.final)
    if row.error is not None and event.attempt <= row.attempts:
        return row
    retry_at = None if event.retry_at is None else rfc3339(event.retry_at)
    return _replace(row, attempts=event.attempt, retry_at=retry_at, error=event.reason)


def _state(row: AttachmentRow) -> str:
    if row.stored_at is not None:
        return "stored"
    if row.given_up:
        return "refused"
    return "described" if row.url is None else "waiting"


def _keys(record: Record) -> Sequence[str]:
    event = record.event
    match event:
        case inbox.ContactReceived():
            return [attachment_id(record.id, index) for index in range(len(event.attachments))]
        case inbox.AttachmentStored() | inbox.AttachmentRefused():
            return (attachment_id(event.contact_id, event.index),)
        case _:  # no other event tells of a file
            return ()


_FILES: frozenset[type[Event]] = frozenset(
    {inbox.ContactReceived, inbox.AttachmentStored, inbox.AttachmentRefused}
)

TABLES: tuple[Table, ...] = (
    Table(
        "attachments",
        CONTACTS.name,
        AttachmentRow,
        _keys,
        attachment_row,
        _FILES,
        (("contact_id",), ("state", "received_at"), ("received_at", "attachment_id")),
    ),
)
