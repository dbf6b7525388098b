"""What goes wrong in a play while contacts flow, by name.

A fault gets a number of contacts and lets them flow before, while and after it happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg

from tests.real.disk import fill, small_disk
from tests.real.stage import AGENTS, RECOVERED_SECONDS, WORKERS, Stage
from tests.real.waiting import until

AWAY_SECONDS = 60.0
"""How long a broker is away that is away for long."""

Fault = Callable[[Stage, int], None]


def _claims(url: str) -> dict[int, int]:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        rows = connection.execute(
            "SELECT partition, epoch FROM partitions WHERE domain = 'customer'"
        ).fetchall()
    return {int(partition): int(epoch) for partition, epoch in rows}


def _unsent(url: str) -> bool:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        row = connection.execute("SELECT count(*) FROM outbox").fetchone()
    return row is not None and row[0] > 0


def kill_a_worker(stage: Stage, contacts: int) -> None:
    """SIGKILL of a worker; it is started again."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.cast.kill(stage.chance.choice(WORKERS))


def kill_the_publishers(stage: Stage, contacts: int) -> None:
    """SIGKILL of both workers while turns are decided that are not known to be in the log."""
    with stage.traffic.flowing(contacts):
        until(lambda: _unsent(stage.cluster.url), RECOVERED_SECONDS, "something is unsent")
        for name in WORKERS:
            stage.cast.kill(name)


def kill_the_projector(stage: Stage, contacts: int) -> None:
    """SIGKILL of the projector; it is started again."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.cast.kill("projector")


def make_a_zombie(stage: Stage, contacts: int) -> None:
    """SIGSTOP of a worker until others have its partitions, then SIGCONT: it knows of nothing."""
    name = stage.chance.choice(WORKERS)
    with stage.traffic.flowing(contacts // 2):
        stage.a_while()
        before = _claims(stage.cluster.url)
        with stage.cast.stopped_still(name):
            until(
                lambda: _claims(stage.cluster.url) != before,
                RECOVERED_SECONDS,
                f"somebody takes the partitions of worker {name} over",
            )
            with stage.traffic.flowing(contacts // 4):
                stage.a_while()
    with stage.traffic.flowing(contacts - contacts // 2 - contacts // 4):
        pass


def kill_the_broker(stage: Stage, contacts: int) -> None:
    """SIGKILL of the broker, and a new start on the same log."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.cluster.broker.kill()
        stage.a_while()
        stage.cluster.broker.start()


def broker_away(stage: Stage, contacts: int) -> None:
    """The broker is stopped and stays away for longer than any session."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.cluster.broker.stop()
        threading.Event().wait(AWAY_SECONDS)
        stage.cluster.broker.start()


def restart_the_database(stage: Stage, contacts: int) -> None:
    """PostgreSQL is stopped and started, as for an upgrade."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.cluster.postgres.restart()


def kill_the_database(stage: Stage, contacts: int) -> None:
    """SIGKILL of PostgreSQL with all its children, and a new start on the same data."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.cluster.postgres.kill()
        stage.a_while()
        stage.cluster.postgres.start()


def cut_from_the_database(stage: Stage, contacts: int) -> None:
    """The network between worker `one` and the database breaks and comes back."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.to_database.cut()
        stage.a_while()
        stage.to_database.heal()


def cut_from_the_broker(stage: Stage, contacts: int) -> None:
    """The network between worker `one` and the broker is silent until others have its work."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        before = _claims(stage.cluster.url)
        stage.to_broker.cut(silent=True)
        try:
            until(
                lambda: _claims(stage.cluster.url) != before,
                RECOVERED_SECONDS,
                "somebody takes the partitions of worker one over",
            )
        finally:
            stage.to_broker.heal()


def a_third_worker(stage: Stage, contacts: int) -> None:
    """A third worker joins, works, and leaves in good order."""
    with stage.traffic.flowing(contacts):
        stage.a_while()
        stage.cast.add("three", *AGENTS)
        stage.a_while()
        stage.cast.leave("three")


def fill_the_disk(stage: Stage, contacts: int) -> None:
    """The broker's disk fills up, which ends the broker; it starts when there is space again."""
    with small_disk(stage.cluster.broker):
        with stage.traffic.flowing(contacts):
            stage.a_while()
            ballast = fill(stage.cluster.broker)
            stage.a_while()
            ballast.unlink()
            stage.cluster.broker.start()
        stage.recovered()


FAULTS: dict[str, tuple[Fault, int]] = {
    "a worker is killed": (kill_a_worker, 4),
    "the publishers are killed": (kill_the_publishers, 2),
    "the projector is killed": (kill_the_projector, 2),
    "a worker stands still and wakes as a zombie": (make_a_zombie, 3),
    "the broker is killed": (kill_the_broker, 1),
    "the broker is away": (broker_away, 1),
    "the database is restarted": (restart_the_database, 1),
    "the database is killed": (kill_the_database, 1),
    "a worker is cut from the database": (cut_from_the_database, 1),
    "a worker is cut from the broker": (cut_from_the_broker, 1),
    "a third worker joins and leaves": (a_third_worker, 1),
    "the broker's disk is full": (fill_the_disk, 1),
}
"""Every fault, and how often it happens in a full play."""

MOUNTING = frozenset({"the broker's disk is full"})
"""Faults that can be had only where a file system may be mounted."""
