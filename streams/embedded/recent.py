"""What this process wrote and took lately, so that its projector need not read it back."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from schemas.record import Record
from streams.embedded.log import Entry

Place = tuple[str, int]
"""A topic and a partition."""


class Recent:
    """Records by place and offset, from the worker to the projector, each handed over once.

    Only what was committed belongs here. An inbox record belongs here once it was taken, as None
    when it means nothing to any table: a repeat, or unreadable.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[Place, deque[tuple[int, Record | None]]] = defaultdict(deque)

    def wrote(self, entries: Iterable[Entry]) -> None:
        """Outputs were appended to record topics."""
        for entry in entries:
            self._waiting[entry.topic, entry.partition].append((entry.offset, entry.known))

    def took(self, entry: Entry, record: Record | None) -> None:
        """An inbox record was worked off."""
        self._waiting[entry.topic, entry.partition].append((entry.offset, record))

    def hand_over(self, place: Place, start: int, count: int) -> list[Record | None] | None:
        """The records of a place from an offset on, if all of them are here; None if not."""
        waiting = self._waiting.get(place)
        if not waiting:
            return None
        while waiting and waiting[0][0] < start:
            waiting.popleft()
        if len(waiting) < count or waiting[0][0] != start:
            return None
        if waiting[count - 1][0] != start + count - 1:
            waiting.clear()
            return None
        return [waiting.popleft()[1] for _ in range(count)]
