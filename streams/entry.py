"""A stored line of the log, as both engines hold it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from schemas.record import Record
from streams import codec
from streams.errors import Unreadable

Place = tuple[str, int]
"""A topic and a partition."""

_FIRST_YEAR, _LAST_YEAR = "1970", "2299"  # input ends with 2199; timers may run out after that


def is_near(time: str) -> bool:
    """Whether a time in RFC 3339 lies in a year that a record may have."""
    return _FIRST_YEAR <= time[:4] <= _LAST_YEAR


class Entry(NamedTuple):
    """One stored line of the log.

    Attributes:
        seq: Place in the order of appending over all topics, from 1; 0 on Kafka, which has none.
        appended_at: Wall-clock time of the append; never shown in a view.
        id: The record's id by its headers; empty where they name none.
        known: The record in it, where this process appended it and need not decode it.
    """

    seq: int
    topic: str
    partition: int
    offset: int
    key: str | None
    headers: str
    value: bytes
    appended_at: str
    id: str
    known: Record | None = None

    def happened_at(self) -> float:
        """When the record in it happened by its own headers, in seconds.

        0 when they do not say, or name a year that is too far away to be meant: one such time would
        be the clock of all that follows.
        """
        if self.known is not None:
            return self.known.at.timestamp()
        text = codec.header_time(self.headers)
        if text is None or not is_near(text):
            return 0.0
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            return 0.0

    def record(self) -> Record:
        """The record in it.

        Raises:
            Unreadable: There is none, or it holds an event of another topic.
        """
        if self.known is not None:
            return self.known
        return on_its_topic(
            codec.record(self.headers, self.value, partition=self.partition, offset=self.offset),
            self.topic,
        )


def on_its_topic(record: Record, topic: str) -> Record:
    """A record, if it lies on the topic that its event belongs on.

    Raises:
        Unreadable: It does not.
    """
    if record.topic != topic:
        raise Unreadable(
            f"{record.type} belongs on {record.topic}, not on {topic}",
            "send it to its own topic; `pactdesk schemas list` names it",
        )
    return record
