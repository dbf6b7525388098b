"""How far a position is worked off, and how far the tables show it: for those who wait for it.

Both questions are about the first record that is not yet taken, or not yet folded: everything
before it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from projections.tables import TABLES
from schemas.topics import INBOXES
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.positions import position_at, position_of, seq_of
from streams.intake import Taken

_FIRST = """
SELECT min(l.seq) FROM ends e
LEFT JOIN {reader} r ON r.topic = e.topic AND r.partition = e.partition{which}
JOIN log l ON l.topic = e.topic AND l.partition = e.partition
    AND l.offset = coalesce(r.position, 0)
WHERE e.end_offset > coalesce(r.position, 0) AND e.topic IN ({topics})
"""


def _first(reader: str, topics: frozenset[str], which: str = "") -> str:
    names = ", ".join(f"'{name}'" for name in sorted(topics))
    return _FIRST.format(reader=reader, topics=names, which=which)


_UNTAKEN = _first("positions", frozenset(topic.name for topic in INBOXES))
_UNSHOWN = _first(
    "read_positions",
    frozenset(table.topic for table in TABLES),
    " AND r.projection = 'tables'",
)


def taken(database: Database) -> int:
    """The place in the log up to which every inbox record was taken."""
    return _before(database, _UNTAKEN)


def shown(database: Database) -> int:
    """The place in the log up to which the tables show every record."""
    return _before(database, _UNSHOWN)


def _before(database: Database, first: str) -> int:
    with database.snapshot():
        (seq,) = database.execute(first).fetchone()
        return SqliteLog(database).last_seq() if seq is None else int(seq) - 1


class Progress:
    """How far things have come on one store, in positions of its log.

    Args:
        database: The store's connection.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._log = SqliteLog(database)

    def behind(self, _taken: Iterable[Taken]) -> str:
        """A position behind what was just taken in."""
        return position_of(self._log.last_seq())

    def at(self, moment: str) -> str:
        """The position that `now`, `beginning`, a time or a position names.

        Raises:
            Refused: It is none of these.
        """
        return position_at(self._log, moment)

    def beyond(self, position: str) -> int:
        """How many records the log holds beyond a position; raises `Refused` for none."""
        return self._log.last_seq() - seq_of(self._log, position)

    def shown(self) -> str:
        """The position up to which the tables show everything."""
        return position_of(shown(self._db))

    def shows(self, position: str) -> bool:
        """Whether the tables show everything up to a position; raises `Refused` for none."""
        return shown(self._db) >= seq_of(self._log, position)

    def worked_off(self, position: str) -> str | None:
        """A position behind what followed from everything up to another; None before it is there.

        Raises:
            Malformed: It is not a position of this log.
        """
        if taken(self._db) < seq_of(self._log, position):
            return None
        return position_of(self._log.last_seq())
