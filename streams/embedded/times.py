"""When each record of the log was known, and when what it tells of occurred.

A record that a turn wrote is known by the turn's clock, which is its own time. An inbox record is
known by the clock of the turn that took it: that is the time of what the turn wrote; of a turn that
wrote nothing, the record's own time or the clock before it in its partition, whichever is later;
and it counts as taken as soon as it lay there and all before it were.
Read from the headers, so that nothing is decoded; what was read is kept, and the log only grows.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection
from itertools import accumulate

from schemas.topics import INBOX_NAMES
from streams.embedded.database import Database
from streams.embedded.lines import TOPICS
from streams.entry import Entry, Place
from streams.heads import head_of


class _Inbox:
    """The records of one inbox partition, and the turns that took them."""

    def __init__(self) -> None:
        self._offsets, self._seqs, self._clocks = array("q"), array("q"), array("q")
        self._answered = bytearray()
        self._settled: tuple[list[int], list[int]] | None = None

    def add(self, seq: int, offset: int, at: int) -> None:
        """A record follows; as far as is known its turn was then, and wrote nothing."""
        self._offsets.append(offset)
        self._seqs.append(seq)
        self._clocks.append(at)
        self._answered.append(0)
        self._settled = None

    def turn(self, offset: int, seq: int, at: int) -> None:
        """The turn that took a record wrote something, there and by that clock."""
        index = bisect_left(self._offsets, offset)
        if index == len(self._offsets) or self._offsets[index] != offset or self._answered[index]:
            return
        self._seqs[index], self._clocks[index], self._answered[index] = seq, at, 1
        self._settled = None

    def taken(self, *, seq: int | None = None, clock: int = 0) -> int:
        """How far the partition was taken at a place in the log, or else at a clock.

        In the order of its offsets: none was before one before it.
        """
        if self._settled is None:
            self._settled = (
                list(accumulate(self._seqs, max)),
                list(accumulate(self._clocks, max)),
            )
        seqs, clocks = self._settled
        count = bisect_right(clocks, clock) if seq is None else bisect_right(seqs, seq)
        return self._offsets[count - 1] + 1 if count else 0


class _Places:
    """When what the records of one partition tell of occurred."""

    def __init__(self) -> None:
        self.offsets, self.occurred = array("q"), array("q")

    def at(self, offset: int) -> int | None:
        """By a record's offset; None without one."""
        index = bisect_left(self.offsets, offset)
        if index == len(self.offsets) or self.offsets[index] != offset:
            return None
        return self.occurred[index]


class Times:
    """The times of a store's log, as far as it was read.

    Args:
        database: The store.
        partitions: Of which partitions of the customers' topics; of all of the log by default.

    Attributes:
        last: The place of the newest entry that was read.
    """

    def __init__(self, database: Database, partitions: Collection[int] | None = None) -> None:
        self._db = database
        self._where = ""
        if partitions is not None:
            topics = ", ".join(f"'{topic}'" for topic in TOPICS)
            numbers = ", ".join(map(str, sorted(partitions)))
            self._where = f" AND topic IN ({topics}) AND partition IN ({numbers})"
        self._inboxes: defaultdict[Place, _Inbox] = defaultdict(_Inbox)
        self._places: defaultdict[Place, _Places] = defaultdict(_Places)
        self._seqs, self._known = array("q"), array("q")
        self.last = 0

    def read_on(self) -> None:
        """Read what was appended since."""
        rows = self._db.execute(
            "SELECT seq, topic, partition, offset, headers FROM log"
            f" WHERE seq > ?{self._where} ORDER BY seq",
            (self.last,),
        )
        for seq, topic, partition, offset, headers in rows:
            self._note(int(seq), (str(topic), int(partition)), int(offset), headers)

    def _note(self, seq: int, place: Place, offset: int, headers: str) -> None:
        at, source = head_of(headers)
        occurred = at
        if source is not None:
            topic, partition, taken = source
            if (topic, partition) in self._inboxes:
                self._inboxes[topic, partition].turn(taken, seq, at)
            root = self._places[topic, partition].at(taken)
            occurred = at if root is None else root
        where = self._places[place]
        where.offsets.append(offset)
        where.occurred.append(occurred)
        if place[0] in INBOX_NAMES:
            self._inboxes[place].add(seq, offset, at)
        else:
            self._seqs.append(seq)
            self._known.append(at)
        self.last = seq

    def taken(self, *, seq: int | None = None, clock: int = 0) -> dict[Place, int]:
        """How far each inbox partition was taken at a place in the log, or else at a clock."""
        return {place: one.taken(seq=seq, clock=clock) for place, one in self._inboxes.items()}

    def known_by(self, clock: int) -> tuple[int, int]:
        """Which part of what was written was known at a clock, as two places in the log.

        All up to the first; up to the second some more, and beyond it nothing.
        """
        beyond = next((i for i, at in enumerate(self._known) if at > clock), len(self._known))
        last = next((i for i in reversed(range(len(self._known))) if self._known[i] <= clock), -1)
        if beyond == len(self._known):
            return self.last, self.last
        whole = self._seqs[beyond] - 1
        return whole, max(whole, self._seqs[last] if last >= 0 else 0)

    def known(self, seq: int) -> int:
        """When a record that was written was known; `seq` is its place in the log."""
        return self._known[bisect_left(self._seqs, seq)]

    def wrote(self, seq: int) -> bool:
        """Whether anything was written up to a place in the log."""
        return bool(self._seqs) and self._seqs[0] <= seq

    def began(self, clock: int) -> bool:
        """Whether anything had occurred by a clock."""
        return any(at <= clock for place in self._places.values() for at in place.occurred)

    def occurred(self, entry: Entry) -> int:
        """When what a record tells of occurred."""
        return self._places[entry.topic, entry.partition].at(entry.offset) or 0
