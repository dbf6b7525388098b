"""Fixtures of real components, one set for each process that runs tests; a pytest plugin.

Servers start when a test first asks for them and stay until the process ends; one that a test left
dead (chaos does) is started again for the next. Tests ask for `broker`, `postgres` and
`greenmail`, fixtures of a module for `running_broker` and `running_postgres`.
`cluster` is for one test: it deletes what an earlier test left on the broker and makes a database.
Topics' names are fixed by the contract; this is safe because each process has a broker of its own
and runs one test at a time.

Where a component is missing, its tests are left out and the last lines of the run say which and
how to get it. With PACTDESK_STRICT_TESTS=1 they fail.

Every test that needs a broker bears the mark `broker`: `-m broker` chooses them, `-m "not broker"`
leaves them out.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.real import compose
from tests.real.broker import Broker
from tests.real.cluster import Cluster, emptied
from tests.real.greenmail import GreenMail
from tests.real.postgres import Postgres
from tests.real.process import Missing
from tests.real.server import Server
from tests.real.sockets import close_what_is_dropped

LEFT_OUT = "left out: "

T = TypeVar("T", bound=Server)


@contextmanager
def _left_out_where_missing() -> Iterator[None]:
    """Leave out the tests of a component that this machine does not have."""
    try:
        yield
    except Missing as missing:
        pytest.skip(f"{LEFT_OUT}{missing}")  # laptops alone: in strict mode it fails


@pytest.fixture(scope="session")
def components() -> Iterator[Path]:
    """A folder for real components: others than root may enter it, as PostgreSQL needs."""
    folder = Path(tempfile.mkdtemp(prefix="pactdesk-real-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared_broker(components: Path) -> Iterator[Broker]:
    """The broker of this process, whatever state a test left it in."""
    broker = Broker(components / "kafka", bound=True)
    with _left_out_where_missing():
        broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def shared_postgres(components: Path) -> Iterator[Postgres]:
    """The database server of this process, whatever state a test left it in."""
    with _left_out_where_missing():
        postgres = Postgres(components / "postgres", bound=True)
    postgres.start()
    yield postgres
    postgres.kill()


@pytest.fixture(scope="session")
def shared_greenmail(components: Path) -> Iterator[GreenMail]:
    """The mail server of this process, whatever state a test left it in."""
    with _left_out_where_missing():
        server = GreenMail(components / "greenmail")
        server.start()
    yield server
    server.kill()


def _running(server: T) -> T:
    """A server that a test may have left dead, running."""
    if not server.process.alive():
        server.start()
    return server


@pytest.fixture(scope="module")
def running_broker(shared_broker: Broker) -> Broker:
    """A broker that runs when the module begins, with whatever lies on it."""
    return _running(shared_broker)


@pytest.fixture(scope="module")
def running_postgres(shared_postgres: Postgres) -> Postgres:
    """A database server that runs when the module begins, for databases of a whole module."""
    return _running(shared_postgres)


@pytest.fixture
def broker(shared_broker: Broker) -> Broker:
    """A running broker without topics and consumer groups."""
    emptied(_running(shared_broker))
    return shared_broker


@pytest.fixture
def greenmail(shared_greenmail: GreenMail) -> GreenMail:
    """A running mail server whose mailboxes are empty."""
    _running(shared_greenmail)
    shared_greenmail.emptied()
    return shared_greenmail


@pytest.fixture
def postgres(shared_postgres: Postgres) -> Postgres:
    """A running database server."""
    return _running(shared_postgres)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The address of an empty database of the test's own."""
    url = postgres.fresh_database()
    yield url
    if postgres.process.alive():
        postgres.drop(url)


@pytest.fixture
def cluster(broker: Broker, postgres: Postgres, database: str) -> Cluster:
    """A clean cluster: no topics, no consumer groups, an empty database."""
    return Cluster(broker, postgres, database)


@pytest.fixture(scope="session")
def composecheck() -> Path:
    """The program that reads compose files."""
    with _left_out_where_missing():
        return compose.checker()


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and clients of Kafka close what they open."""
    close_what_is_dropped()
    config.addinivalue_line("markers", "broker: needs a real Kafka (set by the fixtures)")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a broker, before marks choose."""
    for item in items:
        if isinstance(item, pytest.Function) and "shared_broker" in item.fixturenames:
            item.add_marker("broker")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly at the end which components were missing."""
    reasons = {
        str(report.longrepr[2]).partition(LEFT_OUT)[2]
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and LEFT_OUT in report.longrepr[2]
    }
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT TESTED: {reason}", yellow=True, bold=True)
