"""The log into a directory of Parquet, as far as it is not there: the same for both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from schemas.topics import DEAD_LETTERS, TOPICS
from streams.clock import parse_time
from streams.entry import Place
from streams.errors import Misconfigured, Refused
from streams.history.batches import batch
from streams.history.directory import FULL, Directory, Partition, Stretches, opened
from streams.history.questions import questions
from streams.history.raws import NOTHING, Raws
from streams.history.views import script

AT_ONCE = 16_384
"""Records that are made columns at once."""

REPLAYED = tuple(name for name in TOPICS if name != DEAD_LETTERS.name)
"""Every topic but dead letters, which are bytes that nobody could read."""


class Log(Protocol):
    """What an engine's log gives to be replayed."""

    def identity(self) -> str:
        """What no other log has; empty while it holds nothing."""

    def starts(self) -> Mapping[Place, int]:
        """The first offset that each partition of `REPLAYED` still has; 0 where none is named."""

    def ends(self) -> Mapping[Place, int]:
        """Where each partition of `REPLAYED` ends now."""

    def behind(self, position: str) -> Mapping[Place, int] | None:
        """The first offsets behind a position, or None where a text is none.

        Raises:
            Refused: It is a position, but none of this log.
        """

    def read(self, place: Place, start: int, end: int, most: int) -> Iterator[Raws]:
        """The records of a partition between two offsets, so many at most at once."""


class Replayed(msgspec.Struct):
    """What a replay did.

    Attributes:
        directory: Where to.
        records: How many records of the log were read.
        rows: How many rows were added.
        passed: How many of the records have no row.
        total: How many rows there are now.
        segments: How many segments there are now.
        gone: What was still to be read and is not in the log any more, in words.
    """

    directory: str
    records: int
    rows: int
    passed: int
    total: int
    segments: int
    gone: list[str]

    def document(self) -> dict[str, Any]:
        """As it is printed."""
        return msgspec.structs.asdict(self)


class Replay:
    """One run: from where the directory stands to where the log ends now.

    Args:
        log: The log.
        directory: The open directory.

    Attributes:
        waiting: How many offsets there are to read.
        gone: Which offsets the log no longer has, in words.

    Raises:
        Misconfigured: The directory holds more than the log.
        Refused: It begins at a position that is none of this log.
    """

    def __init__(self, log: Log, directory: Directory) -> None:
        self._log = log
        self._directory = directory
        self._since: datetime | None = None
        self._starts(directory.manifest.since)
        self._stretches: list[tuple[Place, int, int]] = []
        self.gone: list[str] = []
        starts = log.starts()
        for place, end in sorted(log.ends().items()):
            noted = directory.partition(place)
            if noted.reached < starts.get(place, 0):
                last = starts[place] - 1
                self.gone.append(f"{place[0]}/{place[1]}, offsets {noted.reached} to {last}")
                noted.reached = starts[place]
            reached = noted.reached
            if reached > end:
                raise Misconfigured(
                    f"{directory.path} holds {place[0]}/{place[1]} up to offset {reached - 1}, and"
                    f" the log ends at {end}: it is another log, or was set back",
                    "name a new directory, or take this one away and replay the whole log",
                )
            if reached < end:
                self._stretches.append((place, reached, end))
        self.waiting = sum(end - start for _, start, end in self._stretches)

    def _starts(self, since: str | None) -> None:
        """Note where each partition begins that was not begun: behind a position, or at a time."""
        if since is None:
            return
        behind = self._log.behind(since)
        if behind is None:
            self._since = parse_time(since)
        elif not self._directory.manifest.partitions:
            for place, start in behind.items():
                noted = self._directory.partition(place)
                noted.reached = noted.began = start

    def run(self, advance: Callable[[int], None]) -> Replayed:
        """Read what waits.

        Args:
            advance: Is told of so many offsets more.
        """
        before = sum(one.passed for one in self._directory.manifest.partitions.values())
        there = self._rows()
        records = 0
        for topic, stretches in groupby(self._stretches, lambda one: one[0][0]):
            records += self._topic(topic, stretches, advance)
        after = sum(one.passed for one in self._directory.manifest.partitions.values())
        manifest = self._directory.manifest
        total = self._rows()
        return Replayed(
            str(self._directory.path),
            records,
            total - there,
            after - before,
            total,
            len(manifest.segments),
            self.gone,
        )

    def _rows(self) -> int:
        return sum(one.records for one in self._directory.manifest.segments)

    def _topic(
        self, topic: str, waiting: Iterable[tuple[Place, int, int]], advance: Callable[[int], None]
    ) -> int:
        """Read a topic's partitions, segment by segment; returns how many records they held."""
        read: Stretches = {}
        gathered: dict[str, list[pa.Table]] = {}
        count, records = 0, 0

        def close() -> None:
            nonlocal count
            tables = {kind: pa.concat_tables(some) for kind, some in gathered.items()}
            self._directory.add(topic, dict(read), tables)
            read.clear()
            gathered.clear()
            count = 0

        for place, start, end in waiting:
            noted = self._directory.partition(place)
            for raws in self._log.read(place, start, end, AT_ONCE):
                records += len(raws.offsets)
                found = batch(place, self._wanted(noted, raws), noted.newest)
                for kind, table in found.tables.items():
                    gathered.setdefault(kind, []).append(table)
                    count += table.num_rows
                noted.passed += found.passed
                self._reach(place, raws.offsets[-1] + 1, read)
                if count >= FULL:
                    close()
                advance(len(raws.offsets))
            self._reach(place, end, read)  # of the last offsets there may be no record
        if read:
            close()
        return records

    def _reach(self, place: Place, until: int, read: Stretches) -> None:
        """Note that a partition was read so far."""
        noted, (_, number) = self._directory.partition(place), place
        if noted.reached < until:
            start, _ = read.get(number, (noted.reached, until))
            read[number] = start, until
            noted.reached = until

    def _wanted(self, noted: Partition, raws: Raws) -> Raws:
        """Of some records those from the partition's beginning on."""
        if self._since is None or noted.began is not None:
            return raws
        for number, head in enumerate(raws.heads):
            at = None if head is None else _at(head.ce_time)
            if at is not None and at >= self._since:
                noted.began = raws.offsets[number]
                return raws.behind(number)
        return NOTHING


def _at(text: str) -> datetime | None:
    """The moment in a header; None where it holds none."""
    try:
        return parse_time(text)
    except Refused:
        return None


class Bar(Protocol):
    """Is told how far a run has come."""

    def advance(self, steps: int = 1) -> None:
        """So many records further."""


def replay(
    log: Log,
    path: Path,
    since: str | None,
    bar: Callable[[int], AbstractContextManager[Bar]],
) -> tuple[Directory, Replayed]:
    """Bring a directory up to the log.

    Args:
        log: The log.
        path: The directory.
        since: From when on records are wanted; None is as the directory has it.
        bar: Makes a bar for so many records.

    Raises:
        Misconfigured: The directory is none of this log's, or none at all.
        Refused: Another process is at it, it begins elsewhere, or `since` is no time or position.
    """
    if since is not None and log.behind(since) is None:
        parse_time(since)  # before a directory is made that begins at no time
    with opened(path, log=log.identity(), since=since) as directory:
        run = Replay(log, directory)
        with bar(run.waiting) as shown:
            done = run.run(shown.advance)
        directory.explain("views", script(directory.kinds()))
        for name, sql in questions().items():
            directory.explain(name, sql)
    return directory, done
