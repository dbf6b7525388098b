"""The rows of one table in PostgreSQL: a batch's rows come in one statement and go in another.

What is read is locked until the batch commits, so that two readers whose records touch one row take
turns. A row that was not there when it was read is inserted plainly: if somebody else made it
meanwhile, the batch fails and is taken again from what stands then. Rows are not kept from one
batch to the next: another reader may have changed them.

With a row goes what made it so (`streams.cluster.versions`); what it was before goes into the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import psycopg

from projections.tables import Json, Table
from streams.cluster.pgtext import as_json, without_nul
from streams.cluster.versions import (
    GONE,
    MADE,
    PAST,
    Clocks,
    Made,
    ended,
    has_past,
    kept,
    made_columns,
)

_GIVEN: dict[type, str] = {
    str: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    Json: "text",
}
"""As what a column's values come out of JSON."""


class Statements(msgspec.Struct, frozen=True):
    """What is said to the database about a table.

    Attributes:
        read: Rows of some keys, locked, in the order of the keys.
        make: New rows.
        write: Rows that were read, as they are now; of a table whose rows never change, new ones
            unless they are there.
        end: What rows were before; empty where that is not kept.
    """

    read: str
    make: str
    write: str
    end: str


@cache
def statements(table: Table) -> Statements:
    """A table's statements; rows and keys travel as JSON, which costs the client least."""
    name, key, columns = table.sql_name, table.columns[0], table.columns
    made = [column for column, _ in made_columns(table)]
    json = {column for column in columns if table.types[column] is Json}
    shown = ", ".join([*(f"{c}::text" if c in json else c for c in columns), *made])
    make = _insert(table, name, made_columns(table))
    again = ", ".join(f"{c} = excluded.{c}" for c in (*columns[1:], *made))
    return Statements(
        f"SELECT {shown} FROM {name}"
        f" WHERE {key} = ANY(ARRAY(SELECT json_array_elements_text(%s::json)))"
        f" ORDER BY {key} FOR UPDATE",
        make,
        f"{make} ON CONFLICT ({key}) DO {'NOTHING' if table.once else f'UPDATE SET {again}'}",
        _insert(table, name + PAST, (*MADE, *GONE)) if has_past(table) else "",
    )


def _insert(table: Table, name: str, more: Sequence[tuple[str, str]]) -> str:
    """The statement that puts rows into a table.

    Args:
        table: What its rows are.
        name: Its name.
        more: Columns beside those of the rows, with their types.
    """
    columns = {column: _GIVEN[table.types[column]] for column in table.columns} | dict(more)
    taken = ", ".join(
        f"{c}::json" if c in table.types and table.types[c] is Json else c for c in columns
    )
    given = ", ".join(f"{c} {kind}" for c, kind in columns.items())
    return (
        f"INSERT INTO {name} ({', '.join(columns)}) SELECT {taken}"
        f" FROM json_to_recordset(%s::json) AS given ({given})"
    )


class PgRows:
    """The rows of one table that a batch touches.

    Args:
        table: Which table.
        clocks: What the record is that is folded now.

    Attributes:
        table: The same.
    """

    def __init__(self, table: Table, clocks: Clocks) -> None:
        self.table = table
        self._clocks = clocks
        self._width = len(table.columns)
        self._known = len(made_columns(table))
        self._has_past = has_past(table)
        self._kept_row, self._ended_row = kept(table), ended(table)
        self._made: dict[str, Made] = {}
        self._ended: list[Any] = []
        self._said = statements(table)
        self._struct: Any = table.row
        self._wanted: set[str] = set()
        self._read: psycopg.Cursor[tuple[Any, ...]] | None = None
        self._found: set[str] = set()
        self._held: dict[str, Any] = {}
        self._changed: set[str] = set()

    def want(self, key: str) -> None:
        """Read the row of a key with the others."""
        self._wanted.add(without_nul(key))

    def ask(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """Ask for what is wanted; the answer is taken when a row is first needed."""
        if self._wanted:
            self._read = connection.execute(
                self._said.read, (as_json(sorted(self._wanted)),), prepare=True
            )

    def get(self, key: str) -> msgspec.Struct | None:
        """The row of a key that was wanted, or was put."""
        if self._read is not None:
            for values in self._read.fetchall():
                self._held[values[0]] = self._struct(*values[: self._width])
                if self._known:
                    self._made[values[0]] = Made(*values[self._width :])
            self._found = set(self._held)
            self._read = None
        key = without_nul(key)
        assert key in self._wanted or key in self._held, "a row must be read before it is folded"
        return self._held.get(key)

    def put(self, key: str, row: msgspec.Struct | None) -> None:
        """Hold a new row of a key until it is written."""
        key = without_nul(key)
        if self.table.once:
            if key not in self._held:
                self._held[key] = row
                self._made[key] = self._clocks.made(None)
        else:
            before = self._made.get(key)
            made = self._made[key] = self._clocks.made(before)
            if before is not None and self._has_past:
                was = msgspec.structs.astuple(self._held[key])
                self._ended.append(self._ended_row(*was, *before, *made[:3]))
            self._held[key] = row
        self._changed.add(key)

    def write(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """Write what changed, in the order of the keys."""
        known = self._changed if self.table.once else self._changed & self._found
        for keys, statement in (
            (self._changed - known, self._said.make),
            (known, self._said.write),
        ):
            rows = [self._kept(key) for key in sorted(keys) if self._held[key] is not None]
            if rows:
                connection.execute(statement, (as_json(rows),), prepare=True)
        if self._ended:
            connection.execute(self._said.end, (as_json(self._ended),), prepare=True)

    def _kept(self, key: str) -> Any:  # Any: the table's own struct
        """A row with what made it."""
        made = self._made[key]
        row = msgspec.structs.astuple(self._held[key])
        return self._kept_row(*row, *made[: self._known])

    def forget(self) -> None:
        """Let go of everything: the batch is over."""
        self._wanted.clear()
        self._read = None
        self._found = set()
        self._held.clear()
        self._changed.clear()
        self._made.clear()
        self._ended.clear()
