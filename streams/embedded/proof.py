"""Going once through the embedded log, for all that `verify` asks of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import msgspec

from schemas.topics import DEAD_LETTERS, INBOX_NAMES, TOPICS
from streams.comparing import Finding
from streams.deadletters import letter_id
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.numbering import Numbers
from streams.embedded.projector import Fold
from streams.embedded.sealing import control, entries_of
from streams.entry import Entry, Place
from streams.errors import Unreadable
from streams.folding import Step
from streams.seals import named
from streams.tampering import Checking, Seals, findings, seals_among, sums


class Walked(NamedTuple):
    """What a walk through the log has shown.

    Attributes:
        gaps: Where a line's numbers do not follow each other, or an output cannot be read.
        seals: What `streams.tampering.sums` says.
        findings: What somebody changed, each thing by name.
    """

    gaps: list[str]
    seals: dict[str, int]
    findings: list[Finding]


def walk(
    database: Database, fold: Fold, bounds: dict[Place, int], step: Step, every: int
) -> Walked:
    """Fold the log anew, follow its numbers, and hold it against its seals, decoding it once.

    Args:
        database: The store.
        fold: What is folded.
        bounds: How far each partition is folded.
        step: Told how many records were taken since it was told last.
        every: How many are folded before rows are written.
    """
    log = SqliteLog(database)
    seals, found = seals_among(control(log))
    checking, numbers, means = Checking(seals), Numbers(database), _Meaning(database)
    topics, count = fold.topics, 0
    for count, entry in enumerate(log.scan(), 1):
        if count % every == 0:
            fold.flush()
            step(every)
        checking.take(entry)
        where = f"{entry.topic}/{entry.partition}/{entry.offset}"
        if not _has_its_id(entry) and _is_readable(entry):
            found.append(Finding("id changed", where, "the id in its headers", f"{entry.id!r}"))
        topic = TOPICS.get(entry.topic)
        if topic is None:
            found.append(Finding("inserted", where, "a topic of the contract", "another"))
            continue
        folded = entry.topic in topics and entry.offset < bounds.get(entry[1:3], 0)
        if not (topic.ordered or folded):
            continue
        try:
            record = entry.record()
        except Unreadable as error:
            if topic.ordered and topic.kind == "record":
                numbers.gaps.append(f"{where}: {error.what}")
            continue
        if topic.ordered:
            numbers.take(entry, record)
        if folded and means.something(entry):
            fold.apply(record)
    fold.flush()
    step(count % every)
    found += findings(seals, checking.finish(), partial(entries_of, log))
    ends = log.ends()
    found += _holes(log, seals, ends)
    return Walked(numbers.gaps, sums(seals, ends), found)


class _Meaning:
    """Which entries mean something, as `streams.embedded.projector.readable` says.

    The log is not asked about each: few ids come twice, and few letters are dead.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._twice = self._ids("SELECT id FROM log GROUP BY id HAVING count(*) > 1")
        self._letters = self._ids("SELECT id FROM log WHERE topic = ?", DEAD_LETTERS.name)

    def _ids(self, sql: str, *values: object) -> frozenset[str]:
        return frozenset(str(one) for (one,) in self._db.execute(sql, values))

    def something(self, entry: Entry) -> bool:
        """Whether an entry that can be read is folded."""
        if entry.topic not in INBOX_NAMES:
            return True
        if entry.id in self._twice and self._first(entry.id) != entry.seq:
            return False
        return not self._letters or letter_id(entry) not in self._letters

    def _first(self, number: str) -> int:
        (seq,) = self._db.execute("SELECT min(seq) FROM log WHERE id = ?", (number,)).fetchone()
        return int(seq)


def _has_its_id(entry: Entry) -> bool:
    """Whether the column that a record is found by says what its headers say."""
    if f'"ce_id":"{entry.id}"' in entry.headers:
        return True
    return f'"ce_id":{msgspec.json.encode(entry.id).decode()}' in entry.headers


def _is_readable(entry: Entry) -> bool:
    """Whether it is a record at all: what is none has no id of its own, and is a dead letter."""
    try:
        entry.record()
    except Unreadable:
        return False
    return True


def _holes(log: SqliteLog, seals: Seals, ends: dict[Place, int]) -> Iterator[Finding]:
    """Offsets without a record, where no seal tells of them: this engine leaves none."""
    counts = log.counts()
    for place, end in sorted(ends.items()):
        if counts.get(place) == end:
            continue
        at = max((seal.offset for seal in seals.get(place, ())), default=0)
        for entry in entries_of(log, place, at):
            if entry.offset > at:
                yield _hole(place, at, entry.offset)
            at = entry.offset + 1
        if at < end:
            yield _hole(place, at, end)


def _hole(place: Place, start: int, end: int) -> Finding:
    if end == start + 1:
        return Finding("removed", f"{named(place)}/{start}", "a record", "nothing")
    where = f"{named(place)}/{start}-{end - 1}"
    return Finding("removed", where, f"{end - start} records", "nothing")
