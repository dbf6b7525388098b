"""The gateway in front of a cluster: the same paths, the same answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

from streams.channels.known import CHANNELS
from streams.engines import desk_of
from streams.gateway.serving import Gateway
from streams.settings import Settings, load
from tests.gateways import CONTACT, Client, Stream
from tests.providers import WHATSAPP
from tests.real import Cluster, until
from tests.real.cast import Cast

PATIENCE = 90
DESKS = 4
"""As many requests as meet each of a gateway's desks once, more or less."""

THEIRS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pactdesk'"
)
"""The connections of ours to this database."""


@pytest.fixture
def client(cluster: Cluster, settings: Settings, cast: Cast, tmp_path: Path) -> Iterator[Client]:
    """A gateway on a cluster where somebody works."""
    del settings  # what it stands for: topics and tables
    cast.add("desk", "up", "--roles", "agents,projections,effects")
    environment = {
        **cluster.environment,
        "PACTDESK_DATA": str(tmp_path / "gateway"),
        **{
            f"PACTDESK_CHANNELS__WHATSAPP__{name.upper()}": value
            for name, value in WHATSAPP.settings.items()
        },
    }
    known, _ = load({}, environment, tmp_path)
    with Gateway(known, port=0) as served:
        one = Client(served.address, known)
        yield one
        one.close()


def test_a_day_over_http_on_a_cluster(client: Client) -> None:
    stream = Stream(client, "/api/v1/stream?type=TicketOpened")
    told = client.post("/api/v1/contacts?wait=30s", {**CONTACT, "provider_id": "m1"})
    assert told.status == 202, told
    ticket, contact = told.json["ticket_id"], told.json["id"]
    assert ticket is not None

    again = client.post("/api/v1/contacts", {**CONTACT, "provider_id": "m1"})
    assert again.json["status"] == "repeat"
    bad = client.post("/api/v1/contacts", {"channel": "fax"})
    assert bad.status == 422

    (opened,) = islice(stream, 1)
    stream.close()
    assert json.loads(opened["data"])["event"]["ticket_id"] == ticket
    resumed = Stream(client, "/api/v1/stream?type=TicketOpened", Last_Event_ID=opened["id"])
    second = client.post("/api/v1/contacts?wait=30s", {**CONTACT, "handle": "ben@example.org"})
    (later,) = islice(resumed, 1)
    resumed.close()
    assert json.loads(later["data"])["event"]["ticket_id"] == second.json["ticket_id"]

    seen = client.get(f"/api/v1/tickets/{ticket}")
    assert seen.json["description"] == CONTACT["message"]
    done = client.post(
        f"/api/v1/tickets/{ticket}/notes", {"text": "She rang."}, Idempotency_Key="n"
    )
    assert (done.status, done.json["status"]) == (200, "done"), done
    stale = client.post(f"/api/v1/tickets/{ticket}/resolve", If_Match=seen.headers["etag"])
    assert (stale.status, stale.json["reason"]) == (409, "stale"), stale
    assert stale.json["changes"][-1]["revision"] == stale.json["revision"]
    resolved = client.post(f"/api/v1/tickets/{ticket}/resolve")
    assert resolved.status == 200, resolved

    position = resolved.headers["pactdesk-position"]
    listed = client.get(f"/api/v1/tickets?status=resolved&min_position={position}&wait=30s")
    assert [one["ticket_id"] for one in listed.json["items"]] == [ticket]
    found = client.get("/api/v1/search?q=charged&in=tickets")
    assert {one["id"] for one in found.json["items"]} == {ticket, second.json["ticket_id"]}
    record = client.get(f"/api/v1/records/{contact}")
    assert record.json["event"]["message"] == CONTACT["message"]
    assert client.get("/api/v1/records/nothing").status == 404
    with desk_of(client.settings) as desk:
        desk.produce({"type": "specialist", "specialist_id": "bo", "name": "Bo"})
    until(lambda: client.get("/api/v1/specialists").json["items"], PATIENCE, "the specialist")
    gone = client.post("/api/v1/specialists/bo/away")
    assert (gone.status, gone.json["status"]) == (200, "done"), gone
    letters = client.get(f"/api/v1/dead-letters?min_position={position}&wait=30s")
    assert [one["dead_letter_id"] for one in letters.json["items"]] == [bad.json["dead_letter_id"]]


def test_a_webhook_is_a_contact_on_a_cluster(client: Client) -> None:
    assert WHATSAPP.name in CHANNELS
    url = f"{client.address}{WHATSAPP.path}"
    for body in (WHATSAPP.one, WHATSAPP.one, WHATSAPP.garbage):
        headers = WHATSAPP.signed(url, body, datetime.now(UTC))
        assert client("POST", WHATSAPP.path, body, headers).status == 200

    def listed(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(path).json["items"]
        return found

    tickets = until(lambda: listed("/api/v1/tickets?channel=whatsapp"), PATIENCE, "the ticket")
    assert len(tickets) == 1
    letters = until(lambda: listed("/api/v1/dead-letters"), PATIENCE, "the dead letter")
    assert [one["handler"] for one in letters] == ["channels/whatsapp"]


def test_connections_that_were_ended_while_they_rested_cost_nobody_an_answer(
    cluster: Cluster, settings: Settings
) -> None:
    asked = ("/api/v1/tickets", "/api/v1/metrics", "/api/v1/tickets") * DESKS
    with (
        Gateway(settings, port=0) as served,
        closing(Client(served.address, settings)) as client,
        psycopg.connect(cluster.url, autocommit=True) as owner,
    ):
        assert {client.get(path).status for path in asked} == {200}
        owner.execute(f"SELECT pg_terminate_backend(pid) {THEIRS}")
        until(lambda: owner.execute(f"SELECT pid {THEIRS}").fetchall() == [], PATIENCE, "ended")
        told = [client.post("/api/v1/contacts", CONTACT).status for _ in range(DESKS)]
        assert (told, {client.get(path).status for path in asked}) == ([202] * DESKS, {200})
