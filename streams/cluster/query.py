"""Read-only SQL over the cluster's views, with the values that every surface shows.

A query is one SELECT. It names no catalogue and calls nothing but what computes (`streams.cluster.
asked` takes it apart); then it runs as a role that may read the views and nothing else
(`streams.cluster.readers`), in a transaction that can only read, that ends in time, and that is
rolled back. Each of these would do against an honest mistake; together they hold against malice.

Values are those of the embedded engine: lists and objects as such, numbers as int or float, times
and whatever else as text. What a query computes itself is shown as PostgreSQL gives it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import errors, sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader

from streams import query
from streams.cluster import readers, tables, then
from streams.cluster.asked import Asked, taken_apart
from streams.cluster.postgres import PgDatabase, connect, of_the_database
from streams.errors import PactdeskError, Refused
from streams.query import Found

_SELECTS = frozenset({"select", "with", "values", "table"})

_COMPUTES = [
    *("age", "array_to_json", "array_to_string", "concat", "concat_ws", "date", "date_part"),
    *("date_trunc", "extract", "format", "generate_series", "json_agg", "json_build_array"),
    *("json_build_object", "json_object_agg", "json_to_record", "json_to_recordset", "jsonb_agg"),
    *("jsonb_build_array", "jsonb_build_object", "jsonb_object_agg", "length"),
    *("make_timestamptz", "now", "numeric", "overlaps", "phraseto_tsquery", "plainto_tsquery"),
    *("row_to_json", "time", "timestamp", "timestamptz", "timetz", "timezone", "to_char"),
    *("to_date", "to_json", "to_jsonb", "to_number", "to_timestamp", "to_tsquery", "to_tsvector"),
    "websearch_to_tsquery",
]
"""Functions of PostgreSQL that only compute, though their result depends on a setting or the time.
All that are declared immutable may be called as well; no other."""

_OTHERS = """
SELECT DISTINCT proname FROM pg_proc
WHERE provolatile <> 'i'
  AND NOT (pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(%s))
"""

_KEPT = frozenset({"bool", "int2", "int4", "int8", "oid", "float4", "float8", "bytea"})
"""Types whose values are shown as psycopg gives them."""


_FIRST, _MOST = 100, 20_000
"""Rows that are fetched at once: at first, and when it is known that they are small."""

_ROOM = 16 * 1024 * 1024
"""Letters that what is fetched at once should have at most."""

Row = tuple[Any, ...]  # values of any column

_GIVES_WAY = 3
"""How often a query is asked again that gave way to a swap of tables."""


class _Document(Loader):
    def load(self, data: Buffer) -> Any:  # Any: JSON
        return msgspec.json.decode(data)


class _Number(Loader):
    """An exact number: what it counts as an int, what it measures as a float."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdigit() else float(text)


