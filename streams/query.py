"""What both engines say of a query over the views: their columns, and what is refused.

How each runs one is in streams/embedded/query.py and streams/cluster/query.py.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from projections.tables import TABLES, Json
from streams.embedded import tables
from streams.embedded.database import Database
from streams.errors import Refused

SECONDS = 60.0
"""How long a query may run."""

ROWS = 1_000_000
"""How many rows a query may give: they are held in memory."""

LETTERS = 512 * 1024 * 1024
"""How many letters the texts that a query gives may have together: likewise."""

GATHERED = frozenset({"satisfaction_history", "escalation_history", "buttons"})
"""Columns of lists that a view gathers or unites itself; recognised by name."""

UNITED = frozenset({"resolution_offered"})
"""Columns of true and false that a view has from two tables, so that SQLite knows no type."""


def _columns_of(kind: type) -> frozenset[str]:
    return frozenset(name for table in TABLES for name, hint in table.types.items() if hint is kind)


BOOLEANS = _columns_of(bool)
"""Names of the columns that are true or false."""

DOCUMENTS = _columns_of(Json) | GATHERED
"""Names of the columns that hold lists and objects."""


Rows = list[dict[str, Any]]  # values of any column


class Found(Rows):
    """The rows that a query gave; and its columns, which are known also where there is no row.

    Args:
        columns: Their names, each once (`apart`).
        rows: The rows.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
        super().__init__(rows)
        self.columns = tuple(columns)


def apart(names: Iterable[str]) -> tuple[str, ...]:
    """The names of a query's columns, each once: a row could not hold both of two that are alike.

    Of those that are alike the second ends in `_2`, the third in `_3`.
    """
    given = tuple(names)
    taken, found = set(given), list[str]()
    counts: dict[str, int] = {}
    for name in given:
        counts[name] = count = counts.get(name, 0) + 1
        other = name
        while count > 1 and other in taken:
            other = f"{name}_{count}"
            count += 1
        taken.add(other)
        found.append(other)
    return tuple(found)


def held(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows of an answer, as long as they can be held in memory.

    Raises:
        Refused: There are more of them, or they are larger.
    """
    room = LETTERS
    for count, row in enumerate(rows, 1):
        if count > ROWS:
            raise too_many()
        room -= letters(row)
        if room < 0:
            raise too_heavy()
        yield row


def letters(row: Sequence[Any]) -> int:
    """How many letters the texts of a row have."""
    return sum(len(value) for value in row if isinstance(value, str | bytes))


_REMEDY = "see docs/reference/views.md for the views and their columns"


def bound(parameters: Sequence[object]) -> tuple[object, ...]:
    """What the question marks of a query stand for, in their order.

    Raises:
        Refused: They are named, or a text, whose letters nobody means one by one.
    """
    if isinstance(parameters, str | bytes | Mapping):
        raise Refused(
            "the parameters of a query are no list",
            "give them as a list, in the order of its question marks",
        )
    return tuple(parameters)


def only_select() -> Refused:
    """The refusal of what is no SELECT, or does more than select."""
    return Refused("only SELECT over the v1_ views is allowed here", _REMEDY)


def no_such_view(text: str) -> Refused:
    """The refusal of what names something else than a view.

    Args:
        text: What the engine says.
    """
    return Refused(f"there is no such view ({text}); only the v1_ views can be read", _REMEDY)


def too_long(seconds: float | None = None) -> Refused:
    """The refusal of what would not end.

    Args:
        seconds: How long it was given; `SECONDS` by default.
    """
    given = SECONDS if seconds is None else seconds
    return Refused(f"the query ran longer than {given:.0f} seconds", "narrow it with a WHERE")


def too_many() -> Refused:
    """The refusal of what gives more rows than can be held."""
    return Refused(f"the query gives more than {ROWS:,} rows", "narrow it with a WHERE or a LIMIT")


def too_heavy() -> Refused:
    """The refusal of what gives more text than can be held."""
    return Refused(
        f"the query gives more than {LETTERS // 1024**2} MB of text",
        "narrow it with a WHERE, or select less of each text, by substr()",
    )


def too_large(most: int) -> Refused:
    """The refusal of what makes a value that is larger than can be held.

    Args:
        most: Bytes that it may have.
    """
    return Refused(
        f"a value of the query has more than {most // 1024**2} MB", "select less of it, by substr()"
    )


def does_not_work(text: str) -> Refused:
    """The refusal of what is wrong in itself.

    Args:
        text: What the engine says.
    """
    return Refused(f"the query does not work: {text}", _REMEDY)


@cache
def views() -> dict[str, dict[str, str]]:
    """The views and their columns with the types that SQLite knows, read from views in memory."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    tables.create(Database(Path(":memory:"), made))
    made.execute("CREATE TABLE log (topic, id, headers, value)")  # what v1_dead_letters reads
    names = [
        str(name)
        for (name,) in made.execute(
            "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY rowid"
        )
    ]
    found = {
        view: {
            str(column[1]): str(column[2]) for column in made.execute(f"PRAGMA table_info({view})")
        }
        for view in names
    }
    made.close()
    return found
