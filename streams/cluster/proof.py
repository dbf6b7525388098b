"""Holding the log on Kafka against its seals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.topics import CONTROL
from streams.cluster.decoding import Quick
from streams.cluster.reading import Reader, as_entry
from streams.comparing import Finding
from streams.entry import Entry, Place
from streams.settings import Settings
from streams.tampering import Checking, findings, seals_among, sums


class Sealed:
    """The log up to its seals: what others read of it anyway, and then the rest.

    Args:
        reader: Reads all of its topics.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._starts, self._ends = reader.starts(), reader.ends()
        control = {place: at for place, at in self._starts.items() if place[0] == CONTROL.name}
        steps = reader.steps(control, {place: self._ends[place] for place in control})
        self._seals, self._broken = seals_among(entry for step in steps for entry in step)
        self._checking = Checking(self._seals)
        self._seen: dict[Place, int] = {}

    def take(self, one: Quick) -> None:
        """Take a record that somebody read, each partition's from its first one on, in order."""
        place = (one.topic, one.partition)
        if place in self._seals:
            self._checking.take(as_entry(one))
            self._seen[place] = one.offset + 1

    def checked(self) -> tuple[dict[str, int], list[Finding]]:
        """Read what nobody read, and say how all of it is.

        Returns:
            What `streams.tampering.sums` says, and what is wrong, each thing by name.

        Raises:
            Unavailable: Kafka does not answer.
        """
        until = {
            place: min(self._ends[place], some[-1].offset) for place, some in self._seals.items()
        }
        begin = {place: self._seen.get(place, self._starts[place]) for place in until}
        for step in self._reader.steps(begin, until):
            for entry in step:
                self._checking.take(entry)
        found = [*self._broken, *findings(self._seals, self._checking.finish(), self._entries)]
        return sums(self._seals, self._ends), found

    def _entries(self, place: Place) -> Iterator[Entry]:
        there = {place: self._starts[place]}
        for step in self._reader.steps(there, {place: self._ends[place]}):
            yield from step


@contextmanager
def sealed_log(settings: Settings) -> Iterator[Sealed]:
    """The log on Kafka, to be held against the seals that it has by now.

    Raises:
        Misconfigured: A topic is missing.
        Unavailable: Kafka does not answer.
    """
    with Reader(settings) as reader:
        yield Sealed(reader)


def checked(settings: Settings) -> tuple[dict[str, int], list[Finding]]:
    """What is sealed, and what is not as it was sealed; raises as `sealed_log` does."""
    with sealed_log(settings) as log:
        return log.checked()
