"""Read-only SQL over the views, with the values that every surface shows."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from streams.errors import Refused

SECONDS = 60.0
"""How long a query may run."""

BOOLEANS = frozenset(
    {"vip_status", "auto_resolution_candidate", "resolution_offered", "senior", "available"}
)
"""Columns of the views that are true or false, by name."""

DOCUMENTS = frozenset(
    {
        "tags",
        "metadata",
        "channels",
        "escalation_reasons",
        "satisfaction_history",
        "escalation_history",
        "handles",
        "candidates",
        "reasons",
        "model_versions",
        "skills",
        "languages",
    }
)
"""Columns of the views that hold lists and objects, by name."""

Rows = list[dict[str, Any]]  # values of any column

_GAP = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"
_CLAIMS_A_VIEW = re.compile(
    rf"""v1_\w*["'`\]]?{_GAP}(?:\([^)]*\){_GAP})?AS{_GAP}(?:NOT{_GAP})?(?:MATERIALIZED{_GAP})?\(""",
    re.IGNORECASE | re.DOTALL,
)
"""A WITH that gives a name of ours to something else: SQLite tells the authorizer only names."""

_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


def read_connection(path: Path) -> sqlite3.Connection:
    """A connection that can only read the store."""
    uri = f"file:{path.resolve().as_posix()}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30.0)


def run(connection: sqlite3.Connection, sql: str, parameters: Sequence[object] = ()) -> Rows:
    """The rows of a SELECT over the views.

    Raises:
        Refused: The statement is not a SELECT over the views, or it is wrong or runs too long.
    """
    if _CLAIMS_A_VIEW.search(sql):
        raise Refused("names that begin with v1_ are taken by the views", "use another name")
    deadline = time.monotonic() + SECONDS
    connection.set_authorizer(_authorized)
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 100_000)
    try:
        cursor = connection.execute(sql, tuple(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [_shown(names, row) for row in cursor]
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _refusal(error) from error
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)


def _authorized(
    action: int, first: str | None, column: str | None, _schema: str | None, view: str | None
) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_READ:
        within = (view or "").startswith("v1_") or (first or "").startswith("v1_")
        # Counting rows reads no column, and SQLite then does not tell through which view.
        if within or not column or not _is_table(first or ""):
            return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


_TABLES = frozenset(
    {
        "log",
        "ends",
        "contact_points",
        "positions",
        "lines",
        "parked",
        "seen",
        "timers",
        "claims",
        "meta",
        "read_positions",
        "sqlite_master",
        "sqlite_schema",
    }
)


def _is_table(name: str) -> bool:
    return name.startswith("p_") or name.lower() in _TABLES


def _refusal(error: Exception) -> Refused:
    text = str(error)
    if "not authorized" in text or "prohibited" in text:
        return Refused(
            "only SELECT over the v1_ views is allowed here",
            "see docs/reference/views.md for the views and their columns",
        )
    if "interrupted" in text:
        return Refused(f"the query ran longer than {SECONDS:.0f} seconds", "narrow it with a WHERE")
    return Refused(
        f"the query does not work: {text}",
        "see docs/reference/views.md for the views and their columns",
    )


def _shown(names: list[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in zip(names, row, strict=True)}


def _value(name: str, value: Any) -> Any:
    if name in BOOLEANS and isinstance(value, int):
        return bool(value)
    if name in DOCUMENTS and isinstance(value, str):
        return msgspec.json.decode(value)
    return value
