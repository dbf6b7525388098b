"""How far a position is worked off, and how far the tables show it: for those who wait for it.

Both questions are about the first record that is not yet taken, or not yet folded: everything
before it is.
"""

from __future__ import annotations

from projections.tables import TABLES
from schemas.topics import INBOXES
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog

_FIRST = """
SELECT min(l.seq) FROM ends e
LEFT JOIN {reader} r ON r.topic = e.topic AND r.partition = e.partition
JOIN log l ON l.topic = e.topic AND l.partition = e.partition
    AND l.offset = coalesce(r.position, 0)
WHERE e.end_offset > coalesce(r.position, 0) AND e.topic IN ({topics})
"""


def _first(reader: str, topics: frozenset[str]) -> str:
    names = ", ".join(f"'{name}'" for name in sorted(topics))
    return _FIRST.format(reader=reader, topics=names)


_UNTAKEN = _first("positions", frozenset(topic.name for topic in INBOXES))
_UNSHOWN = _first("read_positions", frozenset(table.topic for table in TABLES))


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
