"""Which entries of the log are wanted, by what their headers and events say."""

from __future__ import annotations

from typing import Self

import msgspec

from schemas.events import EVENTS
from schemas.topics import TOPICS
from streams.entry import Entry
from streams.errors import Malformed, Unreadable


class Filter(msgspec.Struct, frozen=True):
    """What an entry must be to be shown; what is None does not matter.

    Attributes:
        customer: On whose line it is, or whom its event names.
        topic: On which topic it lies.
        ticket: Which ticket its event names, be it as the one that another was merged into, or was
            split off or unmerged from.
        type: Its event's type.
    """

    customer: str | None = None
    topic: str | None = None
    ticket: str | None = None
    type: str | None = None

    def fault(self) -> tuple[str, str] | None:
        """What is misspelt and would match nothing, for ever, and what would be right."""
        if self.topic is not None and self.topic not in TOPICS:
            return f"there is no topic {self.topic}", f"use one of {', '.join(TOPICS)}"
        if self.type is not None and self.type not in EVENTS:
            return f"there is no event type {self.type}", "see `pactdesk schemas list`"
        return None

    def checked(self) -> Self:
        """The same; raises `Malformed` where something in it is misspelt."""
        if (fault := self.fault()) is not None:
            raise Malformed(*fault)
        return self

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is wanted; decodes it only where that is needed to tell."""
        if self.topic is not None and entry.topic != self.topic:
            return False
        if self.type is not None and f'"ce_type":"{self.type}"' not in entry.headers:
            return False
        if (
            self.customer is not None
            and entry.key != self.customer
            and not _names(entry, ("customer_id",), self.customer)
        ):
            return False
        return self.ticket is None or _names(entry, _TICKETS, self.ticket)


_TICKETS = ("ticket_id", "into", "from_ticket_id")
"""The fields in which an event names a ticket."""


def _names(entry: Entry, fields: tuple[str, ...], value: str) -> bool:
    """Whether the event itself names a value in one of some fields."""
    if value.encode() not in entry.value:
        return False
    try:
        event = entry.record().event
    except Unreadable:
        return False
    return any(getattr(event, field, None) == value for field in fields)
