"""A store of another release has the tables of this one as soon as it is opened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.clock import ManualClock
from streams.desk import Desk
from streams.embedded import rebuild
from streams.embedded.database import Database
from streams.search import Wanted, terms_of
from streams.testing import START
from tests.documents import ROOT
from tests.stores import a_desk


def store(folder: Path) -> None:
    with a_desk(folder, ManualClock(START)) as desk:
        for name in ("ann", "bo"):
            desk.produce({"channel": "email", "handle": name, "message": "I was charged twice."})
        desk.run()


def without_a_table(database: Database) -> None:
    database.execute("DROP TABLE p_sla")


def with_another_column(database: Database) -> None:
    database.execute("ALTER TABLE p_tickets ADD COLUMN mood TEXT")


def with_another_view(database: Database) -> None:
    database.execute("DROP VIEW v1_alerts")
    database.execute("CREATE VIEW v2_alerts AS SELECT 1 AS one")


def without_an_index(database: Database) -> None:
    database.execute("DROP TABLE f_texts")


@pytest.mark.parametrize(
    "other", [without_a_table, with_another_column, with_another_view, without_an_index]
)
def test_what_another_release_made_is_made_anew_from_the_log(
    tmp_path: Path, other: Callable[[Database], None]
) -> None:
    store(tmp_path)
    with a_desk(tmp_path) as desk:
        before = made(desk)
        other(desk.database)
        desk.database.set_meta("tables.made", "by another release")
    with a_desk(tmp_path) as desk:
        assert made(desk) == before
        assert rebuild.verify(desk.database)["clean"]
        assert desk.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 2}]
        found = desk.search(Wanted(terms_of("charged"), kinds=("messages",)))
        assert len(found) == 2


def made(desk: Desk) -> list[tuple[str, str]]:
    return desk.database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def test_opening_a_store_of_this_release_folds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path)
    renewed: list[Database] = []
    monkeypatch.setattr(rebuild, "renew", renewed.append)
    with a_desk(tmp_path):
        assert renewed == []


def test_a_table_that_is_added_holds_what_the_log_held_before(tmp_path: Path) -> None:
    """In a process of its own, where the table is in the list before anything reads it."""
    program = """
import sys
import msgspec
from projections import tables
from projections.tables.table import Table, by
from schemas.events.contacts import ContactReceived

class Pigeon(msgspec.Struct, frozen=True):
    customer_id: str
    letters: int = 0

def evolve(row, record, key):
    return Pigeon(key, 1 if row is None else row.letters + 1)

KINDS = frozenset({ContactReceived})
TABLE = Table("pigeons", ContactReceived.TOPIC, Pigeon, by("customer_id", KINDS), evolve, KINDS)
tables.TABLES = (*tables.TABLES, TABLE)

import pactdesk

with pactdesk.open(sys.argv[1], clock=pactdesk.ManualClock("2026-03-03T08:00:00Z")) as desk:
    desk.produce({"channel": "email", "handle": "ann", "message": "Hello?"})
    desk.run()
    print(desk.database.execute("SELECT letters FROM p_pigeons ORDER BY 1").fetchall())
"""
    store(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[(1,), (2,)]\n", done.stderr
