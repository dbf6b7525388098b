"""Topics to which an operator added partitions, which Kafka does not take away again."""

from __future__ import annotations

import json

import pytest
from kafka.admin import NewPartitions

from schemas.topics import CONTACTS, DECISIONS, TICKETS
from streams.clock import WallClock
from streams.cluster import topics
from streams.cluster.desk import ClusterDesk
from streams.cluster.health import examine
from streams.cluster.rebuild import verify
from streams.cluster.recover import recover
from streams.cluster.wire import Outgoing
from streams.errors import NotFound
from streams.settings import Settings
from tests.real import until
from tests.real.cast import Cast

PATIENCE = 60
ADDED = 20
CONTENT_TYPE = json.dumps({"content-type": "application/json"})


def raised(settings: Settings) -> None:
    """Add twelve partitions to an inbox and to both topics of what agents say."""
    with topics.admin(settings) as admin:
        names = (CONTACTS.name, DECISIONS.name, TICKETS.name)
        admin.create_partitions({name: NewPartitions(24) for name in names})


def sent(desk: ClusterDesk, customer: str) -> None:
    """Let a foreign producer, who counts all partitions, send to one that was added."""
    value = {"channel": "email", "customer_id": customer, "message": "I was charged twice"}
    body = json.dumps(value).encode()
    desk.producer.send([Outgoing(CONTACTS.name, ADDED, customer, CONTENT_TYPE, body, "")])


def work(desk: ClusterDesk, cast: Cast, *wanted: str) -> None:
    """Let all roles work until these customers have a ticket each, and nobody else."""
    cast.add("desk", "up", "--port", "0")
    until(lambda: customers(desk) == list(wanted), PATIENCE, lambda: str(customers(desk)))
    cast.leave()
    cast.well()


def customers(desk: ClusterDesk, as_of: str | None = None) -> list[str]:
    """Who has a ticket."""
    sql = "SELECT customer_id FROM v1_tickets ORDER BY 1"
    view = desk if as_of is None else desk.as_of(as_of)
    return [row["customer_id"] for row in view.query(sql)]


def test_a_desk_works_and_recovers_with_partitions_that_were_added(
    settings: Settings, cast: Cast
) -> None:
    raised(settings)
    with ClusterDesk(settings, WallClock()) as desk:
        sent(desk, "ann")
        desk.produce({"channel": "email", "customer_id": "ben", "message": "Where is my card?"})
        work(desk, cast, "ann", "ben")
        before = desk.position()
        sent(desk, "cem")
        assert all(one["same"] for one in recover(settings)["tables"].values())
        work(desk, cast, "ann", "ben", "cem")
        assert customers(desk, before) == ["ann", "ben"]
        with pytest.raises(NotFound, match=f"{DECISIONS.name}/23"):
            desk.as_of(f"{DECISIONS.name}/23/0")
    assert verify(settings)["clean"]


def test_partitions_that_were_added_are_told_of_and_stop_nobody(settings: Settings) -> None:
    raised(settings)
    told = topics.check(settings)
    assert [line.partition(",")[0] for line in told] == [
        f"{name} has 24 partitions" for name in (CONTACTS.name, DECISIONS.name, TICKETS.name)
    ]
    assert topics.required(settings) == told
    assert topics.create(settings) == []
    assert topics.wrong(settings, [CONTACTS.name]) == told[:1]
    by_words = {str(one["what"]): one["ok"] for one in examine(settings)}
    assert [by_words[line] for line in told] == [True, True, True]
