"""Rebuilding users' projections on a cluster, and proving them, as ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import psycopg

from schemas.topics import TICKETS
from streams.cluster.anew import Anew
from streams.cluster.booking import NAME
from streams.cluster.judging import folded_with
from streams.cluster.own import forget, show
from streams.cluster.postgres import PgDatabase
from streams.cluster.readings import tables_of
from streams.cluster.rebuild import NEAR, ROUNDS, SWAPS, fill, folded, live_rows, opened
from streams.cluster.tables import ddl
from streams.comparing import Finding, Report, compared, replaced
from streams.entry import Place
from streams.errors import Unavailable
from streams.folding import Step
from streams.own.standing import how, note, standing_of
from streams.own.table import Own, Unfoldable
from streams.settings import Settings


def rebuild_own(
    settings: Settings, own: Own, step: Step, *, give_up: bool = False
) -> dict[str, Any]:
    """Fold a user's table anew beside the live one, compare, and swap it in where it differs.

    A live one that goes on is compared where it stands. Anything else (new, stopped, of another
    file) is replaced, and stands then where our own tables do.

    Returns:
        Rows, digest, whether the live one was the same, and how many rows differed; with an
        `error` where it could not be folded, and everything is as it was.

    Raises:
        Refused: Records are gone from the log that rows may be made of; everything is as it was.
        Unavailable: Kafka or the database does not answer; everything is as it was.
    """
    with ExitStack() as stack:
        database = stack.enter_context(opened(settings))
        anew = stack.enter_context(Anew(settings, folded_with((own.table,)), past=True))
        if not give_up:
            anew.refuse_a_part()
        try:
            reader = _reader(database, own)
            for _ in range(ROUNDS):
                bounds = folded(database, anew.topics, reader)
                if anew.up_to(bounds, database, step) < NEAR:
                    break
            for _ in range(SWAPS):
                try:
                    return _finished(database, anew, own, reader, step)
                except psycopg.errors.DeadlockDetected:
                    continue
        except Unfoldable as fault:
            return _failed(fault)
    raise Unavailable(
        f"the new table of {own.name} could not be swapped in: queries stood against it",
        f"run `pactdesk rebuild {own.name}` again when less is asked of its view",
    )


def verify_own(
    settings: Settings, database: PgDatabase, owns: Sequence[Own], step: Step
) -> tuple[Report, list[Finding]]:
    """Fold users' tables anew as far as the live ones, and compare; one that is new is no part.

    Args:
        settings: Where Kafka is.
        database: In a transaction that sees one snapshot.
        owns: Which.
        step: Told how many records were folded since it was told last.

    Returns:
        What became of each, and the rows that differ, as `compared` tells them.
    """
    report: Report = {}
    found: list[Finding] = []
    for own in owns:
        state = how(own, standing_of(database, own))
        if state == "changed":
            report[own.name] = _no_rows(
                f"{own.file} has changed since the table was folded:"
                f" run `pactdesk rebuild {own.name}`"
            )
        if state in {"changed", "new"}:
            continue
        with Anew(settings, folded_with((own.table,))) as anew:
            try:
                anew.up_to(folded(database, anew.topics, own.name), database, step)
                report[own.name], differing = _report(database, anew, own, live=True)
                found += differing
            except Unfoldable as fault:
                report[own.name] = _failed(fault)
    return report, found


def _finished(
    database: PgDatabase, anew: Anew, own: Own, reader: str, step: Step
) -> dict[str, Any]:
    """Hold the readers up, fold the rest, compare, swap."""
    with database.transaction():
        database.execute("SET LOCAL statement_timeout = 0")
        database.execute("LOCK TABLE read_positions IN EXCLUSIVE MODE")
        if _reader(database, own) != reader:
            raise Unavailable(
                f"{own.name} began to be folded, or stopped, while it was rebuilt",
                f"run `pactdesk rebuild {own.name}` again",
            )
        bounds = folded(database, anew.topics, reader)
        anew.up_to(bounds, database, step)
        report, _ = _report(database, anew, own, live=reader == own.name)
        if not report["same"]:
            _swap(database, anew, own)
            if reader != own.name:
                _stand(database, own, bounds)
            note(database, own)
    return report


def _reader(database: PgDatabase, own: Own) -> str:
    """Whose positions a table that is folded anew goes to."""
    running = how(own, standing_of(database, own)) == "running"
    return own.name if running else NAME


def _report(
    database: PgDatabase, anew: Anew, own: Own, *, live: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """The new rows beside the live ones; without those, nothing of it is the same."""
    table = own.table
    if not live:
        return replaced(anew.rows(table)), []
    return compared(own.name, table.columns, live_rows(database, table), anew.rows(table))


def _swap(database: PgDatabase, anew: Anew, own: Own) -> None:
    """Put the new table in the place of the live one, with the view over it."""
    name = own.table.sql_name
    fill(database, anew, own.table, f"n_{name}")
    database.execute(f"ALTER TABLE IF EXISTS {name} RENAME TO {name}_before")
    database.execute(f"ALTER TABLE n_{name} RENAME TO {name}")
    show(database, own)
    database.execute(f"DROP TABLE IF EXISTS {name}_before")
    database.execute(f"ALTER INDEX n_{name}_pkey RENAME TO {name}_pkey")


def _stand(database: PgDatabase, own: Own, bounds: Mapping[Place, int]) -> None:
    """Let its reader go on where our own tables are, with what they know of the log's order."""
    forget(database, own)
    database.executemany(
        "INSERT INTO read_positions (projection, topic, partition, position, end_position)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (own.name, *place, end, end)
            for place, end in bounds.items()
            if place[0] == own.table.topic
        ],
    )
    for books, columns in (
        (
            "read_sources",
            "topic, partition, source_topic, source_partition, source_offset, source_index",
        ),
        ("read_lines", "topic, source_topic, line, sequence"),
    ):
        database.execute(
            f"INSERT INTO {books} (projection, {columns})"
            f" SELECT ?, {columns} FROM {books} WHERE projection = ? AND topic = ?",
            (own.name, NAME, own.table.topic),
        )
    for order in tables_of(own)[1:]:
        assert own.table.topic == TICKETS.name
        database.execute(f"DROP TABLE IF EXISTS {order.sql_name}")
        for statement in ddl(order):
            database.execute(statement)
        database.execute(f"INSERT INTO {order.sql_name} SELECT ticket_id, revision FROM p_tickets")


def _failed(fault: Unfoldable) -> dict[str, Any]:
    return _no_rows(f"{fault.place}: {fault.why}")


def _no_rows(error: str) -> dict[str, Any]:
    return {"rows": 0, "digest": "", "same": False, "differing": 0, "error": error}
