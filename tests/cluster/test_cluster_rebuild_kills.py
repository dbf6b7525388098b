"""A rebuild on a cluster is killed: the live tables stay as they were, the next one ends well."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.cluster.projector import Projector
from streams.cluster.rebuild import rebuild, verify
from streams.settings import Settings
from tests.projecting import SECONDS, event_of, opened, ready, rows, send
from tests.real import Cluster, until

ROOT = Path(__file__).resolve().parents[2]

REBUILDING = """
import sys
from streams.cluster import rebuild, tables
from streams.settings import load

def stop(*_):
    print("there", flush=True)
    sys.stdin.read()

if sys.argv[1] == "swapping":
    tables.create_views = stop
    step = lambda _: None
else:
    step = stop
rebuild.rebuild(load()[0], (), step)
"""
"""Rebuilds the tables of a cluster, and stands still where records are folded and nothing is
compared, or where the new tables have the names of the live ones and nothing is committed."""

OURS = (
    "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'i', 'v')"
    " AND relnamespace = 'public'::regnamespace ORDER BY 1"
)


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path) -> Settings:
    """A cluster with a ticket of three events, whose row is not what the log says."""
    found = ready(cluster, tmp_path)
    send(found, [event_of("T1", n, "ann", n - 1, n, n - 1 or None) for n in (1, 2, 3)])
    Projector(found).catch_up()
    rows(found, "UPDATE p_tickets SET subject = 'odd' RETURNING 1")
    return found


@contextmanager
def rebuilding(cluster: Cluster, place: str) -> Iterator[None]:
    """A rebuild in a process of its own, which stands still at a place; it is killed in the end."""
    with subprocess.Popen(
        [sys.executable, "-c", REBUILDING, place],
        cwd=ROOT,
        env=cluster.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"there\n"
        yield
        child.kill()


def subject(settings: Settings) -> object:
    ((found,),) = rows(settings, "SELECT subject FROM v1_tickets")
    return found


def alone(settings: Settings) -> bool:
    """Whether nobody else is in the database: what a killed process had begun is undone."""
    with opened(settings) as database:
        others = database.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return others.fetchone() is None


def test_a_rebuild_that_is_killed_leaves_the_live_tables_and_the_next_one_ends_well(
    cluster: Cluster, settings: Settings
) -> None:
    made = rows(settings, OURS)
    for place in ("folding", "swapping"):
        with rebuilding(cluster, place):
            if place == "folding":
                assert subject(settings) == "odd", "it answers meanwhile"
        until(lambda: alone(settings), SECONDS, "its transaction is undone")
        assert subject(settings) == "odd"
        assert rows(settings, OURS) == made
        assert not verify(settings)["clean"]
    send(settings, [event_of("T1", 4, "ann", 3, 4, 3)])
    Projector(settings).catch_up()
    report = rebuild(settings, ())
    assert [name for name, one in report.items() if not one["same"]] == ["tickets"]
    assert subject(settings) == "S"
    assert rows(settings, OURS) == made
    assert verify(settings)["clean"]
