"""Rebuilding the tables from the log, and proving that they are what the log says.

A rebuild folds into a new set of tables beside the live ones, compares, and swaps them in one
transaction; readers never see a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from projections.tables import TABLES, Table
from schemas.topics import TOPICS
from streams.embedded import tables
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.projector import Fold, limits, replayed
from streams.errors import NotFound, Unreadable

BESIDE = "n_"
FLUSH_EVERY = 2000

Report = dict[str, dict[str, Any]]
Step = Callable[[int], None]


def rebuild(database: Database, names: Sequence[str], step: Step = lambda _: None) -> Report:
    """Fold tables anew, compare them with the live ones, and swap them in.

    Args:
        database: The store.
        names: Which tables; all of them when empty.
        step: Told how many records were folded since it was told last.

    Returns:
        By table: rows, digest, whether the live one was the same, and how many rows differed.

    Raises:
        NotFound: A table that there is not.
    """
    chosen = _chosen(names)
    with database.transaction():
        _fold_beside(database, chosen, step)
        report = _compared(database, chosen)
        tables.drop_views(database)
        for table in chosen:
            database.execute(f"DROP TABLE {table.sql_name}")
            _rename(database, table)
        tables.create_views(database)
    return report


def verify(database: Database, step: Step = lambda _: None) -> dict[str, Any]:
    """Fold every table beside the live ones, compare, and check the lines' numbers.

    Returns:
        `clean`, `tables` as `rebuild` reports them, and `gaps`: missing numbers of lines.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        _fold_beside(database, TABLES, step)
        report = _compared(database, TABLES)
        gaps = list(sequence_gaps(database))
    finally:
        database.execute("ROLLBACK")
    clean = not gaps and all(one["same"] for one in report.values())
    return {"clean": clean, "tables": report, "gaps": gaps}


def _chosen(names: Sequence[str]) -> tuple[Table, ...]:
    known = {table.name: table for table in TABLES}
    for name in names:
        if name not in known:
            raise NotFound(
                f"there is no projection {name}", "use some of " + ", ".join(sorted(known))
            )
    return tuple(known[name] for name in names) or TABLES


def _fold_beside(database: Database, chosen: Sequence[Table], step: Step) -> None:
    for table in chosen:
        database.execute(f"DROP TABLE IF EXISTS {BESIDE}{table.name}")
        database.execute(tables.ddl(table, BESIDE)[0])
    fold = Fold(database, chosen, BESIDE)
    count = 0
    for record in replayed(database, fold.topics, folded_up_to(database, fold.topics)):
        fold.apply(record)
        count += 1
        if count % FLUSH_EVERY == 0:
            fold.flush()
            step(FLUSH_EVERY)
    fold.flush()
    step(count % FLUSH_EVERY)


def folded_up_to(database: Database, topics: frozenset[str]) -> dict[tuple[str, int], int]:
    """How far the live tables have folded each partition."""
    bounds = limits(database, topics)
    rows = database.execute("SELECT topic, partition, position FROM read_positions")
    stood = {(str(t), int(p)): int(n) for t, p, n in rows}
    return {place: min(end, stood.get(place, 0)) for place, end in bounds.items()}


def _compared(database: Database, chosen: Sequence[Table]) -> Report:
    report: Report = {}
    for table in chosen:
        live, new = f"{table.sql_name}", f"{BESIDE}{table.name}"
        digest, rows = digest_of(database, new, table)
        before, _ = digest_of(database, live, table)
        differing = 0
        if digest != before:
            columns = ", ".join(table.columns)
            differing = sum(
                int(
                    database.execute(
                        f"SELECT count(*) FROM (SELECT {columns} FROM {one}"
                        f" EXCEPT SELECT {columns} FROM {other})"
                    ).fetchone()[0]
                )
                for one, other in ((live, new), (new, live))
            )
        report[table.name] = {
            "rows": rows,
            "digest": digest[:16],
            "same": digest == before,
            "differing": differing,
        }
    return report


def digest_of(database: Database, name: str, table: Table) -> tuple[str, int]:
    """A hash over a table's rows in the order of their key, and how many there are."""
    digest, rows = sha256(), 0
    columns = ", ".join(table.columns)
    for row in database.execute(f"SELECT {columns} FROM {name} ORDER BY {table.columns[0]}"):
        digest.update(repr(row).encode())
        rows += 1
    return digest.hexdigest(), rows


def _rename(database: Database, table: Table) -> None:
    database.execute(f"ALTER TABLE {BESIDE}{table.name} RENAME TO {table.sql_name}")
    for statement in tables.ddl(table)[1:]:
        database.execute(statement)


def sequence_gaps(database: Database) -> Iterator[str]:
    """Where a line's numbers on a topic do not follow each other."""
    log = SqliteLog(database)
    last: dict[tuple[str, str, str], int] = {}
    for entry in log.scan():
        if not TOPICS[entry.topic].ordered:
            continue
        try:
            record = entry.record()
        except Unreadable:
            continue
        if record.sequence is None or record.source is None:
            continue
        source = record.source
        came = log.read(source.topic, source.partition, source.offset, 1)
        line = (source.topic, str(came[0].key) if came else "", entry.topic)
        if record.previous != last.get(line):
            yield (
                f"{entry.topic}/{entry.partition}/{entry.offset}: line {line[1]} says that "
                f"{record.previous} came before, {last.get(line)} did"
            )
        last[line] = record.sequence
