"""Refolding the embedded case store from its own log: one transaction swaps it in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.topics import INBOX_NAMES
from streams.embedded.database import Database, only_worker
from streams.embedded.log import SqliteLog
from streams.embedded.rebuild import missing_records
from streams.embedded.store import CaseStore
from streams.entry import Entry, Place
from streams.errors import Misconfigured
from streams.extent import Evidence, named
from streams.folding import Step
from streams.recovered import ROWS, Report, compared, refuse_worse, rows_of, scratch
from streams.recovering import Refolding
from streams.store import FOLDED
from streams.surveying import learn, survey

_TABLES = {
    **ROWS,
    "seen": ("id",),
    "positions": ("topic", "partition", "position", "clock"),
}


def recover(database: Database, step: Step = lambda _: None) -> Report:
    """Fold the case store anew from the log, and put it in the place of the one that is there.

    Others may produce and read meanwhile.

    Args:
        database: The store.
        step: Told how many records were read or folded since it was told last.

    Raises:
        Refused: A worker is at work on the store; or the log lacks something, and the store not.
        Misconfigured: The log is damaged, or a later release wrote it.
    """
    missing = next(missing_records(database), None)
    if missing is not None:
        raise Misconfigured(
            f"records are missing from the log ({missing})",
            "restore the store from a backup; nothing was changed",
        )
    with only_worker(database.path.parent), scratch() as anew:
        read = survey(database, anew, _place, step)
        refolding = Refolding(database, anew, evidence(database), step)
        refolding.run()
        with database.durably():
            survey(database, anew, _place, after=read)
            learn(database, anew, lambda entry: _is_first(database, entry))
            tables = {
                name: compared(name, _anew(anew, name), _rows(database, name)) for name in _TABLES
            }
            (lines,) = database.execute("SELECT count(*) FROM lines").fetchone()
            refuse_worse(refolding.gaps, lines)
            for name, one in tables.items():
                if not one["same"]:
                    _replace(database, anew, name)
    return {
        "records": refolding.taken,
        "tables": tables,
        "left": {named(place): count for place, count in refolding.left.items()},
        "gaps": refolding.gaps,
    }


def _place(entry: Entry) -> float:
    return float(entry.seq)


def _is_first(database: Database, entry: Entry) -> bool:
    """Whether the intake took an entry in: a repeat it does not."""
    first = SqliteLog(database).find(entry.id)
    return first is not None and first.seq == entry.seq


def evidence(database: Database) -> Evidence:
    """How far the inboxes were taken, by the store's own account and by that of its tables."""
    stood = CaseStore(database).positions()
    known: dict[Place, int] = {place: position for place, (position, _) in stood.items()}
    rows = database.execute(FOLDED)
    for topic, partition, position in rows:
        if topic in INBOX_NAMES:
            known[topic, partition] = max(position, known.get((topic, partition), 0))
    return Evidence(
        known=known,
        hinted={},
        native=lambda _: True,
        forwarded=lambda _: None,
        clocks={place: clock for place, (_, clock) in stood.items()},
        letters_are_seen=True,
    )


def _anew(anew: Database, name: str) -> Iterator[tuple[Any, ...]]:
    return rows_of(anew, name) if name in ROWS else _rows(anew, name)


def _rows(database: Database, name: str) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(_TABLES[name])
    return iter(database.execute(f"SELECT {columns} FROM {name} ORDER BY {columns}"))


def _replace(database: Database, anew: Database, name: str) -> None:
    columns = _TABLES[name]
    database.execute(f"DELETE FROM {name}")
    database.executemany(
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        _anew(anew, name),
    )
