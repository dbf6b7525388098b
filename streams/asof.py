"""The tables as they stood at a time or a position, by replay into a scratch database.

Recorded time, the default, is the clock of the turn that took or wrote a record: what did we
know. Occurred time is when the outside record at the root happened.
"""

from __future__ import annotations

import re
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.record import Record
from schemas.topics import DEAD_LETTERS, INBOX_NAMES
from streams import query
from streams.clock import parse_time
from streams.deadletters import letter_of
from streams.embedded import tables
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.own import OwnFolds
from streams.embedded.projector import Fold, Projector, limits, readable
from streams.entry import Entry
from streams.errors import Refused

if TYPE_CHECKING:
    from streams.own.table import Own

_PLACE = re.compile(r"^(support\.[a-z0-9.-]+)/(\d{1,9})/(\d{1,18})$")
_MARK = "p1."


def position_of(seq: int) -> str:
    """The opaque token of a place in the log."""
    return _MARK + urlsafe_b64encode(str(seq).encode()).decode().rstrip("=")


def scratch(
    database: Database, moment: str, *, occurred: bool = False, own: Sequence[Own] = ()
) -> sqlite3.Connection:
    """A database in memory with the tables and views as they stood.

    Args:
        database: The store.
        moment: RFC 3339 time, a position token, or `topic/partition/offset`.
        occurred: Cut by when things happened rather than by when they were known.
        own: The projections of the deployment's own; one that raises is not there then.

    Raises:
        Refused: The moment is neither a time nor a position of this log.
    """
    connection = query.memory_connection()
    copy = Database(Path(":memory:"), connection)
    log = SqliteLog(database)
    last = _seq(log, moment)
    until = None if last is not None else parse_time(moment)
    copy.execute(
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, topic TEXT, headers TEXT, value BLOB, id TEXT)"
    )
    copy.execute("BEGIN")
    tables.create(copy)
    fold, theirs = Fold(copy), OwnFolds(copy, own)
    bounds = limits(database, fold.topics | theirs.topics)
    times = _Times(occurred=occurred)
    ends: dict[tuple[str, int], int] = {}
    for entry in log.scan():
        if last is not None and entry.seq > last:
            break
        if entry.topic == DEAD_LETTERS.name:
            _keep_letter(copy, entry, until)
            continue
        record = readable(log, entry)
        at = None if record is None else times.of(record)
        if entry.offset >= bounds.get((entry.topic, entry.partition), 0):
            continue
        if until is None or at is None or at <= until:
            ends[entry.topic, entry.partition] = entry.offset + 1
            if record is not None:
                fold.apply(record)
                theirs.apply(record)
    fold.flush()
    theirs.finish()
    copy.executemany(
        "INSERT INTO read_positions VALUES (?, ?, ?, ?, ?)",
        [(Projector.NAME, *place, end, end) for place, end in ends.items()],
    )
    copy.execute("COMMIT")
    return connection


def seq_of(log: SqliteLog, position: str) -> int:
    """The place in the log that a position names.

    Raises:
        Refused: It is not a position of this log.
    """
    seq = _seq(log, position)
    if seq is None:
        raise Refused(f"{position} is not a position", "take one from an answer of pactdesk")
    return seq


def position_at(log: SqliteLog, moment: str) -> str:
    """The position that a moment names.

    Args:
        log: The log.
        moment: `now`, `beginning`, a position, or a time: before what was appended from then on.

    Raises:
        Refused: It is none of these.
    """
    if moment == "now":
        return position_of(log.last_seq())
    if moment == "beginning":
        return position_of(0)
    seq = _seq(log, moment)
    return position_of(log.last_before(parse_time(moment)) if seq is None else seq)


def _seq(log: SqliteLog, moment: str) -> int | None:
    if moment.startswith(_MARK):
        text = moment.removeprefix(_MARK)
        try:
            seq = int(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            seq = -1
        if position_of(seq) != moment or seq < 0:
            raise Refused(f"{moment} is not a position", "take one from an answer of pactdesk")
        if seq > log.last_seq():
            raise Refused(f"the position {moment} lies beyond this log", "take one of this store")
        return seq
    place = _PLACE.match(moment)
    if place is None:
        return None
    topic, partition, offset = place[1], int(place[2]), int(place[3])
    found = log.read(topic, partition, offset, 1)
    if not found or found[0].offset != offset:
        raise Refused(f"there is no record at {moment}", "see `pactdesk events` for places")
    return found[0].seq


def _keep_letter(copy: Database, entry: Entry, until: datetime | None) -> None:
    if until is None or parse_time(letter_of(entry).at) <= until:
        copy.execute(
            "INSERT INTO log (seq, topic, headers, value, id) VALUES (?, ?, ?, ?, ?)",
            (entry.seq, entry.topic, entry.headers, entry.value, entry.id),
        )


class _Times:
    """The time that a record is cut by."""

    def __init__(self, *, occurred: bool) -> None:
        self._occurred = occurred
        self._clocks: dict[tuple[str, int], datetime] = {}
        self._roots: dict[tuple[str, int, int], datetime] = {}

    def of(self, record: Record) -> datetime:
        """The recorded or the occurred time of a record."""
        source = record.source
        if self._occurred:
            place = (record.topic, record.partition or 0, record.offset or 0)
            at = record.at
            if source is not None:
                at = self._roots.get((source.topic, source.partition, source.offset), at)
            self._roots[place] = at
            return at
        if source is not None and record.topic not in INBOX_NAMES:
            return record.at
        partition = (record.topic, record.partition or 0)
        clock = max(self._clocks.get(partition, record.at), record.at)
        self._clocks[partition] = clock
        return clock
