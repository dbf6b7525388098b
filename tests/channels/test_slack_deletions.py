"""What is deleted on Slack is an event of its own, which the desk sees and no agent answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.channels.channel import Heard, Hook
from streams.channels.settings import Slack
from streams.channels.slack_events import parse
from tests.gateways import Client, gateway, worker
from tests.providers import SLACK, by_slack, sent
from tests.real import until

ANN = "T061EG9R6/U2147483697"
FIRST = "T061EG9R6:C0LAN2Q65:1772442000.000200"
"""What Ann wrote first, in `message.json`."""


def heard(name: str, **changes: Any) -> Heard:
    """What a body says, with other fields in its event."""
    body = json.loads(sent("slack", name))
    body["event"].update(changes)
    content = json.dumps(body).encode()
    return parse(Slack(), Hook("POST", "events", "", {}, {}, content, datetime.now(UTC)))


def test_a_deletion_is_an_event_of_its_own_in_answer_to_what_was_deleted() -> None:
    (contact,) = heard("message_deleted.json").inputs
    assert contact["metadata"]["deleted"] is True
    del contact["metadata"]
    assert contact == {
        "channel": "slack",
        "handle": ANN,
        "message": "Deleted: @U0LAN0Z89 I was charged twice & nobody at"
        " your help page (https://shop.example/help) answers",
        "provider_id": f"{FIRST}:deleted",
        "in_reply_to": FIRST,
        "at": "2026-03-02T09:01:30.000Z",
    }


def test_a_stone_in_place_of_a_message_is_a_deletion_whichever_version_it_was() -> None:
    before = json.loads(sent("slack", "message_changed.json"))["event"]["message"]
    stone = {**before, "subtype": "tombstone", "text": "This message was deleted."}
    (contact,) = heard("message_changed.json", message=stone, previous_message=before).inputs
    assert contact["message"].startswith("Deleted: @U0LAN0Z89 I was charged three times")
    assert contact["provider_id"] == f"{FIRST}:deleted"


def test_a_message_that_is_deleted_is_told_on_its_ticket_which_stays_as_it_is(
    tmp_path: Path,
) -> None:
    with gateway(tmp_path, **SLACK.flags) as client, worker(tmp_path):
        for name in ("message.json", "message_deleted.json"):
            body = sent("slack", name)
            assert (
                client("POST", SLACK.path, body, by_slack("", body, datetime.now(UTC))).status
                == 200
            )
        (row,) = until(lambda: told(client, "Deleted: "), 60, "the deletion is told")
        (ticket,) = client.get("/api/v1/tickets").json["items"]
    shown = (row["interaction_type"], row["direction"], row["agent_id"], row["ticket_id"])
    assert shown == ("note", "none", "customer", ticket["ticket_id"])
    assert (ticket["contacts"], ticket["reopened"]) == (1, 0)


def told(client: Client, words: str) -> list[dict[str, Any]]:
    rows = client.get("/api/v1/interactions").json["items"]
    return [one for one in rows if (one["message_content"] or "").startswith(words)]
