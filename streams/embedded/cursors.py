"""Which inbox record is next: a merge of all inbox partitions, each in offset order."""

from __future__ import annotations

import heapq
import math
from collections import deque

from schemas.topics import CONTACTS, INBOX_NAMES, TOPICS, Domain
from streams.embedded.log import SqliteLog
from streams.entry import Entry

BATCH = 64
"""How many entries of a partition are read ahead."""


class Cursor:
    """How far one inbox partition is read.

    Attributes:
        topic: The inbox topic.
        partition: The partition.
        domain: The domain that decides its records.
        clock: Running maximum of its records' times, in seconds; what a simulated turn sees.
        ahead: Entries read and not yet taken.
        position: The next offset to read.
    """

    def __init__(self, topic: str, partition: int, position: int, clock: float) -> None:
        self.topic = topic
        self.partition = partition
        self.clock = clock
        self.position = position
        self.ahead: deque[Entry] = deque()
        domain = TOPICS[topic].domain
        assert domain is not None
        self.domain: Domain = domain


Head = tuple[Cursor, Entry, float]
"""A cursor, its next entry, and the clock of that entry's turn under simulated time."""


class Cursors:
    """All inbox partitions, merged.

    Args:
        log: Where to read.
        positions: Stored position and clock by topic and partition.
        by_time: Merge by (running maximum of `at`, topic, partition, offset); otherwise by the
            order of appending.
    """

    def __init__(
        self,
        log: SqliteLog,
        positions: dict[tuple[str, int], tuple[int, float]],
        *,
        by_time: bool,
    ) -> None:
        self._log = log
        self._by_time = by_time
        self._cursors: dict[tuple[str, int], Cursor] = {
            place: Cursor(*place, *stood) for place, stood in positions.items()
        }
        self._heap: list[tuple[float, str, int, int]] = []
        self._waiting: set[tuple[str, int]] = set()

    def waits(self, until: float = math.inf) -> bool:
        """Whether there is a next record to take."""
        return bool(self._heap) and not (self._by_time and self._heap[0][0] > until)

    def customers_turn(self, now: float) -> float | None:
        """The clock of the next turn on a customer's line; None where none waits by now.

        Under simulated time only the very next record's is known.
        """
        if not self.waits(now):
            return None
        if not self._by_time:
            return now if any(topic == CONTACTS.name for topic, _ in self._waiting) else None
        order, topic, _, _ = self._heap[0]
        return order if topic == CONTACTS.name else None

    def next(self, until: float = math.inf) -> Head | None:
        """The next record to take, for `taken` to follow; None when none waits by `until`."""
        if not self.waits(until):
            return None
        order, topic, partition, _ = heapq.heappop(self._heap)
        cursor = self._cursors[topic, partition]
        return cursor, cursor.ahead[0], order if self._by_time else cursor.clock

    def taken(self, cursor: Cursor, clock: float) -> None:
        """The head of a cursor was taken at a clock reading."""
        cursor.ahead.popleft()
        cursor.clock = max(cursor.clock, clock)
        self._waiting.discard((cursor.topic, cursor.partition))
        self._wait(cursor)

    def appended(self, entry: Entry) -> None:
        """This process appended to an inbox: what comes next there need not be read back."""
        cursor = self._cursor(entry.topic, entry.partition)
        if cursor.position == entry.offset and len(cursor.ahead) < BATCH:
            cursor.ahead.append(entry)
            cursor.position += 1
        self._wait(cursor)

    def _cursor(self, topic: str, partition: int) -> Cursor:
        place = (topic, partition)
        cursor = self._cursors.get(place)
        if cursor is None:
            cursor = self._cursors[place] = Cursor(topic, partition, 0, 0.0)
        return cursor

    def _wait(self, cursor: Cursor) -> None:
        """Put a cursor with something to take in its place among the others."""
        place = (cursor.topic, cursor.partition)
        if place in self._waiting:
            return
        if not cursor.ahead:
            cursor.ahead.extend(self._log.read(*place, cursor.position, BATCH))
            cursor.position += len(cursor.ahead)
        if not cursor.ahead:
            return
        entry = cursor.ahead[0]
        order = max(cursor.clock, entry.happened_at()) if self._by_time else float(entry.seq)
        heapq.heappush(self._heap, (order, *place, entry.offset))
        self._waiting.add(place)

    def look(self) -> bool:
        """Look for what others appended; whether a partition has something that had nothing."""
        before = len(self._waiting)
        for (topic, partition), end in self._log.ends().items():
            if topic in INBOX_NAMES:
                cursor = self._cursor(topic, partition)
                if cursor.ahead or cursor.position < end:
                    self._wait(cursor)
        return len(self._waiting) > before
