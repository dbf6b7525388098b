"""Slack: what somebody passes on to us, and what Slack itself asks of an address."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from streams.channels.channel import Heard, Hook
from streams.channels.settings import Slack
from streams.channels.slack_events import parse
from tests.providers import SLACK, sent

SETTINGS = Slack(**SLACK.settings)

SHARED = {
    "is_msg_unfurl": True,
    "is_share": True,
    "ts": "1772441000.000100",
    "author_id": "U061F7AUR",
    "channel_id": "C0LAN2Q66",
    "from_url": "https://shop.slack.com/archives/C0LAN2Q66/p1772441000000100",
    "fallback": "[March 2nd] ida: The export &amp; the import fail",
    "text": "The export &amp; the import fail",
    "files": [{"id": "F1", "name": "log.txt", "mimetype": "text/plain", "size": 7}],
}
"""A message as it stands under the one that passes it on."""

PREVIEW = {"from_url": "https://shop.example", "title": "Shop", "text": "Lamps and more"}


def heard(**changes: Any) -> Heard:
    body = json.loads(sent("slack", "message.json"))
    body["event"].update(changes)
    return asked("events", json.dumps(body).encode())


def asked(path: str, body: bytes) -> Heard:
    hook = Hook("POST", path, "https://desk.example", {}, {}, body, datetime.now(UTC))
    return parse(SETTINGS, hook)


def test_a_message_that_is_passed_on_without_a_word_is_what_it_says() -> None:
    (contact,) = heard(text="", attachments=[SHARED]).inputs
    assert contact["message"] == "Forwarded: The export & the import fail"
    assert [one["name"] for one in contact["attachments"]] == ["log.txt"]


def test_what_is_said_of_a_message_that_is_passed_on_stands_before_it() -> None:
    (contact,) = heard(text="See here", attachments=[SHARED]).inputs
    assert contact["message"] == "See here\n\nForwarded: The export & the import fail"


def test_a_preview_of_a_link_is_nothing_that_somebody_wrote() -> None:
    (contact,) = heard(text="See <https://shop.example>", attachments=[PREVIEW]).inputs
    assert contact["message"] == "See https://shop.example"


def test_a_field_of_another_s_that_was_emptied_is_passed_over() -> None:
    payload = json.loads(sent("slack", "block_actions.json"))
    field = {"type": "plain_text_input", "action_id": "note", "action_ts": "1.1", "value": None}
    payload["actions"] = [field]
    found = asked("actions", urlencode({"payload": json.dumps(payload)}).encode())
    assert (found.inputs, found.missed) == ([], ["plain_text_input note: not ours"])


def test_slack_looking_whether_an_address_is_encrypted_is_no_command() -> None:
    found = asked("commands", urlencode({"token": "t", "ssl_check": "1"}).encode())
    assert (found.inputs, found.missed) == ([], ["ssl_check"])
