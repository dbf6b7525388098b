"""A record as every surface shows it: the command line, HTTP, the stream."""

from __future__ import annotations

from typing import Any

from streams.deadletters import letter_line
from streams.entry import Entry
from streams.errors import Unreadable


def record_line(entry: Entry, position: str) -> dict[str, Any]:
    """A record as JSON; what cannot be read is shown as the letter it became.

    Args:
        entry: Where it lies.
        position: The position behind it.
    """
    try:
        record = entry.record()
    except Unreadable:
        return letter_line(entry, position)
    return {
        "id": record.id,
        "type": record.type,
        "topic": entry.topic,
        "partition": entry.partition,
        "offset": entry.offset,
        "key": record.key,
        "at": record.at,
        "by": record.by,
        "cause": record.cause,
        "correlation": record.correlation,
        "sequence": record.sequence,
        "previous": record.previous,
        "position": position,
        "event": record.event.model_dump(mode="json"),
    }
