"""Going once through the embedded log, for all that `verify` asks of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import msgspec

from schemas.topics import TOPICS
from streams.comparing import Finding
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.meaning import Meaning
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
    checking, numbers, meaning = Checking(seals), Numbers(database), Meaning(database)
    topics, count = fold.topics, 0
    for count, entry in enumerate(log.scan(), 1):
        if count % every == 0:
            fold.relieve()
            step(every)
        checking.take(entry)
        if not _has_its_id(entry) and _is_readable(entry):
            wanted = "the id in its headers"
            found.append(Finding("id changed", _where(entry), wanted, f"{entry.id!r}"))
        topic = TOPICS.get(entry.topic)
        if topic is None:
            found.append(Finding("inserted", _where(entry), "a topic of the contract", "another"))
            continue
        if topic.kind == "inbox":
            numbers.note(entry)
        folded = entry.topic in topics and entry.offset < bounds.get(entry[1:3], 0)
        if not (topic.ordered or folded):
            continue
        try:
            record = entry.record()
        except Unreadable as error:
            if topic.ordered and topic.kind == "record":
                numbers.gaps.append(f"{_where(entry)}: {error.what}")
            continue
        if topic.ordered:
            numbers.take(entry, record)
        if folded and meaning.something(entry):
            fold.apply(record)
    fold.flush()
    step(count % every)
    found += findings(seals, checking.finish(), partial(entries_of, log))
    ends = log.ends()
    found += _holes(log, seals, ends)
    return Walked(numbers.gaps, sums(seals, ends), found)


def _where(entry: Entry) -> str:
    return f"{entry.topic}/{entry.partition}/{entry.offset}"


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
