"""On a cluster: what a colleague writes in a customer's thread is on its ticket."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from streams.gateway.serving import Gateway
from streams.settings import Settings, load
from tests.gateways import Client
from tests.providers import SLACK, by_slack, sent
from tests.real import Cluster, until
from tests.real.cast import Cast

PATIENCE = 120


def test_a_colleague_s_words_are_a_note_and_a_marked_one_is_a_reply(
    settings: Settings, cluster: Cluster, cast: Cast, tmp_path: Path
) -> None:
    del settings  # what it stands for: topics and tables
    cast.add("desk", "up", "--roles", "agents,projections")
    slack = {**SLACK.settings, "colleagues": "U0LBN4C7E=bo"}
    environment = {f"PACTDESK_CHANNELS__SLACK__{k.upper()}": v for k, v in slack.items()}
    known, _ = load({}, {**cluster.environment, **environment}, tmp_path)
    with Gateway(known, port=0) as served:
        client = Client(served.address, known)

        def say(name: str, **changes: str) -> None:
            body = json.loads(sent("slack", name))
            body["event"].update(changes)
            raw = json.dumps(body).encode()
            signed = by_slack("", raw, datetime.now(UTC))
            assert client("POST", SLACK.path, raw, signed).status == 200

        def by_bo() -> list[tuple[str, str]]:
            rows = client.get("/api/v1/interactions").json["items"]
            return sorted((r["kind"], r["ticket_id"]) for r in rows if r["agent_id"] == "bo")

        say("message.json")
        (ticket,) = until(
            lambda: client.get("/api/v1/tickets").json["items"], PATIENCE, "there is a ticket"
        )
        say("thread_by_a_colleague.json")
        say("thread_by_a_colleague.json", text="reply: It is refunded.", ts="1772442190.000100")
        until(lambda: len(by_bo()) == 2, PATIENCE, "both stand on a ticket")
        number = ticket["ticket_id"]
        assert by_bo() == [("agent_reply", number), ("note", number)]
        assert len(client.get("/api/v1/tickets").json["items"]) == 1
        client.close()
    cast.leave()
    cast.well()
