"""Searching the embedded store, by its FTS5 indexes."""

from __future__ import annotations

import sqlite3

from projections.tables import Table
from streams import search
from streams.embedded.indexes import name_of
from streams.search import Hit, Term, Wanted


def found(connection: sqlite3.Connection, wanted: Wanted) -> list[Hit]:
    """What is found, the best first.

    Args:
        connection: Any connection to the store.
        wanted: What is looked for.
    """
    words = " AND ".join(_term(one) for one in wanted.terms)
    return search.found(connection.execute, wanted, _fitting, words)


def _fitting(table: Table) -> str:
    index = name_of(table)
    return f"SELECT key, -rank AS score FROM {index} WHERE {index} MATCH ?"


def _term(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + ("*" if term.begins else "")
