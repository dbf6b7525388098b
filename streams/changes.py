"""What changed on a ticket since somebody saw it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from schemas.event import TicketEvent
from streams.entry import Entry
from streams.errors import Unreadable


class Change(msgspec.Struct, frozen=True):
    """One event of a ticket.

    Attributes:
        record_id: Its record.
        type: The event's name.
        at: When it happened.
        by: Who said it.
        revision: Which event of the ticket it is.
    """

    record_id: str
    type: str
    at: datetime
    by: str
    revision: int


def changes(backwards: Iterable[Entry], ticket_id: str, since: int) -> list[Change]:
    """The events of a ticket after one of its revisions, in their order.

    Args:
        backwards: The entries of the line that the ticket is on, the last first.
        ticket_id: The ticket.
        since: The revision.
    """
    found: list[Change] = []
    for entry in backwards:
        change = _change(entry, ticket_id)
        if change is None:
            continue
        if change.revision <= since:
            break
        found.append(change)
    return found[::-1]


def _change(entry: Entry, ticket_id: str) -> Change | None:
    if ticket_id.encode() not in entry.value:
        return None
    try:
        record = entry.record()
    except Unreadable:
        return None
    event = record.event
    if not isinstance(event, TicketEvent) or event.ticket_id != ticket_id:
        return None
    return Change(record.id, record.type, record.at, record.by, event.revision)
