"""Holding the embedded log against its seals, and its columns against each other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from streams.comparing import Finding
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.sealing import control, entries_of
from streams.entry import Entry, Place
from streams.seals import named
from streams.tampering import Checking, Seals, findings, seals_among, sums


def checked(database: Database) -> tuple[dict[str, int], list[Finding]]:
    """What is sealed, and what somebody changed.

    Returns:
        What `streams.tampering.sums` says, and what is wrong, each thing by name.
    """
    log = SqliteLog(database)
    seals, found = seals_among(control(log))
    checking = Checking(seals)
    for entry in log.scan():
        checking.take(entry)
        if not _has_its_id(entry):
            where = f"{named((entry.topic, entry.partition))}/{entry.offset}"
            found.append(Finding("id changed", where, "the id in its headers", f"{entry.id!r}"))
    found += findings(seals, checking.finish(), partial(entries_of, log))
    ends = log.ends()
    found += _holes(log, seals, ends)
    return sums(seals, ends), found


def _has_its_id(entry: Entry) -> bool:
    """Whether the column that a record is found by says what its headers say."""
    if f'"ce_id":"{entry.id}"' in entry.headers:
        return True
    return f'"ce_id":{msgspec.json.encode(entry.id).decode()}' in entry.headers


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
