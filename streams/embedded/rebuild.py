"""Rebuilding the tables from the log, and proving that they are what the log says.

A rebuild folds into new tables of its own while others go on, catches up with what they wrote, and
then compares and swaps in one short transaction: readers never see a gap, and nobody waits long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from projections.tables import TABLES, Table
from streams.comparing import (
    Finding,
    Report,
    compared,
    digest_of_rows,
    missing_offsets,
    verified,
)
from streams.embedded import indexes, proof, tables
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.projector import Fold, Projector, limits, readable, replayed
from streams.folding import Step, chosen_of

if TYPE_CHECKING:
    from streams.own.table import Own

FLUSH_EVERY = 2000


def rebuild(
    database: Database,
    names: Sequence[str],
    step: Step = lambda _: None,
    own: Sequence[Own] = (),
) -> Report:
    """Fold tables anew, compare them with the live ones, and swap them in.

    Args:
        database: The store.
        names: Which tables; all of them when empty.
        step: Told how many records were folded since it was told last.
        own: The projections of the deployment's own.

    Returns:
        By table: rows, digest, whether the live one was the same, and how many rows differed; and
        an `error` of one of its own that could not be folded, and stays as it was.

    Raises:
        NotFound: A table that there is not.
    """
    mine = [one for one in own if not names or one.name in names]
    ours = [name for name in names if name not in {one.name for one in own}]
    report = _rebuild(database, ours, step) if ours or not names else {}
    if mine:
        from streams.embedded.own_rebuild import rebuild_own

        report |= {one.name: rebuild_own(database, one, step) for one in mine}
    return report


def _rebuild(database: Database, names: Sequence[str], step: Step) -> Report:
    chosen = chosen_of(names)
    with scratch() as anew:
        for table in chosen:
            anew.execute(tables.ddl(table)[0])
        anew.execute("BEGIN")
        fold = Fold(anew, chosen)
        with snapshot(database) as store:
            reached = folded_up_to(store, fold.topics)
            fold_up_to(store, fold, reached, step)
        with database.transaction():
            fold_rest(database, fold, reached, folded_up_to(database, fold.topics))
            report = {table.name: _compared(database, anew, table)[0] for table in chosen}
            _swap(database, anew, [table for table in chosen if not report[table.name]["same"]])
            for table in chosen:
                if table.searched and not indexes.is_sound(database, table):
                    indexes.refill(database, table)
    return report


def fold_rest(
    database: Database,
    fold: Fold,
    reached: dict[tuple[str, int], int],
    bounds: dict[tuple[str, int], int],
) -> None:
    """Fold on from where a snapshot was, up to given ends, in the order of appending."""
    log = SqliteLog(database)
    entries = [
        entry
        for place, end in bounds.items()
        for entry in log.read(*place, reached.get(place, 0), end - reached.get(place, 0))
    ]
    for entry in sorted(entries, key=lambda entry: entry.seq):
        record = readable(log, entry)
        if record is not None:
            fold.apply(record)
    fold.flush()


def _swap(database: Database, anew: Database, changed: Sequence[Table]) -> None:
    """Put the new tables in the place of the live ones, indexes and all."""
    if not changed:
        return
    tables.drop_views(database)
    for table in changed:
        database.execute(f"DROP TABLE {table.sql_name}")
        made, *indexed = tables.ddl(table)
        database.execute(made)
        marks = ", ".join("?" * len(table.columns))
        rows = rows_of(anew, table.sql_name, table)
        database.executemany(f"INSERT INTO {table.sql_name} VALUES ({marks})", rows)
        for statement in indexed:  # over rows that are there an index is made at once
            database.execute(statement)
        if table.searched:
            indexes.refill(database, table)
    tables.create_views(database)


def renew(database: Database) -> None:
    """Put this release's tables and views in the place of another's; in a transaction.

    They are folded from the log as far as those before them were.
    """
    tables.replace(database)
    indexes.replace(database)
    fold = Fold(database, indexed=True)
    fold_up_to(database, fold, folded_up_to(database, fold.topics), lambda _: None)


def verify(
    database: Database, step: Step = lambda _: None, own: Sequence[Own] = ()
) -> dict[str, Any]:
    """Fold every table anew, compare it with the live one, check the log's numbers and its seals.

    Works on one snapshot of the store and writes nothing to it: whoever works beside is not held
    up, and what they write meanwhile is not part of it.

    Returns:
        As `streams.comparing.verified` says.
    """
    with snapshot(database) as store, scratch() as anew:
        for table in TABLES:
            anew.execute(tables.ddl(table)[0])
        anew.execute("BEGIN")
        fold = Fold(anew)
        walked = proof.walk(store, fold, folded_up_to(store, fold.topics), step, FLUSH_EVERY)
        beside = {table.name: _compared(store, anew, table) for table in TABLES}
        report = {name: told for name, (told, _) in beside.items()}
        gaps = [*missing_records(store), *walked.gaps]
        found = walked.findings + [one for _, differing in beside.values() for one in differing]
        for table in TABLES:
            found += indexes.unlike(store, anew, table) if table.searched else ()
        if own:
            from streams.embedded.own_rebuild import verify_own

            theirs, differing = verify_own(store, own, step)
            report, found = report | theirs, found + differing
    return verified(report, gaps, walked.seals, found)


@contextmanager
def snapshot(database: Database) -> Iterator[Database]:
    """The store as it is now, whatever is written meanwhile."""
    connection = sqlite3.connect(
        f"file:{database.path.resolve().as_posix()}?mode=ro", uri=True, isolation_level=None
    )
    try:
        connection.execute("BEGIN")
        yield Database(database.path, connection)
    finally:
        connection.close()


def empty() -> Database:
    """An empty database in a file that nobody else sees and that goes with its connection."""
    connection = sqlite3.connect("", isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")  # whatever goes wrong, it is thrown away
    connection.execute("PRAGMA cache_size = -65536")
    return Database(Path(), connection)


@contextmanager
def scratch() -> Iterator[Database]:
    """The same for as long as this lasts."""
    database = empty()
    try:
        yield database
    finally:
        database.close()


def fold_up_to(
    database: Database, fold: Fold, bounds: dict[tuple[str, int], int], step: Step
) -> None:
    """Fold the log from its beginning up to given ends."""
    count = 0
    for count, record in enumerate(replayed(database, fold.topics, bounds, fold.kinds), 1):
        fold.apply(record)
        if count % FLUSH_EVERY == 0:
            fold.relieve()
            step(FLUSH_EVERY)
    fold.flush()
    step(count % FLUSH_EVERY)


def folded_up_to(
    database: Database, topics: frozenset[str], reader: str = Projector.NAME
) -> dict[tuple[str, int], int]:
    """How far a reader of the log, by default that of our tables, has folded each partition."""
    bounds = limits(database, topics)
    rows = database.execute(
        "SELECT topic, partition, position FROM read_positions WHERE projection = ?", (reader,)
    )
    stood = {(str(t), int(p)): int(n) for t, p, n in rows}
    return {place: min(end, stood.get(place, 0)) for place, end in bounds.items()}


def _compared(live: Database, anew: Database, table: Table) -> tuple[dict[str, Any], list[Finding]]:
    """What a table has become when it was folded anew, beside the live one."""
    there, wanted = (rows_of(one, table.sql_name, table) for one in (live, anew))
    return compared(table.name, table.columns, there, wanted)


def rows_of(database: Database, name: str, table: Table) -> Iterator[tuple[Any, ...]]:
    """A table's rows in the order of their key."""
    columns = ", ".join(table.columns)
    return database.execute(f"SELECT {columns} FROM {name} ORDER BY {table.columns[0]}")


def digest_of(database: Database, name: str, table: Table) -> tuple[str, int]:
    """A hash over a table's rows in the order of their key, and how many there are."""
    return digest_of_rows(rows_of(database, name, table))


def missing_records(database: Database) -> Iterator[str]:
    """Where a partition of the log does not hold every offset up to its end."""
    rows = database.execute(
        "SELECT e.topic, e.partition, e.end_offset,"
        " (SELECT count(*) FROM log l WHERE l.topic = e.topic AND l.partition = e.partition)"
        " FROM ends e ORDER BY 1, 2"
    )
    for topic, partition, end, count in rows:
        if count != end:
            yield missing_offsets(topic, partition, count, end)
