"""The SQL of the table projections in SQLite: their tables, their views, their rows."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

import msgspec

from projections.tables import TABLES, Json, Table
from schemas.topics import DEAD_LETTERS
from streams import views
from streams.embedded import indexes
from streams.embedded.database import Database
from streams.embedded.indexes import Index

_TYPES: dict[object, str] = {
    str: "TEXT",
    int: "INTEGER",
    float: "REAL",
    bool: "BOOLEAN",
    Json: "JSON",
}

_LETTERS = f"SELECT id, headers, value FROM log WHERE topic = '{DEAD_LETTERS.name}'"
"""Dead letters, as this engine keeps them."""


@cache
def ddl(table: Table) -> tuple[str, ...]:
    """The statements that make a table and its indexes."""
    name = table.sql_name
    columns = [f"{column} {_TYPES[table.types[column]]}" for column in table.columns]
    columns[0] += " NOT NULL PRIMARY KEY"
    return (
        f"CREATE TABLE {name} ({', '.join(columns)}) WITHOUT ROWID",
        *(
            f"CREATE INDEX {name}_{'_'.join(index)} ON {name} ({', '.join(index)})"
            for index in table.indexes
        ),
    )


def create(database: Database) -> None:
    """Make the tables, the views and the projector's positions."""
    database.execute(
        "CREATE TABLE read_positions (projection TEXT NOT NULL, topic TEXT NOT NULL,"
        " partition INTEGER NOT NULL, position INTEGER NOT NULL, end_position INTEGER NOT NULL,"
        " PRIMARY KEY (projection, topic, partition)) WITHOUT ROWID"
    )
    _make(database)


def _make(database: Database) -> None:
    for table in TABLES:
        for statement in ddl(table):
            database.execute(statement)
    create_views(database)


@cache
def layout() -> str:
    """What this release's tables, views and indexes are made of, as one short hash."""
    statements = [one for table in TABLES for one in ddl(table)]
    return sha256(";\n".join((*statements, *_views(), *indexes.ddl())).encode()).hexdigest()[:16]


def replace(database: Database) -> None:
    """Put this release's tables and views, still empty, in the place of another's."""
    for kind, pattern in (("view", "v[0-9]*_*"), ("table", "p_*")):
        named = "SELECT name FROM sqlite_master WHERE type = ? AND name GLOB ?"
        for (name,) in database.execute(named, (kind, pattern)).fetchall():
            database.execute(f"DROP {kind} {name}")
    _make(database)


def create_views(database: Database) -> None:
    """Make the views over the tables."""
    for statement in _views():
        database.execute(statement)


def drop_views(database: Database) -> None:
    """Drop the views over the tables, so that the tables can be swapped."""
    for statement in _views():
        database.execute(f"DROP VIEW {views.name_of(statement)}")


def _views() -> tuple[str, ...]:
    return (*views.of_tables(), views.of_letters(_LETTERS))


HELD = 2000
"""Rows of a table that are kept at hand between two batches."""

GATHERED = 10_000
"""Rows of a table that nobody reads yet which may be at hand, written or not."""


class Rows:
    """Reads and writes the rows of one table; what was touched is at hand until it is too much.

    Args:
        database: The store's connection.
        table: Which table.
        index: The full-text index that goes with it.
    """

    def __init__(self, database: Database, table: Table, index: Index | None = None) -> None:
        self.table = table
        self._db = database
        self._index = index
        self._struct: Any = table.row
        self._held: dict[str, Any] = {}
        self._changed: set[str] = set()
        name = table.sql_name
        columns = table.columns
        self._select = f"SELECT {', '.join(columns)} FROM {name} WHERE {columns[0]} = ?"
        marks = ", ".join("?" * len(columns))
        again = "IGNORE" if table.once else "REPLACE"
        self._upsert = f"INSERT OR {again} INTO {name} ({', '.join(columns)}) VALUES ({marks})"
        self._bools = tuple(i for i, c in enumerate(columns) if table.types[c] is bool)

    def get(self, key: str) -> msgspec.Struct | None:
        """The row of a key."""
        if key in self._held:
            return self._held[key]  # type: ignore[no-any-return]  # rows are the table's structs
        found = self._db.execute(self._select, (key,)).fetchone()
        row = None
        if found is not None:
            values = list(found)
            for i in self._bools:
                values[i] = bool(values[i])
            row = self._struct(*values)
        self._held[key] = row
        return row

    def put(self, key: str, row: msgspec.Struct | None) -> None:
        """Hold a new row of a key until the flush; one that never changes stays as it was first."""
        if self.table.once and key in self._held:
            return
        if self._index is not None:
            self._index.note(self._held.get(key), row)
        self._held[key] = row
        self._changed.add(key)

    def flush(self) -> None:
        """Write what changed; rows stay at hand, the batches that follow often need them."""
        if self._changed:
            keys = [key for key in sorted(self._changed) if self._held[key] is not None]
            self._db.executemany(self._upsert, map(self._values, keys))
            self._changed.clear()
        if self._index is not None:
            self._index.flush()
        if self.table.once or len(self._held) > HELD:
            self._held.clear()

    def _values(self, key: str) -> tuple[Any, ...]:
        """What is written of a row."""
        return msgspec.structs.astuple(self._held[key])

    def relieve(self) -> None:
        """Write what changed once too much is at hand: rarely, where nobody reads it meanwhile."""
        if len(self._held) >= GATHERED:
            self.flush()

    def forget(self) -> None:
        """Let go of every row."""
        self._held.clear()
        self._changed.clear()
        if self._index is not None:
            self._index.forget()
