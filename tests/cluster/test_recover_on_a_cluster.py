"""Law 11 on Kafka and PostgreSQL: `recover` makes the case store of the log alone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psycopg
import pytest

from schemas.record import partition_of
from schemas.topics import CONTACTS, DECISIONS, TICKETS
from streams.clock import WallClock
from streams.cluster import migrating, ownership, topics
from streams.cluster.ahead import ahead
from streams.cluster.copying import INBOX
from streams.cluster.desk import ClusterDesk
from streams.cluster.postgres import connect
from streams.cluster.producer import Producer
from streams.cluster.recover import recover
from streams.cluster.wire import Outgoing
from streams.desk import Desk, open_desk
from streams.entry import Entry
from streams.errors import Misconfigured, Refused
from streams.settings import Settings
from tests.commands import Shell
from tests.real import Cluster, invariants
from tests.real.cast import Cast
from tests.real.log import entries

DIALOGUES = 40
RECORDS = (DECISIONS.name, TICKETS.name)
REFOLDED = ("lines", "parked", "seen", "timers", "contact_points")
POSITIONS = "SELECT domain, partition, position FROM partitions WHERE position > 0 ORDER BY 1, 2"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded store on which a part of the demo was worked off."""
    folder = tmp_path_factory.mktemp("played")
    assert Shell(folder)("demo", "--limit", str(DIALOGUES)).status == 0
    return folder


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path) -> Settings:
    """A cluster with its topics and its tables."""
    found = cluster.settings(tmp_path)
    topics.create(found)
    migrating.migrate(cluster.url)
    return found


@pytest.fixture
def cast(cluster: Cluster, settings: Settings, tmp_path: Path) -> Iterator[Cast]:
    """Processes of ours."""
    found = Cast(tmp_path, cluster.environment)
    yield found
    found.close()


def work(cluster: Cluster, cast: Cast, *arguments: str) -> None:
    """Let all roles work off what waits, and stop them."""
    cast.add("desk", "up", *arguments)
    invariants.quiet(cluster)
    cast.leave()
    cast.well()


def lose(cluster: Cluster, *tables: str) -> None:
    """Empty the case store, and forget how far it was."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for table in tables:
            connection.execute(f"TRUNCATE {table}")
        connection.execute("UPDATE partitions SET position = 0, clock = 0")


def happened(desk: ClusterDesk, number: int) -> None:
    """A few customers write, one turns out to be another, a reply is written, a line is bad."""
    people = [f"p{number}{n}@example.org" for n in range(12)]
    desk.produce(
        *({"channel": "email", "handle": who, "message": "My order is late!"} for who in people),
        {"type": "customer", "customer_id": f"ann{number}", "handles": {"email": [people[0]]}},
        {"type": "specialist", "specialist_id": "bo", "name": "Bo", "languages": ["en"]},
        {"channel": "email", "handle": people[0], "message": "Where is it?"},
    )
    desk.intake.documents(["no line"])
    Foreign = json.dumps({"channel": "slack", "handle": f"U{number}", "message": "Hello?"})
    desk.producer.send(
        [
            Outgoing(CONTACTS.name, n, None, "{}", Foreign.encode(), "")
            for n in ((partition_of("x") + number) % 12, 3)
        ]
        + [Outgoing(CONTACTS.name, 5, "key", "{}", b"rubbish", "")]
    )


def merged(desk: ClusterDesk, number: int) -> None:
    """Two customers are one."""
    rows = desk.query("SELECT ticket_id, customer_id FROM v1_tickets ORDER BY ticket_id LIMIT 2")
    (one, other) = rows
    handle = f"p{number}5@example.org"
    desk.produce(
        {
            "type": "link",
            "channel": "email",
            "handle": handle,
            "customer_id": one["customer_id"],
            "by": "bo",
        },
        {"type": "note", "ticket_id": other["ticket_id"], "text": "odd", "by": "bo"},
        {"type": "resolve", "ticket_id": other["ticket_id"], "by": "bo"},
        {"type": "close", "ticket_id": one["ticket_id"], "by": "bo"},
    )


def test_b(cluster: Cluster, settings: Settings, cast: Cast) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        happened(desk, 1)
        work(cluster, cast)
        merged(desk, 1)
        happened(desk, 2)
    work(cluster, cast)
    before = invariants.digests(cluster.url, (*REFOLDED, "claims"))
    stood = invariants.rows(cluster.url, POSITIONS)
    assert ahead(settings, connect(cluster.url)) == []
    report = recover(settings)
    print(report)
    assert all(one["same"] for one in report["tables"].values())
    lose(cluster, *REFOLDED, "claims", "partitions", "read_positions")
    print(ahead(settings, connect(cluster.url)))
    report = recover(settings)
    print(report)
    after = invariants.digests(cluster.url, (*REFOLDED, "claims"))
    print(sorted(set(stood) ^ set(invariants.rows(cluster.url, POSITIONS))))
    print([n for n in before if before[n]!= after[n]])
    assert before == after
    assert stood == invariants.rows(cluster.url, POSITIONS)
