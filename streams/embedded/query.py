"""Read-only SQL over the embedded store's views, with the values that every surface shows.

A statement is first compiled against a database that holds nothing but tables named as the views,
with their columns: what it cannot name there it cannot read, whatever it calls its own parts. Then
it runs on a connection that can only read. True and false, lists and objects are recognised by the
declared type of the column that they come from, so that they survive an alias; what a query
computes itself is shown as SQLite gives it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from streams import query
from streams.errors import Refused
from streams.query import GATHERED, UNITED, Found, views

_ALLOWED = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)

_TABLE_FUNCTIONS = ("json_each", "json_tree")

_MAKE_TABLE_FUNCTIONS = "SELECT 1 FROM json_each('[]'), json_tree('[]')"
"""SQLite makes them at first use, which no query may cause."""

_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer"})

LARGEST = 64 * 1024 * 1024
"""Bytes of a value that a query makes on its way. SQLite would let a function make a thousand
million of them at once, where no limit of time is looked at."""

sqlite3.register_converter("JSON", msgspec.json.decode)
sqlite3.register_converter("BOOLEAN", lambda raw: raw != b"0")


def read_connection(path: Path) -> sqlite3.Connection:
    """A connection that can only read the store."""
    return _connected(f"file:{path.resolve().as_posix()}?mode=ro")


def scratch_connection() -> sqlite3.Connection:
    """An empty database that nobody else sees, whose values are shown as the store's are.

    It lies in memory as far as it is small, and goes with its connection.
    """
    connection = _connected("")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA journal_mode = OFF")
    return connection


def _connected(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=30.0, detect_types=sqlite3.PARSE_DECLTYPES
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
    connection.execute(_MAKE_TABLE_FUNCTIONS)
    return connection


def run(connection: sqlite3.Connection, sql: str, parameters: Sequence[object] = ()) -> Found:
    """The rows of a SELECT over the views.

    Args:
        connection: From `read_connection` or `scratch_connection`, with the views.
        sql: One statement.
        parameters: What its question marks stand for.

    Raises:
        Refused: The statement is not a SELECT over the views, or it is wrong, runs too long or
            gives too many rows.
    """
    values = query.bound(parameters)
    deadline = time.monotonic() + query.SECONDS
    own = _own_of(connection)
    connection.set_authorizer(_authorized)
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 100_000)
    try:
        _stand_in(own).compile(sql, values)
        cursor = connection.execute(sql, values)
        named = [str(column[0]) for column in cursor.description]
        names = query.apart(named)
        shown = (map(_value, named, row) for row in query.held(cursor))
        return Found(names, (dict(zip(names, row, strict=True)) for row in shown))
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError) as error:
        raise _refusal(error) from error
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)


Named = tuple[tuple[str, tuple[str, ...]], ...]
"""Views or tables with their columns."""


def _own_of(connection: sqlite3.Connection) -> Named:
    """The views of a deployment's own; one that does not work any more is not there."""
    found = []
    named = "SELECT name FROM sqlite_master WHERE type = 'view' AND name GLOB 'own_*'"
    for (name,) in connection.execute(named).fetchall():
        try:
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
        except sqlite3.Error:
            continue
        found.append((str(name), tuple(str(column[1]) for column in columns)))
    return tuple(found)


def compiled(sql: str, more: Mapping[str, Sequence[str]]) -> None:
    """See that a statement selects from the views and some tables beside them, and no more.

    Raises:
        sqlite3.Error: What SQLite says that is wrong with it.
    """
    _StandIn(tuple((name, tuple(columns)) for name, columns in more.items())).compile(sql, ())


class _StandIn:
    """A database of empty tables that are named as the views: what a statement may speak of.

    Args:
        more: What it may speak of beside our views.
    """

    def __init__(self, more: Named = ()) -> None:
        self._lock = Lock()
        self._selects = False
        # A statement that is at hand already would be judged no more: none is kept.
        self._only = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=0
        )
        self._only.execute(_MAKE_TABLE_FUNCTIONS)
        there = {**{view: tuple(columns) for view, columns in views().items()}, **dict(more)}
        for view, names in there.items():
            quoted = ", ".join(f'"{name}"' for name in names)
            self._only.execute(f"CREATE TABLE {view} ({quoted})")
        self._readable = frozenset({*there, *_TABLE_FUNCTIONS})
        modules = self._only.execute("PRAGMA module_list").fetchall()
        self._not_theirs = frozenset(str(name).lower() for (name,) in modules)
        self._only.set_authorizer(self._judge)

    def compile(self, sql: str, parameters: tuple[object, ...]) -> None:
        """Compile a statement; raises what SQLite says, or that it selects nothing."""
        with self._lock:
            self._selects = False
            self._only.execute(f"EXPLAIN {sql}", parameters)
            if not self._selects:
                raise sqlite3.DatabaseError("not authorized")

    def _judge(self, action: int, first: str | None, second: str | None, *more: str | None) -> int:
        self._selects |= action == sqlite3.SQLITE_SELECT
        if action == sqlite3.SQLITE_READ and not self._may_read((first or "").lower(), second):
            return sqlite3.SQLITE_DENY
        return _authorized(action, first, second, *more)

    def _may_read(self, name: str, column: str | None) -> bool:
        """Whether something may be read: one of ours, or a WITH of the statement's own.

        Of the latter SQLite asks only where none of its columns is looked at, as in a count of its
        rows. No table here has such a name but SQLite's own.
        """
        theirs = not column and not name.startswith("sqlite_") and name not in self._not_theirs
        return name in self._readable or theirs


@lru_cache(maxsize=8)
def _stand_in(more: Named) -> _StandIn:
    return _StandIn(more)


def _authorized(action: int, _first: str | None, second: str | None, *_more: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _refusal(error: Exception) -> Refused:
    text = str(error)
    if "not authorized" in text or "prohibited" in text:
        return query.only_select()
    if "no such table" in text:
        return query.no_such_view(text)
    if "interrupted" in text:
        return query.too_long()
    if "too big" in text:
        return query.too_large(LARGEST)
    return query.does_not_work(text)


def _value(name: str, value: Any) -> Any:  # Any: values of any column
    if name in GATHERED and isinstance(value, str):
        return msgspec.json.decode(value)
    if name in UNITED and isinstance(value, int):
        return bool(value)
    return value
