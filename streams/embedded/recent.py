"""What this process wrote and took lately, so that its projector need not read it back."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from schemas.record import Record
from streams.entry import Entry, Place


class Recent:
    """What the worker took, by place and offset, and what it wrote, in order; for the projector.

    Only what was committed belongs here. An inbox record belongs here once it was taken, as None
    when it means nothing to any table: a repeat, or unreadable.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[Place, deque[tuple[int, Record | None]]] = defaultdict(deque)
        self._written: deque[Entry] = deque()

    def wrote(self, entries: Iterable[Entry]) -> None:
        """Outputs were appended to record topics."""
        self._written.extend(entries)

    def written(self, stood: Mapping[Place, int], room: int, most: int) -> Sequence[Entry] | None:
        """Outputs beyond some positions in the order of appending, if all `room` of them are here.

        They stay until a later call finds their positions passed.
        """
        waiting = self._written
        while waiting and waiting[0].offset < stood.get(waiting[0][1:3], 0):
            waiting.popleft()
        return list(islice(waiting, most)) if len(waiting) == room else None

    def took(self, taken: Iterable[tuple[Entry, Record | None]]) -> None:
        """Inbox records were worked off."""
        for entry, record in taken:
            self._waiting[entry.topic, entry.partition].append((entry.offset, record))

    def hand_over(self, place: Place, start: int, count: int) -> list[Record | None] | None:
        """What was taken of a place from an offset on, if all of it is here; None if not."""
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
