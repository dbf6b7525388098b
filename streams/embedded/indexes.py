"""The full-text indexes of the embedded store: FTS5, one for each table that is searched.

An index is no table of facts: it holds what its table holds, without accents and in another order,
and `refill` makes it anew from there. It is written in the projector's transaction, with the rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from projections.tables import TABLES, Table
from streams.comparing import Finding, compared
from streams.embedded.database import Database
from streams.search import plain


def ddl() -> tuple[str, ...]:
    """The statements that make the indexes."""
    return tuple(_create(table) for table in TABLES if table.searched)


def _create(table: Table) -> str:
    return (
        f"CREATE VIRTUAL TABLE {name_of(table)} USING fts5(key UNINDEXED,"
        f" {', '.join(table.searched)}, tokenize = 'unicode61 remove_diacritics 0')"
    )


def create(database: Database) -> None:
    """Make the indexes, empty."""
    for statement in ddl():
        database.execute(statement)


def replace(database: Database) -> None:
    """Put this release's indexes, still empty, in the place of another's."""
    named = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE f@_%' ESCAPE '@'"
    for (name,) in database.execute(named).fetchall():
        database.execute(f"DROP TABLE {name}")
    create(database)


def refill(database: Database, table: Table) -> None:
    """Make an index anew from the rows of its table."""
    columns = ", ".join([table.columns[0], *table.searched])
    database.execute(f"DROP TABLE {name_of(table)}")  # emptying one would read it, damaged or not
    database.execute(_create(table))
    rows = database.execute(f"SELECT {columns} FROM {table.sql_name}")
    database.executemany(_insert(table), map(_indexed, rows))


def unlike(database: Database, rows: Database, table: Table) -> list[Finding]:
    """The rows of an index that are not as they must be.

    Args:
        database: The store, which has the index.
        rows: Where the rows of its table are as they must be.
        table: Which table.
    """
    columns = (table.columns[0], *table.searched)
    asked = f"SELECT {', '.join(columns)} FROM {table.sql_name} ORDER BY 1"
    indexed = f"SELECT {', '.join(('key', *table.searched))} FROM {name_of(table)} ORDER BY 1"
    there = database.execute(indexed)
    wanted = (_indexed(row)[1:] for row in rows.execute(asked))
    return compared(f"search in {table.name}", columns, there, wanted)[1]


def is_sound(database: Database, table: Table) -> bool:
    """Whether an index holds what its table does, and is whole; in a transaction that may write."""
    name = name_of(table)
    try:
        database.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")
        return not unlike(database, database, table)
    except sqlite3.DatabaseError:
        return False


def name_of(table: Table) -> str:
    """The name of a table's index."""
    return f"f_{table.name}"


def place_of(key: str) -> int:
    """The row number of a key: FTS5 finds rows by numbers alone.

    63 bits of a hash: among ten million keys two are alike with a chance of one in 200,000.
    """
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) >> 1


def _indexed(row: Sequence[Any]) -> tuple[Any, ...]:
    """What an index holds of a row's key and texts."""
    key, *texts = row
    return (place_of(key), key, *(text and plain(text) for text in texts))


def _insert(table: Table) -> str:
    columns = ("rowid", "key", *table.searched)
    marks = ", ".join("?" * len(columns))
    return f"INSERT OR REPLACE INTO {name_of(table)} ({', '.join(columns)}) VALUES ({marks})"


class Index:
    """Keeps the index of one table up with its rows.

    Args:
        database: The store's connection.
        table: Which table.
    """

    def __init__(self, database: Database, table: Table) -> None:
        self._db = database
        self._columns = (table.columns[0], *table.searched)
        self._insert = _insert(table)
        self._waiting: dict[str, tuple[Any, ...]] = {}

    def note(self, before: msgspec.Struct | None, after: msgspec.Struct | None) -> None:
        """A row was folded: write it with the next flush, if what is searched differs."""
        if after is None:
            return
        now = tuple(getattr(after, name) for name in self._columns)
        if before is None or now != tuple(getattr(before, name) for name in self._columns):
            self._waiting[now[0]] = now

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._db.executemany(self._insert, map(_indexed, self._waiting.values()))
            self._waiting.clear()

    def forget(self) -> None:
        """Let go of what waits."""
        self._waiting.clear()
