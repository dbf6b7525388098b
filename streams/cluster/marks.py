"""What a reader keeps of the order of the log: how far each source came, each line's last number.

Repeats are possible on record topics and may follow newer records: what is not above the highest
(offset, index) of its source partition was folded before. A line numbers what it writes to a topic
and names its last number: one that does not follow is a gap. Both rules are the public contract.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.record import Record
from streams.cluster.fetching import Fetched
from streams.cluster.versions import Clocks
from streams.comparing import broken_chain
from streams.entry import Place

SourceKey = tuple[str, int, str, int]
"""Topic and partition of the output, topic and partition of its source."""

LineKey = tuple[str, str, str]
"""Topic of the output, topic of its source, the line."""


class Gap(msgspec.Struct, frozen=True):
    """Something is missing before a record, or is not to be read in it.

    Attributes:
        topic: Where the record lies.
        partition: Where the record lies.
        offset: Where the record lies.
        line: The line that wrote it.
        previous: What it says came before; None says that nothing did.
        last: What came before it; None is nothing.
        why: In words.
    """

    topic: str
    partition: int
    offset: int
    line: str
    previous: int | None
    last: int | None
    why: str

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}: {self.why}"


class Marks:
    """The marks of one reader.

    Attributes:
        sources: The highest (offset, index) of each source partition, by where its outputs lie.
        lines: The last number of each line on a topic.
        moved_sources: Which sources came further since `settled`.
        moved_lines: Which lines did.
        gaps: What was found missing since then.
        clocks: The clocks of the partitions.
    """

    def __init__(self) -> None:
        self.sources: dict[SourceKey, tuple[int, int]] = {}
        self.lines: dict[LineKey, int | None] = {}
        self.moved_sources: set[SourceKey] = set()
        self.moved_lines: set[LineKey] = set()
        self.gaps: list[Gap] = []
        self.clocks = Clocks()

    def repeats(self, one: Fetched, record: Record) -> bool:
        """Whether an output was folded before."""
        source = record.source
        if source is None:
            return False
        mark = self.sources.get((one.topic, one.partition, source.topic, source.partition))
        return mark is not None and (source.offset, source.index) <= mark

    def gap(self, one: Fetched, record: Record) -> Gap | None:
        """What is missing of a record's line before it, if anything is."""
        line = line_of(one, record)
        if line is None:
            return None
        last = self.lines.get(line)
        if record.previous == last:
            return None
        why = broken_chain(line[2], record.previous, last)
        return Gap(one.topic, one.partition, one.offset, line[2], record.previous, last, why)

    def pass_by(self, one: Fetched, record: Record) -> None:
        """An output is done with."""
        source = record.source
        if source is not None:
            key = (one.topic, one.partition, source.topic, source.partition)
            self.sources[key] = (source.offset, source.index)
            self.moved_sources.add(key)
        line = line_of(one, record)
        if line is not None:
            self.lines[line] = record.sequence
            self.moved_lines.add(line)

    def settled(self) -> None:
        """What changed is kept elsewhere by now."""
        self.moved_sources.clear()
        self.moved_lines.clear()
        self.gaps.clear()
        self.clocks.settled()

    def forget(self, places: Iterable[Place]) -> None:
        """Let go of what is known of some partitions, and of every line."""
        gone = set(places)
        for key in [key for key in self.sources if key[:2] in gone]:
            del self.sources[key]
        self.clocks.forget(gone)
        self.lines.clear()
        self.settled()


def line_of(one: Fetched, record: Record) -> LineKey | None:
    """Whose number a record of a record topic carries, if it carries one: its key is the line."""
    if record.sequence is None or record.source is None:
        return None
    return one.topic, record.source.topic, one.key or ""
