"""What became of a file, as records: the same step of the same file is the same record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from projections.tables.attachments import attachment_id
from schemas.event import Event
from schemas.events.contacts import AttachmentRefused, AttachmentStored
from schemas.record import Record, answer_id

WAITS = (10.0, 60.0, 300.0, 1800.0, 7200.0)
"""Seconds after each attempt until the next; after the last of them a file is given up."""

LONGEST_WAIT = 6 * 3600.0
"""Seconds that a provider may ask us to wait; its addresses seldom hold longer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which file: of which contact, and which of it.

    Attributes:
        customer_id: Whose contact.
        contact_id: The contact.
        index: The file's place in it, from 0.
    """

    customer_id: str
    contact_id: str
    index: int

    @property
    def id(self) -> str:
        """The file's id."""
        return attachment_id(self.contact_id, self.index)


class Kept(NamedTuple):
    """A file that is in the store.

    Attributes:
        sha256: What it is kept under.
        size: Its length in bytes.
        media_type: What its bytes say it is.
        name: What its sender calls it.
    """

    sha256: str
    size: int
    media_type: str
    name: str


class Lost(NamedTuple):
    """A file that is not.

    Attributes:
        reason: Why, in words for the desk.
        final: Whether trying again is no use.
        retry_after: Seconds after which it may be tried again, where the provider says so.
    """

    reason: str
    final: bool = True
    retry_after: float | None = None


def stored(place: Place, kept: Kept, at: datetime, by: str) -> Record:
    """What is said of a file that is kept."""
    event = AttachmentStored(**asdict(place), **kept._asdict())
    return _record(place, "stored", event, at, by)


def refused(place: Place, lost: Lost, attempt: int, at: datetime, by: str) -> Record:
    """What is said of a file that was not to be had.

    Args:
        place: Which file.
        lost: Why.
        attempt: Which attempt failed, from 1; after the last one it is given up.
        at: When.
        by: Who says so.
    """
    final = lost.final or attempt > len(WAITS)
    event = AttachmentRefused(
        **asdict(place),
        attempt=attempt,
        reason=lost.reason,
        final=final,
        retry_at=None if final else at + _wait(attempt, lost.retry_after),
    )
    return _record(place, f"refused {attempt}", event, at, by)


def _wait(attempt: int, asked: float | None) -> timedelta:
    return timedelta(seconds=max(WAITS[attempt - 1], min(asked or 0.0, LONGEST_WAIT)))


def _record(place: Place, step: str, event: Event, at: datetime, by: str) -> Record:
    return Record(
        id=answer_id(place.contact_id, "file", place.id, step),
        key=place.customer_id,
        at=at,
        by=by,
        event=event,
        cause=place.contact_id,
        correlation=place.contact_id,
    )
