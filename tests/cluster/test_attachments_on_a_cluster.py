"""Files on a cluster: fetched by one process into a shared folder, served by another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streams.gateway.serving import Gateway
from streams.settings import Settings, load
from tests.fileservers import PNG, FileServer, gives, serving, trickles
from tests.gateway.test_replies_with_files import sent
from tests.gateways import Client
from tests.real import Cluster, until
from tests.real.cast import Cast

PATIENCE = 60


@pytest.fixture
def server() -> Iterator[FileServer]:
    answers = {"/a": gives(), "/b": gives(PNG * 2), "/slow": trickles(b"a", ends=False)}
    with serving(answers) as one:
        yield one


@pytest.fixture
def shared(settings: Settings, server: FileServer, tmp_path: Path) -> dict[str, str]:
    """What the processes have in common; their folder is the cast's."""
    del settings  # what it stands for: topics and tables
    return {
        "PACTDESK_DATA": str(tmp_path / "data"),
        "PACTDESK_ATTACHMENTS__SECONDS": "3000",
        "PACTDESK_CHANNELS__SLACK__API_BASE_URL": f"{server.address}/api",
    }


@contextmanager
def gateway(cluster: Cluster, shared: dict[str, str], folder: Path) -> Iterator[Client]:
    known, _ = load({}, {**cluster.environment, **shared}, folder)
    with Gateway(known, port=0) as served:
        client = Client(served.address, known)
        try:
            yield client
        finally:
            client.close()


def files(server: FileServer, *paths: str) -> dict[str, Any]:
    """A contact with these files."""
    return {
        "channel": "slack",
        "handle": "U1",
        "message": "see",
        "provider_id": "".join(paths),
        "attachments": [
            {"name": path, "media_type": "image/png", "size": 0, "url": server.url(path)}
            for path in paths
        ],
    }


def rows(client: Client, state: str) -> list[dict[str, Any]]:
    found = client.get(f"/api/v1/attachments?state={state}")
    assert found.status == 200, found
    items: list[dict[str, Any]] = found.json["items"]
    return items


def test_a_file_is_fetched_kept_and_served(
    cluster: Cluster, cast: Cast, shared: dict[str, str], server: FileServer, tmp_path: Path
) -> None:
    cast.add("desk", "up", "--roles", "agents,projections,effects", **shared)
    with gateway(cluster, shared, tmp_path) as client:
        taken = client.post("/api/v1/contacts?wait=30s", files(server, "/a", "/none", "/b"))
        assert taken.status == 202, taken
        until(lambda: len(rows(client, "stored")) == 2, PATIENCE, "two files are kept")
        until(lambda: len(rows(client, "refused")) == 1, PATIENCE, "one is not there")
        for one in rows(client, "stored"):
            whole = PNG if one["name"] == "/a" else PNG * 2
            answer = client.get(f"/api/v1/attachments/{one['attachment_id']}")
            assert (answer.status, answer.body) == (200, whole)
            assert (one["size"], one["media_type"]) == (len(whole), "image/png")
        (said, *_) = client.get(f"/api/v1/tickets/{taken.json['ticket_id']}/timeline").json[
            "interactions"
        ]
        states = [one["state"] for one in said["attachments"]]
        assert states == ["stored", "refused", "stored"]
    assert sorted(server.paths) == ["/a", "/b", "/none"]


def test_another_fetches_when_the_one_that_did_is_killed(
    cluster: Cluster, cast: Cast, shared: dict[str, str], server: FileServer, tmp_path: Path
) -> None:
    """It dies in the middle of a file: that one is asked for again, and no other."""
    cast.add("desk", "up", "--roles", "agents,projections", **shared)
    cast.add("one", "up", "--roles", "effects", **shared)
    with gateway(cluster, shared, tmp_path) as client:
        client.post("/api/v1/contacts?wait=30s", files(server, "/slow", "/a"))
        until(lambda: len(rows(client, "stored")) == 1, PATIENCE, "the other file is kept")
        cast.add("two", "up", "--roles", "effects", **shared)
        assert sorted(server.paths) == ["/a", "/slow"]
        server.answers["/slow"] = gives()
        cast.kill("one")
        until(lambda: len(rows(client, "stored")) == 2, PATIENCE, "the file is kept")
    assert sorted(server.paths) == ["/a", "/slow", "/slow"]


def test_a_file_of_a_reply_is_kept_shown_and_linked(
    cluster: Cluster, cast: Cast, shared: dict[str, str], tmp_path: Path
) -> None:
    public = {**shared, "PACTDESK_GATEWAY__PUBLIC_URL": "https://desk.example"}
    cast.add("desk", "up", "--roles", "agents,projections,effects", **public)
    mailbox = tmp_path / "data" / "mailbox" / "slack"
    with gateway(cluster, public, tmp_path) as client:
        contact = {"channel": "slack", "handle": "U1", "message": "see", "provider_id": "m1"}
        ticket = client.post("/api/v1/contacts?wait=30s", contact).json["ticket_id"]
        assert sent(client, ticket, [("photo.png", PNG)]).status in {200, 202}
        until(lambda: len(rows(client, "stored")) == 1, PATIENCE, "the file stands in the view")
        (row,) = rows(client, "stored")
        assert (row["direction"], row["name"]) == ("out", "photo.png")
        assert client.get(f"/api/v1/attachments/{row['attachment_id']}").body == PNG
        letter = mailbox / f"{row['interaction_id']}.txt"
        until(letter.exists, PATIENCE, "the reply is out")
        (link,) = re.findall(r"https://desk\.example(/f/\S+)", letter.read_text())
        assert client.get(link).body == PNG
        assert client.get(link[:-1]).status == 404
