"""Why, where foreign producers chose the ids: short ones, and those of other chains."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer as Confluent
from kafka import KafkaProducer

from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from schemas.topics import CONTACTS, PARTITIONS
from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.cluster.wire import headers_of, outgoing
from streams.filters import Filter
from streams.settings import Settings
from streams.showing import record_line
from tests.real import Cluster, until
from tests.real.cast import Cast

PATIENCE = 90
CHOSEN: dict[str, dict[str, str | bytes | None]] = {
    "42": {},
    "an-id-of-the-shop": {},
    "mail-9": {"ce_correlationid": "order-991", "ce_causationid": "click-1"},
}
"""What a shop calls its records, and what else it says of them."""


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A tree's nodes, down to the root of each chain."""
    for one in tree.get("changes", [tree]):
        at = one
        while at is not None:
            yield at
            at = at.get("cause")


def test_every_chain_leads_to_the_record_that_was_taken(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    shop = Confluent({"bootstrap.servers": cluster.broker.bootstrap})
    for number, said in CHOSEN.items():
        contact = {
            "channel": "email",
            "handle": f"{number}@example.org",
            "message": f"Where is my card? {number}",
            "provider_id": f"by {number}",
        }
        headers = {**said, "content-type": "application/json", "ce_id": number}
        shop.produce(CONTACTS.name, json.dumps(contact).encode(), headers=headers)
    assert shop.flush(60) == 0
    cast.add("desk", "up")
    tickets = "SELECT ticket_id, description FROM v1_tickets"
    with ClusterDesk(settings, WallClock()) as desk:
        until(lambda: len(desk.query(tickets)) == len(CHOSEN), PATIENCE, "the tickets' rows")
        for row in desk.query(tickets):
            number = row["description"].rpartition(" ")[2]
            roots = desk.why(row["ticket_id"])
            found = {node["type"] for node in nodes(roots)}
            assert "unreadable" not in found, number
            lost = {node["id"] for node in nodes(roots) if node["type"] == "unknown"}
            assert lost <= {"click-1"}, number
            root = desk.why(number)
            assert (root["type"], root["id"]) == ("ContactReceived", number)
            assert root in list(nodes(roots))
        lines = [
            record_line(*one)
            for one in desk.placed(Filter(topic=CONTACTS.name))
            if one[0].id in CHOSEN
        ]
        assert sorted(line["type"] for line in lines) == [
            *["ContactReceived"] * len(CHOSEN),
            *["Foreign"] * len(CHOSEN),
        ]


def test_nobody_s_clock_hides_what_a_chain_begins_with(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    now = datetime.now(UTC)
    clocks = {"ahead": now + timedelta(minutes=50), "behind": now - timedelta(days=30)}
    told = {name: int(at.timestamp() * 1000) for name, at in clocks.items()} | {"none": -1000}
    shop = KafkaProducer(bootstrap_servers=cluster.broker.bootstrap)
    for name, milliseconds in told.items():
        event = ContactReceived(
            channel="email", customer_id=name, message="Where is my card?", provider_id=name
        )
        number = contact_id("email", name)
        ready = outgoing(
            Record(id=number, key=name, at=now, by="shop", event=event, correlation=number)
        )
        shop.send(
            ready.topic,
            ready.value,
            name.encode(),
            headers_of(ready.headers),
            ready.partition,
            milliseconds,
        )
    for partition, name in {"77": "nowhere", "5": "itself"}.items():
        contact = {"channel": "email", "customer_id": name, "message": "Where?"}
        copied = {
            "ce_sourcetopic": CONTACTS.name,
            "ce_sourcepartition": partition,
            "ce_sourceoffset": "0",
            "ce_id": f"mine {name}",
            "ce_correlationid": "theirs",
        }
        shop.send(
            CONTACTS.name,
            json.dumps(contact).encode(),
            headers=headers_of(json.dumps(copied)),
            partition=int(partition) % PARTITIONS,
        ).get(30)
    shop.close()
    cast.add("desk", "up")
    tickets = "SELECT ticket_id, customer_id FROM v1_tickets"
    with ClusterDesk(settings, WallClock()) as desk:
        until(lambda: len(desk.query(tickets)) == 2 + len(told), PATIENCE, "the tickets' rows")
        for row in desk.query(tickets):
            types = [node["type"] for node in nodes(desk.why(row["ticket_id"]))]
            assert "unknown" not in types, row["customer_id"]
            assert "ContactReceived" in types
        for name in ("nowhere", "itself"):
            assert desk.why(f"mine {name}")["id"] == f"mine {name}"
        then = desk.as_of((now - timedelta(days=1)).isoformat(), occurred=True)
        assert then.query("SELECT 1 AS one FROM v1_tickets") == []
