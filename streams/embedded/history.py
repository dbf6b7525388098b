"""The embedded log as it is replayed for analytics: partition by partition, by the index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sqlite3 import Cursor

from schemas.record import derived_id
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.positions import seq_at
from streams.entry import Place
from streams.history.raws import Raws, heads_of
from streams.history.replaying import REPLAYED

_CACHE_KIB = 1024
"""Of the log's pages that are kept at hand: what was read is not read again, and to look through
the store's large cache for it takes a third of the reading."""

_FETCHED = 512
"""Rows that are fetched at once. Each is an object until its values are in their lists, and at 700
more objects Python's garbage collector begins to look for rings: 7 to 12 percent of a replay."""


class EmbeddedLog:
    """What is replayed of a store.

    Args:
        database: The store's connection; it keeps fewer pages at hand from now on.
    """

    def __init__(self, database: Database) -> None:
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database = database
        self._log = SqliteLog(database)

    def identity(self) -> str:
        """What no other log has: its first entry, with when it was appended; empty without one."""
        first = self._database.execute(
            "SELECT topic, partition, id, appended_at FROM log ORDER BY seq LIMIT 1"
        ).fetchone()
        return "" if first is None else derived_id("log", *map(str, first))

    def starts(self) -> Mapping[Place, int]:
        """Nothing is deleted from an embedded log."""
        return {}

    def ends(self) -> Mapping[Place, int]:
        """Where each partition ends now."""
        return {place: end for place, end in self._log.ends().items() if place[0] in REPLAYED}

    def behind(self, position: str) -> Mapping[Place, int] | None:
        """The first offsets behind a position; None where a text is none."""
        seq = seq_at(self._log, position)
        if seq is None:
            return None
        rows = self._database.execute(
            "SELECT topic, partition, max(offset) + 1 FROM log WHERE seq <= ? GROUP BY 1, 2", (seq,)
        )
        return {(str(t), int(p)): int(o) for t, p, o in rows if t in REPLAYED}

    def read(self, place: Place, start: int, end: int, most: int) -> Iterator[Raws]:
        """The records of a partition between two offsets, so many at most at once."""
        rows = self._database.execute(
            "SELECT offset, key, headers, CAST(value AS BLOB) FROM log"
            " WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ? ORDER BY offset",
            (*place, start, end),
        )
        while (raws := _next(rows, most)).offsets:
            yield raws


def _next(rows: Cursor, most: int) -> Raws:
    """The next records, so many at most; none behind the last one."""
    offsets: list[int] = []
    keys: list[str | None] = []
    headers: list[str] = []
    values: list[bytes] = []
    for start in range(0, most, _FETCHED):
        found = rows.fetchmany(min(_FETCHED, most - start))
        if not found:
            break
        some_offsets, some_keys, some_headers, some_values = zip(*found, strict=True)
        offsets += some_offsets
        keys += some_keys
        headers += some_headers
        values += some_values
    return Raws(offsets, keys, heads_of(headers), values)
