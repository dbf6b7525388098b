"""What somebody changes on WhatsApp, or takes back, is an event of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.gateways import Client, gateway, worker
from tests.providers import WHATSAPP, sent
from tests.real import until

FIRST = json.loads(sent("whatsapp", "text.json"))


def changed(kind: str, change: dict[str, Any]) -> bytes:
    """What Meta tells where the first message was changed."""
    body = json.loads(json.dumps(FIRST))
    (message,) = body["entry"][0]["changes"][0]["value"]["messages"]
    told = {"original_message_id": message["id"], **change}
    about = {"from": message["from"], "timestamp": str(int(message["timestamp"]) + 60)}
    body["entry"][0]["changes"][0]["value"]["messages"] = [
        {**about, "id": f"wamid.{kind}", "type": kind, kind: told}
    ]
    return json.dumps(body).encode()


def send(client: Client, body: bytes) -> None:
    headers = WHATSAPP.signed(f"{client.address}{WHATSAPP.path}", body, datetime.now(UTC))
    assert client("POST", WHATSAPP.path, body, headers).status == 200


IMAGE = {"type": "image", "image": {"id": "5", "mime_type": "image/png", "caption": "It is here"}}
TEXT = {"type": "text", "text": {"body": "I was charged three times"}}


@pytest.mark.parametrize(
    ("kind", "change", "words", "how"),
    [
        ("edit", {"message": TEXT}, "Edited: I was charged three times", "customer_message"),
        ("edit", {"message": IMAGE}, "Edited: It is here", "customer_message"),
        ("revoke", {}, "Deleted: an earlier message", "note"),
    ],
)
def test_a_change_stands_on_the_ticket_of_what_was_changed(
    tmp_path: Path, kind: str, change: dict[str, Any], words: str, how: str
) -> None:
    with gateway(tmp_path, **WHATSAPP.flags) as client, worker(tmp_path):
        send(client, json.dumps(FIRST).encode())
        send(client, changed(kind, change))

        def told() -> dict[str, Any] | None:
            rows = client.get("/api/v1/interactions").json["items"]
            return next((one for one in rows if one["message_content"] == words), None)

        until(lambda: told() is not None, 30, "the change is there")
        (ticket,) = client.get("/api/v1/tickets").json["items"]
        seen = told()
        assert seen is not None
        assert seen["ticket_id"] == ticket["ticket_id"]
        assert seen["interaction_type"] == how
