"""When partitions are sealed, and up to where.

A partition is sealed every so many records, and when something has lain unsealed in it for so long.
Seals lie on control, which is sealed as well: there a seal of control itself is nothing that would
make another one due before it is one of many, so that a desk at rest comes to rest.

All that is known of earlier seals is in the log. Two that seal at once make seals that hold both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from schemas.record import Record
from streams.entry import Entry, Place
from streams.folding import Step
from streams.seals import (
    MARK,
    NOTHING,
    Seal,
    beginning,
    content_of,
    onwards,
    sealing_record,
    seals_itself,
)

AT_ONCE = 1000
"""Records between two seals where nothing else is said."""


class _Partition:
    """A partition on its way to the next seal."""

    __slots__ = ("clock", "digest", "fresh", "marks", "next", "place", "since", "start")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.start = self.next = 0
        self.digest = beginning(place)
        self.clock = 0.0
        self.marks = bytearray()
        self.fresh = 0
        self.since: float | None = None

    def resume(self, seal: Seal) -> None:
        if seal.offset > self.start:
            self.start = self.next = seal.offset
            self.digest = seal.digest
            self.clock = seal.clock

    def take(self, entry: Entry, now: float) -> None:
        record = content_of(entry)
        self.marks += NOTHING * (entry.offset - self.next) + record[:MARK]
        self.digest = onwards(self.digest, entry.offset, record)
        self.next = entry.offset + 1
        self.clock = max(self.clock, entry.happened_at())
        if not seals_itself(entry):
            self.fresh += 1
            self.since = now if self.since is None else self.since

    def seal(self) -> Record:
        record = sealing_record(
            self.place, self.start, self.next, self.digest, bytes(self.marks), self.clock
        )
        self.begin(self.next)
        return record

    def begin(self, offset: int) -> None:
        self.start = self.next = offset
        self.marks = bytearray()
        self.fresh = 0
        self.since = None


class Sealing:
    """Follows the log and says which seals are due.

    Args:
        records: After how many records of a partition it is sealed.
        seconds: After how long something that lies unsealed is.
    """

    def __init__(self, records: int = AT_ONCE, seconds: float = 0.0) -> None:
        self._records = records
        self._seconds = seconds
        self._partitions: dict[Place, _Partition] = {}
        self._ready: list[Record] = []

    def resume(self, seals: Mapping[Place, Sequence[Seal]]) -> None:
        """Go on behind the seals of each partition that are in the log; before any is taken."""
        for place, some in seals.items():
            for seal in some:
                self._at(place).resume(seal)

    def positions(self) -> Mapping[Place, int]:
        """Where each partition is to be read on; one that is not named, from its beginning."""
        return {place: one.next for place, one in self._partitions.items()}

    def take(self, entry: Entry, now: float = 0.0) -> None:
        """Take the next entry of a partition; one that was taken before changes nothing.

        Args:
            entry: The entry.
            now: A reading of any clock that goes on evenly, in seconds.
        """
        one = self._at((entry.topic, entry.partition))
        if entry.offset < one.next:
            return
        if entry.offset - one.next >= self._records:  # so much is gone before it could be sealed
            if one.marks:
                self._ready.append(one.seal())
            one.begin(entry.offset)
        one.take(entry, now)
        many = len(one.marks) // MARK
        if many >= (self._records if one.fresh else max(self._records, AT_ONCE)):
            self._ready.append(one.seal())

    def due(self, now: float = 0.0, *, everything: bool = False) -> list[Record]:
        """The seals that are due; the caller appends them, or follows the log anew.

        Args:
            now: As in `take`.
            everything: Whatever is not sealed.
        """
        found, self._ready = self._ready, []
        for one in self._partitions.values():
            late = one.since is not None and now - one.since >= self._seconds
            if one.fresh and (everything or late):
                found.append(one.seal())
        return found

    def _at(self, place: Place) -> _Partition:
        if place not in self._partitions:
            self._partitions[place] = _Partition(place)
        return self._partitions[place]


def seal_everything(
    sealing: Sealing,
    read: Callable[[Mapping[Place, int]], Iterable[Entry]],
    append: Callable[[list[Record]], object],
    step: Step,
) -> list[Record]:
    """Seal all that is in the log by now; returns the seals.

    Args:
        sealing: Where earlier seals left off.
        read: Gives the entries from some positions on, each partition in its order.
        append: Brings seals into the log.
        step: Told how many records were sealed since it was told last.
    """
    made: list[Record] = []
    while True:
        for entry in read(sealing.positions()):
            sealing.take(entry)
            step(1)
        due = sealing.due(everything=True)
        if not due:
            return made
        append(due)
        made += due
