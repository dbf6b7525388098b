"""Law 7, where the database may crash: what is sent is on the database's disk already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
import pytest

from streams.cluster import migrating, outbox, publisher
from streams.cluster.outbox import Batch
from streams.cluster.ownership import claim
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.wire import Outgoing
from tests.stepped import InlinePublisher

ROUNDS = 5


class Disk:
    """A broker that looks at the database's disk whenever something comes.

    Args:
        url: The database.
    """

    def __init__(self, url: str) -> None:
        self.worker = connect(url)
        self.worker.execute("SET synchronous_commit = off")
        self.publishing = connect(url)
        self.publisher = InlinePublisher(self.publishing, self, self._failed)
        self.others = connect(url)
        self.seen: list[bool] = []
        self.to_do = 0
        self._owned = claim(self.worker, "customer", 0, "it")
        self._committed = "0/0"

    def decide(self) -> None:
        """A turn is committed and handed to the publisher."""
        said = [Outgoing("support.decisions.v1", 0, "ann", "{}", b"", "x")]
        with self.worker.transaction():
            turn = self._owned.turn + 1
            batch = Batch("customer", 0, turn, said)
            self.worker.execute(
                "INSERT INTO outbox (domain, partition, turn, records) VALUES (?, ?, ?, ?)",
                (*batch[:3], outbox.packed(said)),
            )
        self._owned.turn = turn
        self._committed = str(_one(self.worker, "SELECT pg_current_wal_insert_lsn()"))
        self.publisher.publish(batch)

    def send(self, batch: Sequence[Outgoing]) -> None:
        """Note whether the last commit is on the disk; then a take-over and a turn come between."""
        assert batch
        on_disk = "SELECT pg_current_wal_flush_lsn() >= ?::pg_lsn"
        self.seen.append(bool(_one(self.others, on_disk, self._committed)))
        if self.to_do:
            self.to_do -= 1
            self.others.execute("DELETE FROM outbox")
            self.decide()

    def close(self) -> None:
        """End the connections."""
        for database in (self.worker, self.others, self.publishing):
            database.close()

    def _failed(self, error: BaseException) -> None:
        raise error


def _one(database: PgDatabase, sql: str, *values: object) -> object:
    row = database.execute(sql, values).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(name="disk")
def _disk(database: str) -> Iterator[Disk]:
    migrating.migrate(database)
    disk = Disk(database)
    yield disk
    disk.close()


def test_a_turns_commit_is_on_the_disk_before_it_is_sent(disk: Disk) -> None:
    for _ in range(ROUNDS):
        disk.decide()
        disk.publisher.work()
    disk.publisher.drain("customer", 0)  # the last rows go with whatever comes next
    assert disk.seen == [True] * ROUNDS, "and nothing was left to be sent"
    assert _one(disk.others, "SELECT count(*) FROM outbox") == 0


def test_so_it_is_where_another_owner_has_let_the_rows_go(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letting nothing go is no commit, so that it brings nothing to the disk."""
    monkeypatch.setattr(publisher, "MOST_AT_ONCE", 1)
    disk.to_do = ROUNDS
    disk.decide()
    disk.publisher.work()
    assert disk.seen == [True] * (ROUNDS + 1)


def test_so_it_is_where_the_server_would_not_wait_for_the_disk(database: str) -> None:
    migrating.migrate(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ALTER ROLE current_user SET synchronous_commit = off")
        try:
            disk = Disk(database)
            assert _one(disk.publishing, "SHOW synchronous_commit") == "on"
            disk.close()
        finally:
            connection.execute("ALTER ROLE current_user RESET synchronous_commit")
