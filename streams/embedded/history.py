"""The embedded log as it is replayed for analytics: partition by partition, by the index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
            "SELECT offset, key, headers, value FROM log"
            " WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ? ORDER BY offset",
            (*place, start, end),
        )
        while found := rows.fetchmany(most):
            offsets, keys, headers, values = zip(*found, strict=True)
            yield Raws(offsets, keys, heads_of(headers), values)
