"""Why, where foreign producers chose the ids: short ones, and those of other chains."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Producer as Confluent

from schemas.topics import CONTACTS
from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
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
