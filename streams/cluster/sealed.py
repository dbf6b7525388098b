"""What a desk on a cluster can do with seals: make them, read them, and what an audit needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.record import Record
from streams.cluster import sealing
from streams.cluster.identity import signing_key_of
from streams.cluster.producer import Producer
from streams.cluster.reading import Reader
from streams.entry import Entry, Place
from streams.folding import Step
from streams.settings import Settings
from streams.tampering import Seals


class Sealed:
    """A desk as far as its log is sealed; the desk itself connects what is used here."""

    settings: Settings
    producer: Producer

    def seal(self, step: Step = lambda _: None) -> list[Record]:
        """Seal all that is in the log by now; returns the seals.

        Args:
            step: Told how many records were sealed since it was told last.
        """
        return sealing.seal(self.settings, self.producer, step)

    def seals(self) -> Seals:
        """The seals of each partition, as far as they can be read."""
        return sealing.seals(self.settings)

    def between(self, place: Place, start: int, end: int) -> Iterator[Entry]:
        """The entries of a partition from one offset on, below another."""
        with Reader(self.settings, [place[0]]) as reader:
            for step in reader.steps({place: start}, {place: end}):
                yield from step

    def with_ids(self, ids: Iterable[str]) -> list[Entry]:
        """The first entry of each of some ids; ids that nothing has are left out."""
        wanted = set(ids)
        found: dict[str, Entry] = {}
        with Reader(self.settings) as reader:
            for step in reader.steps():
                for entry in step:
                    if entry.id in wanted:
                        found.setdefault(entry.id, entry)
        return list(found.values())

    def signing_key(self) -> str:
        """The private key of audits; raises `Misconfigured` where none is set."""
        return signing_key_of(self.settings)
