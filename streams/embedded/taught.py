"""What was taught and activated, read from the embedded log as it comes."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.topics import CONTROL, KNOWLEDGE
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry

BATCH = 500


class Taught:
    """Gives the knowledge and control entries that came since the last call.

    Args:
        database: The store's connection.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._log = SqliteLog(database)
        self._read: dict[tuple[str, int], int] = {}
        self._changes: tuple[int, ...] = ()

    def __call__(self) -> Iterator[Entry]:
        """The new entries; costs next to nothing when there are none."""
        changes = self._db.changes(KNOWLEDGE.name, CONTROL.name)
        if changes == self._changes:
            return
        self._changes = changes
        rows = self._db.execute(
            "SELECT topic, partition, end_offset FROM ends WHERE topic IN (?, ?)",
            (KNOWLEDGE.name, CONTROL.name),
        ).fetchall()
        for topic, partition, end in rows:
            start = self._read.get((topic, partition), 0)
            while start < end:
                for entry in self._log.read(topic, partition, start, BATCH):
                    yield entry
                    start = entry.offset + 1
                    self._read[topic, partition] = start
