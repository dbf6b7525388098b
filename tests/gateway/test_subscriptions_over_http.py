"""Subscriptions over HTTP: what the commands do, for who may administer the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.gateway.keys import made
from tests.gateways import CONTACT, Client, gateway, ticket_of
from tests.receivers import answers, receiver
from tests.stores import a_desk
from tests.subscribers import Folder

PATH = "/api/v1/subscriptions"
NOWHERE = "http://127.0.0.1:1/hook"


def test_one_is_made_shown_changed_and_removed(served: Client) -> None:
    added = served.post(PATH, {"url": NOWHERE, "types": ["TicketOpened"], "from": "beginning"})
    assert added.status == 201
    assert added.headers["cache-control"] == "no-store"
    found = added.json
    secret = found.pop("secret")
    one = f"{PATH}/{found['id']}"
    assert served.get(PATH).json["items"] == [found]
    ticket_of(served)
    shown = served.get(one)
    assert shown.json["lag"] > 0
    assert served.post(f"{one}/pause").json["state"] == "paused"
    assert served.post(f"{one}/resume").json["state"] == "active"
    rotated = served.post(f"{one}/rotate")
    assert rotated.headers["cache-control"] == "no-store"
    assert rotated.json["secret"] != secret
    moved = served.post(f"{one}/replay", {"from": "now"}).json
    assert moved["position"] != found["position"]
    assert b"whsec" not in served.get(PATH).body + served.get(one).body
    removed = served("DELETE", one)
    assert (removed.status, removed.body) == (204, b"")
    assert served.get(one).status == 404
    assert served("DELETE", one).status == 404


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "url"),
        ({"url": 7}, 422, "url"),
        ({"url": NOWHERE, "colour": "red"}, 422, "colour"),
        ({"url": NOWHERE, "personal": "yes"}, 422, "personal"),
        ({"url": NOWHERE, "types": "TicketOpened"}, 422, "types"),
        ({"url": NOWHERE, "types": ["TicketLost"]}, 409, "TicketLost"),
        ({"url": "https://10.0.0.1/"}, 409, "private"),
        ({"url": NOWHERE, "from": "yesterday"}, 409, "yesterday"),
        (b"no json", 400, "JSON"),
    ],
)
def test_what_cannot_be_is_told(served: Client, body: object, status: int, says: str) -> None:
    refused = served.post(PATH, body)
    assert refused.status == status
    assert says in refused.json["detail"]
    assert served.get(PATH).json["items"] == []


def test_a_ping_says_what_the_receiver_says(served: Client) -> None:
    with receiver(answers(500, "not today")) as there:
        added = served.post(PATH, {"url": there.url}).json
        one = f"{PATH}/{added['id']}"
        refused = served.post(f"{one}/test")
        assert refused.status == 200
        assert (refused.json["acknowledged"], refused.json["answer"]) == (False, "not today")
        good = served.post(f"{one}/test").json
        assert (good["acknowledged"], good["status"], good["error"]) == (True, 200, None)
        assert there.has(2)[1].verified(added["secret"])
    assert served("DELETE", one).status == 204


def test_nobody_without_the_scope_admin_sees_or_changes_them(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        scopes = ["produce", "read", "desk", "pact"]
        key = made(desk.database, "shop", scopes, desk.clock.now())[0]
        admin = made(desk.database, "ops", ["admin"], desk.clock.now())[0]
    with gateway(tmp_path) as client:
        signed = {"Authorization": f"Bearer {key}"}
        asked = [("GET", PATH), ("POST", PATH), ("GET", f"{PATH}/a"), ("DELETE", f"{PATH}/a")]
        asked += [
            ("POST", f"{PATH}/a/{name}") for name in ("pause", "resume", "rotate", "replay", "test")
        ]
        for method, path in asked:
            refused = client(method, path, None, signed)
            assert refused.status == 403, (method, path)
            assert "admin" in refused.json["detail"]
        good = client("GET", PATH, None, {"Authorization": f"Bearer {admin}"})
        assert good.json == {"items": []}
        refused = client("POST", PATH, {"url": NOWHERE}, {"Authorization": f"Bearer {admin}"})
        assert refused.status == 409, "with keys, this machine is no longer open to all"


def test_what_is_subscribed_over_http_is_sent_by_the_effects(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    with receiver() as there, gateway(folder.data) as client, folder.sending():
        added = client.post(PATH, {"url": there.url, "types": ["ContactReceived"]}).json
        assert client.post("/api/v1/contacts", CONTACT).status == 202
        (got,) = there.has(1)
        assert got.verified(added["secret"])
        record = client.get(f"/api/v1/records/{got.id}").json
    masked = {"handle": None, "message": None, "subject": None, "metadata": None}
    assert got.event["data"] == {**record, "event": {**record["event"], **masked}}
