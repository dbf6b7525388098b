"""Searching the cluster's tables, by PostgreSQL's own full-text indexes."""

from __future__ import annotations

from projections.tables import Table
from streams import search
from streams.cluster.postgres import PgDatabase
from streams.cluster.tables import searched_text
from streams.search import Hit, Term, Wanted


def found(database: PgDatabase, wanted: Wanted) -> list[Hit]:
    """What is found, the best first.

    Args:
        database: The cluster's database.
        wanted: What is looked for.
    """
    words = " & ".join(f"({_term(one)})" for one in wanted.terms)
    return search.found(database.execute, wanted, fitting, words)


def fitting(table: Table) -> str:
    """The SELECT of the keys and scores of a table's rows that fit; its one mark is the words."""
    text = searched_text(table)
    return (
        f"SELECT {table.columns[0]} AS key, ts_rank_cd({text}, words) AS score"
        f" FROM {table.sql_name}, to_tsquery('simple', ?) AS words WHERE {text} @@ words"
    )


def _term(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    return " <-> ".join(words) + (":*" if term.begins else "")