class PgReader:
    """Answers queries, one at a time, over a connection that it opens anew when it was lost.

    Args:
        url: The database's address.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._database: PgDatabase | None = None
        self._limits = self._schema = ""
        self._forbidden: frozenset[str] = frozenset()

    def query(
        self, text: str, parameters: Sequence[object] = (), past: then.Past | None = None
    ) -> Found:
        """The rows of a SELECT over the views.

        Args:
            text: One statement.
            parameters: What its question marks stand for.
            past: Where the views are as they stood; they are as now by default.

        Raises:
            Refused: The statement is not a SELECT over the views, or it is wrong, runs too long or
                gives too many rows.
            Misconfigured: The role that runs queries is not there.
            Unavailable: The database does not answer.
        """
        bound = query.bound(parameters)
        database = self._opened()
        asked = taken_apart(text)
        self._judge(asked)
        if past is not None and self._schema in asked.names:
            raise query.no_such_view(f"as they stood, views are named without {self._schema}")
        try:
            values = [_written(value, database) for value in bound]
            whole, first = asked.with_values(values), ""
            if past is not None:
                views = [view for view in tables.view_names() if view in asked.names]
                own = sorted(past.own.intersection(asked.names))
                whole, first = _as_they_stood(whole, asked, past, views), past.set_out(views, own)
            for _ in range(_GIVES_WAY):
                try:
                    return self._run(database, whole, first)
                except errors.DeadlockDetected:  # with a rebuild that swapped tables: it is done
                    continue
            return self._run(database, whole, first)
        except (psycopg.Error, UnicodeError) as error:
            raise _refusal(error) from error

    @property
    def database(self) -> PgDatabase:
        """Its connection, for what this reader alone is to see."""
        return self._opened()

    def close(self) -> None:
        """Close the connection."""
        if self._database is not None:
            self._database.close()

    def _judge(self, asked: Asked) -> None:
        if asked.first not in _SELECTS:
            raise query.only_select()
        for name in asked.names:
            if name.startswith("pg_") or name == "information_schema":
                raise query.no_such_view(f"{name} is the server's own")
        for name in sorted(asked.calls & self._forbidden):
            raise Refused(
                f"{name}() cannot be called in a query: it does more than compute",
                "see docs/how-to/read-with-sql.md for what can be called",
            )

    def _run(self, database: PgDatabase, text: str, first: str) -> Found:
        connection = database.connection
        try:
            self._set_out(database, first)
            # Not in the simple protocol, which would take several statements; and DECLARE takes
            # nothing but a SELECT, at any depth.
            cursor = connection.cursor()
            cursor.execute(f"DECLARE asked NO SCROLL CURSOR FOR {text}", binary=True)
            cursor = connection.execute(f"FETCH FORWARD {_FIRST} FROM asked".encode())
            names = query.apart(column.name for column in cursor.description or ())
            rows = query.held(_fetched(connection, cursor))
            return Found(names, (dict(zip(names, row, strict=True)) for row in rows))
        finally:
            if not connection.closed:
                connection.execute("ROLLBACK")

    def _set_out(self, database: PgDatabase, first: str) -> None:
        try:
            database.connection.execute(f"BEGIN READ ONLY; {first}{self._limits}".encode())
        except (errors.InsufficientPrivilege, errors.InvalidParameterValue) as error:
            database.connection.execute("ROLLBACK")
            raise readers.without(database) from error

    def _opened(self) -> PgDatabase:
        if self._database is not None:
            if self._database.stands():
                return self._database
            self._database.close()
        database = connect(self._url)
        _show_as_everywhere(database)
        row = database.execute("SELECT current_schema()").fetchone()
        assert row is not None
        self._schema = str(row[0])
        self._limits = (
            f"SET LOCAL ROLE {readers.quoted(readers.role_of(database))};"
            f" SET LOCAL search_path = {readers.quoted(self._schema)};"
            f" SET LOCAL statement_timeout = {max(1, round(query.SECONDS * 1000))};"
            " SET LOCAL standard_conforming_strings = on; SET LOCAL cursor_tuple_fraction = 1;"
            " SET LOCAL jit = off"  # compiling took seven times as long as reading 5,000 customers
        )
        found = database.connection.execute(_OTHERS, (_COMPUTES,))
        self._forbidden = frozenset(str(name) for (name,) in found)
        self._database = database
        return database


def _fetched(connection: psycopg.Connection[Row], cursor: psycopg.Cursor[Row]) -> Iterator[Row]:
    """The rows of the statement that was declared, so many at once as there is room for.

    Args:
        connection: Where it was declared.
        cursor: The first `_FIRST` of them.
    """
    asked, deadline = _FIRST, time.monotonic() + query.SECONDS
    while True:
        rows = cursor.fetchall()
        yield from rows
        if len(rows) < asked:
            return
        if time.monotonic() > deadline:  # the server gives each of these statements its own time
            raise query.too_long()
        each = sum(map(query.letters, rows)) // asked
        asked = max(1, min(_MOST, _ROOM // max(1, each)))
        cursor = connection.execute(f"FETCH FORWARD {asked} FROM asked".encode())


def _as_they_stood(text: str, asked: Asked, past: then.Past, views: Sequence[str]) -> str:
    """A query with the views as they stood in the place of those that it names."""
    stood = ", ".join(
        f"{view} AS NOT MATERIALIZED (SELECT * FROM {past.named(view)})" for view in views
    )
    if not stood:
        return text
    # One that has a WITH of its own cannot be given a second one, and goes one level down. Its
    # names are not put beside ours: it may call something after a view and read that view in it.
    # The others stay where ORDER BY is the statement's own.
    whole = f"SELECT * FROM ({text}\n) AS asked" if asked.first == "with" else f"({text}\n)"
    return f"WITH {stood} {whole}"


def _show_as_everywhere(database: PgDatabase) -> None:
    adapters = database.connection.adapters
    for kind in psycopg.adapters.types:
        if kind.name not in _KEPT:
            adapters.register_loader(kind.oid, TextLoader)
    adapters.register_loader("numeric", _Number)
    adapters.register_loader("json", _Document)
    adapters.register_loader("jsonb", _Document)


def _written(value: object, database: PgDatabase) -> str:
    """A value as SQL writes it: a text of no type yet, so that it is taken as what it meets."""
    if isinstance(value, float):
        return f"CAST('{value!r}' AS double precision)"
    return sql.Literal(value).as_string(database.connection)


def _refusal(error: Exception) -> PactdeskError:
    if isinstance(error, psycopg.Error):
        text = error.diag.message_primary or " ".join(str(error).split())
        if isinstance(error, errors.QueryCanceled):
            return query.too_long()
        if isinstance(error, errors.UndefinedTable | errors.InsufficientPrivilege):
            return query.no_such_view(text)
        if isinstance(error, errors.ReadOnlySqlTransaction | errors.FeatureNotSupported):
            return query.only_select()
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return of_the_database(error)
        return query.does_not_work(text)
    return query.does_not_work(str(error))
