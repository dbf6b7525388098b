"""What several of these tests begin with: a cluster to work on, processes of ours, a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.cluster import migrating, topics
from streams.cluster.query import PgReader
from streams.settings import Settings
from tests.both import with_a_ticket
from tests.inlets import MemoryLog
from tests.real import Cluster, Postgres
from tests.real.cast import Cast


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path) -> Settings:
    """A cluster with its topics and its tables, on which nobody works yet."""
    found = cluster.settings(tmp_path)
    topics.create(found)
    migrating.migrate(cluster.url)
    return found


@pytest.fixture
def cast(cluster: Cluster, tmp_path: Path) -> Iterator[Cast]:
    """Processes of ours on the cluster; whoever is left is killed."""
    found = Cast(tmp_path, cluster.environment)
    yield found
    found.close()


@pytest.fixture
def log() -> MemoryLog:
    """A log that needs no broker."""
    return MemoryLog()


@pytest.fixture(scope="module")
def url(running_postgres: Postgres) -> Iterator[str]:
    """The address of a database with a ticket in it, for tests that only read."""
    address = running_postgres.fresh_database()
    with_a_ticket(address)
    yield address
    running_postgres.drop(address)


@pytest.fixture
def reader(url: str) -> Iterator[PgReader]:
    """Reads that database by SQL."""
    one = PgReader(url)
    yield one
    one.close()
