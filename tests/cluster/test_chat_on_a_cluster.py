"""The chat and the page of a survey in front of a cluster: the same as before one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from streams.engines import desk_of
from streams.gateway.serving import Gateway
from streams.settings import Settings, load
from streams.survey_links import PURPOSE, token
from tests.chatting import FLAGS, Page, identity
from tests.gateways import CONTACT, Client
from tests.real import Cluster, until
from tests.real.cast import Cast

PATIENCE = 90


@pytest.fixture
def environment(cluster: Cluster, settings: Settings, cast: Cast, tmp_path: Path) -> dict[str, str]:
    """A cluster where somebody works, and the chat is on."""
    del settings  # what it stands for: topics and tables
    cast.add("desk", "up", "--roles", "agents,projections,effects")
    flags = {f"PACTDESK_{name.upper()}": value for name, value in FLAGS.items()}
    return {**cluster.environment, "PACTDESK_DATA": str(tmp_path / "gateway"), **flags}


@contextmanager
def served(environment: dict[str, str], tmp_path: Path, port: int = 0) -> Iterator[Client]:
    known, _ = load({}, environment, tmp_path)
    with Gateway(known, port=port) as up:
        client = Client(up.address, known)
        try:
            yield client
        finally:
            client.close()


def found(client: Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(path).json["items"]
    return items


def test_a_visitor_is_answered_signs_in_and_misses_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with served(environment, tmp_path) as client:
        page, stranger = Page(client), Page(client)
        page.begin()
        stranger.begin()
        first = page.say("My parcel is lost", "1").json
        assert page.say("My parcel is lost", "1").json == {**first, "status": "repeat"}
        assert page.say("Another thing", "1").status == 409
        tab = page.listen()
        mine = tab.said()
        assert (mine["id"], mine["message_id"]) == (first["id"], "1")
        assert tab.next("state").data == {"id": first["id"], "state": "received"}
        (ticket,) = until(
            lambda: found(client, "/api/v1/tickets?channel=chat_widget"), PATIENCE, "the ticket"
        )
        replies = f"/api/v1/tickets/{ticket['ticket_id']}/replies"
        assert client.post(replies, {"text": "We found it"}).status in {200, 202}
        confirmation, reply = tab.said(), tab.said()
        assert (confirmation["kind"], reply["text"]) == ("confirmation", "We found it")
        assert page.ask("read", {"messages": [reply["id"]]}).status == 202
        address = f"/api/v1/deliveries?state=read&ticket_id={ticket['ticket_id']}"
        read = until(lambda: found(client, address), PATIENCE, "it is read")
        assert [one["request_id"] for one in read] == [reply["id"]]
        port = int(client.address.rpartition(":")[2])
    with served(environment, tmp_path, port) as client:
        page.client = client
        told = page.begin(identity=identity("42", name="Ann"))
        texts = [one["text"] for one in told["messages"]]
        assert (texts[0], texts[-1]) == ("My parcel is lost", "We found it")
        assert client.post(replies, {"text": "Is there anything else?"}).status in {200, 202}
        assert tab.said()["text"] == "Is there anything else?"
        tab.close()
        until(
            lambda: [one for one in found(client, "/api/v1/customers") if one["name"] == "Ann"],
            PATIENCE,
            "she is known",
        )
        joined = until(
            lambda: [one for one in found(client, "/api/v1/customers") if one["merged_into"]],
            PATIENCE,
            "the visitor is she",
        )
        assert len(joined) == 1


def test_a_survey_is_answered_on_its_page(environment: dict[str, str], tmp_path: Path) -> None:
    with served(environment, tmp_path) as client:
        told = client.post("/api/v1/contacts?wait=30s", CONTACT)
        ticket = f"/api/v1/tickets/{told.json['ticket_id']}"
        assert client.post(f"{ticket}/replies", {"text": "We paid it back"}).status in {200, 202}
        assert client.post(f"{ticket}/resolve").status in {200, 202}
        sent = until(
            lambda: found(client, "/api/v1/deliveries?kind=survey"), PATIENCE, "the survey"
        )
        at = datetime.fromisoformat(sent[0]["requested_at"])
        with desk_of(client.settings, works=False) as desk:
            key = desk.intake.resolver.key_for(PURPOSE)
        page = f"/s/{token(sent[0]['request_id'], at, key)}"
        assert client.get(page).status == 200
        for _ in range(2):
            assert client("POST", page, b"score=4&comment=Good&more=yes").status == 200
        rated = until(
            lambda: [
                one
                for one in found(client, "/api/v1/tickets?status=triaged")
                if one["satisfaction_score"] is not None
            ],
            PATIENCE,
            "it is rated, and open again",
        )
        assert [(one["satisfaction_score"], one["reopened"]) for one in rated] == [(4, 1)]
        records = client.get(f"/api/v1/records/{sent[0]['request_id']}").json["event"]
        assert "http" not in records["parts"][-1]
