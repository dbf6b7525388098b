"""A rebuild dies at any of its statements: the tables that were live stay so, and answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streams.crashpoints import Crashed, CrashPoints
from streams.desk import Desk
from streams.embedded.rebuild import rebuild, verify
from tests.embedded import open_in, take
from tests.sealed import by_hand, contact

ROOT = Path(__file__).resolve().parents[2]
ASKED = "SELECT DISTINCT description FROM v1_tickets"

IN_THE_MIDDLE = """
import sys
from pathlib import Path
from streams.embedded import rebuild, tables
from streams.embedded.opening import open_database

def stop(database):
    print("swapping", flush=True)
    sys.stdin.read()

tables.create_views = stop
rebuild.rebuild(open_database(Path(sys.argv[1])), ())
"""
"""Rebuilds a store, and stands still where the new tables are in and nothing is committed."""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with a row that is not what the log says."""
    with open_in(tmp_path) as desk:
        take(desk, [contact(1)])
    with by_hand(tmp_path) as database:
        database.execute("UPDATE p_tickets SET description = 'odd'")
    return tmp_path


def asked(desk: Desk) -> list[str]:
    return [row["description"] for row in desk.query(ASKED)]


def test_a_rebuild_that_dies_at_any_statement_leaves_the_live_tables_as_they_were(
    store: Path,
) -> None:
    with open_in(store) as reader:
        at = 0
        while asked(reader) == ["odd"]:
            at += 1
            desk = open_in(store)
            points = CrashPoints(desk, at)
            try:
                rebuild(desk.database, ())
            except Crashed:
                assert asked(reader) == ["odd"]
            else:
                assert points.passed < at
            finally:
                desk.close()
        assert at > 20
        assert asked(reader) == ["Hello 1"]
        assert verify(reader.database)["clean"]


def test_the_live_tables_answer_at_every_statement_of_a_rebuild(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_in(store) as reader, open_in(store) as desk:
        answers: list[list[str]] = []
        reach = CrashPoints.reach

        def looked(points: CrashPoints, name: str) -> None:
            answers.append(asked(reader))
            reach(points, name)

        monkeypatch.setattr(CrashPoints, "reach", looked)
        CrashPoints(desk)
        rebuild(desk.database, ())
        assert len(answers) > 20
        assert answers == [["odd"]] * len(answers)
        assert asked(reader) == ["Hello 1"]


def test_a_rebuild_that_is_killed_in_the_middle_of_its_swap_leaves_the_live_tables(
    store: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", IN_THE_MIDDLE, str(store)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"swapping\n"
        with open_in(store) as reader:
            assert asked(reader) == ["odd"]
        child.kill()
    with open_in(store) as desk:
        assert asked(desk) == ["odd"]
        assert not verify(desk.database)["clean"]
        rebuild(desk.database, ())
        assert asked(desk) == ["Hello 1"]
        assert verify(desk.database)["clean"]
