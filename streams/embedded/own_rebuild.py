"""Rebuilding users' projections on the embedded engine, and proving them, as ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.comparing import Finding, Report, compared, replaced
from streams.embedded import tables
from streams.embedded.database import Database
from streams.embedded.own import make
from streams.embedded.projector import Fold, limits
from streams.embedded.rebuild import (
    fold_rest,
    fold_up_to,
    folded_up_to,
    rows_of,
    scratch,
    snapshot,
)
from streams.folding import Step
from streams.own.standing import how, note, standing_of
from streams.own.table import Own, Unfoldable


def rebuild_own(database: Database, own: Own, step: Step) -> dict[str, Any]:
    """Fold a user's table anew, compare it with the live one, and swap it in where it differs.

    A live one that goes on is compared where it stands. Anything else (new, stopped, of another
    file) is replaced, and stands then at the end of what may be folded.

    Returns:
        Rows, digest, whether the live one was the same, and how many rows differed; with an
        `error` where it could not be folded, and everything is as it was.
    """
    with scratch() as anew:
        anew.execute(tables.ddl(own.table)[0])
        anew.execute("BEGIN")
        fold = Fold(anew, [own.table])
        try:
            with snapshot(database) as store:
                reached = _bounds(store, own)
                fold_up_to(store, fold, reached, step)
            with database.transaction():
                # It may have begun to run meanwhile, from somewhere before.
                bounds = {
                    place: max(end, reached.get(place, 0))
                    for place, end in _bounds(database, own).items()
                }
                fold_rest(database, fold, reached, bounds)
                report, _ = _report(database, anew, own, live=_runs(database, own))
                if not report["same"]:
                    _swap(database, anew, own, bounds)
                return report
        except Unfoldable as fault:
            return _failed(fault)


def verify_own(store: Database, owns: Sequence[Own], step: Step) -> tuple[Report, list[Finding]]:
    """Fold users' tables anew as far as the live ones, and compare; one that is new is no part.

    Args:
        store: One snapshot of the store.
        owns: Which.
        step: Told how many records were folded since it was told last.

    Returns:
        What became of each, and the rows that differ, as `compared` tells them.
    """
    report: Report = {}
    found: list[Finding] = []
    for own in owns:
        state = how(own, standing_of(store, own))
        if state == "new":
            continue
        if state == "changed":
            report[own.name] = _no_rows(
                f"{own.file} has changed since the table was folded:"
                f" run `pactdesk rebuild {own.name}`"
            )
            continue
        with scratch() as anew:
            anew.execute(tables.ddl(own.table)[0])
            anew.execute("BEGIN")
            fold = Fold(anew, [own.table])
            try:
                fold_up_to(store, fold, folded_up_to(store, fold.topics, own.name), step)
                report[own.name], differing = _report(store, anew, own, live=True)
                found += differing
            except Unfoldable as fault:
                report[own.name] = _failed(fault)
    return report, found


def _runs(database: Database, own: Own) -> bool:
    return how(own, standing_of(database, own)) == "running"


def _bounds(database: Database, own: Own) -> dict[tuple[str, int], int]:
    """How far a table is folded anew: as far as one that goes on, else as far as may be by now."""
    topics = frozenset({own.table.topic})
    return (
        folded_up_to(database, topics, own.name)
        if _runs(database, own)
        else limits(database, topics)
    )


def _report(
    store: Database, anew: Database, own: Own, *, live: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """The new rows beside the live ones; without those, nothing of it is the same."""
    table = own.table
    new = rows_of(anew, table.sql_name, table)
    if not live:
        return replaced(new), []
    return compared(own.name, table.columns, rows_of(store, table.sql_name, table), new)


def _failed(fault: Unfoldable) -> dict[str, Any]:
    return _no_rows(f"{fault.place}: {fault.why}")


def _no_rows(error: str) -> dict[str, Any]:
    return {"rows": 0, "digest": "", "same": False, "differing": 0, "error": error}


def _swap(database: Database, anew: Database, own: Own, bounds: dict[tuple[str, int], int]) -> None:
    """Put the new table in the place of the live one, with the positions that it was folded to."""
    make(database, own)
    name, marks = own.table.sql_name, ", ".join("?" * len(own.table.columns))
    database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows_of(anew, name, own.table))
    database.executemany(
        "INSERT INTO read_positions (projection, topic, partition, position, end_position)"
        " VALUES (?, ?, ?, ?, ?)",
        [(own.name, *place, end, end) for place, end in bounds.items()],
    )
    note(database, own)
