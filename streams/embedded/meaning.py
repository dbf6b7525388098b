"""Which entries of the log mean something to the tables, found with one look at it."""

from __future__ import annotations

from schemas.topics import DEAD_LETTERS, INBOX_NAMES
from streams.deadletters import letter_id
from streams.embedded.database import Database
from streams.entry import Entry


class Meaning:
    """Says of a log that is gone through what `streams.embedded.projector.readable` says.

    The log is not asked about each entry: few ids come twice, and few letters are dead.

    Args:
        database: One snapshot of the store.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._twice = self._ids("SELECT id FROM log GROUP BY id HAVING count(*) > 1")
        self._letters = self._ids("SELECT id FROM log WHERE topic = ?", DEAD_LETTERS.name)

    def _ids(self, sql: str, *values: object) -> frozenset[str]:
        return frozenset(str(one) for (one,) in self._db.execute(sql, values))

    def something(self, entry: Entry) -> bool:
        """Whether an entry is folded if it can be read."""
        if entry.topic not in INBOX_NAMES:
            return True
        if entry.id in self._twice and self._first(entry.id) != entry.seq:
            return False
        return not self._letters or letter_id(entry) not in self._letters

    def _first(self, number: str) -> int:
        (seq,) = self._db.execute("SELECT min(seq) FROM log WHERE id = ?", (number,)).fetchone()
        return int(seq)
