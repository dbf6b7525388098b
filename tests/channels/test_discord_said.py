"""What a message and a command of Discord's say beyond their text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from streams.channels.channel import Hook
from streams.channels.discord_events import contact_of, parse
from streams.channels.settings import Discord
from tests.providers import DISCORD, sent

SETTINGS = Discord(**DISCORD.settings)

LOG = {"id": "1", "filename": "log.txt", "url": "https://cdn.discordapp.com/log.txt", "size": 7}

SNAPSHOT = {
    "message": {
        "type": 0,
        "content": "It fails since <@7> updated it",
        "mentions": [{"id": "7", "username": "bo"}],
        "attachments": [LOG],
        "embeds": [],
        "timestamp": "2026-03-02T08:59:00.000000+00:00",
        "edited_timestamp": None,
        "flags": 0,
        "components": [],
    }
}
"""A message as it stands in the one that passes it on."""

FORWARD = {"type": 1, "message_id": "1477953359708160002", "channel_id": "1", "guild_id": "2"}


def message(**changes: Any) -> dict[str, Any]:
    body = json.loads(sent("discord", "message_create.json"))
    return {**body.get("d", body), **changes}


def asked(name: str, **data: Any) -> dict[str, Any]:
    body = json.loads(sent("discord", name))
    body["data"].update(data)
    raw = json.dumps(body).encode()
    hook = Hook("POST", "", "https://desk.example", {}, {}, raw, datetime.now(UTC))
    (contact,) = parse(SETTINGS, hook).inputs
    return contact


def test_a_message_that_is_passed_on_is_what_it_says_with_its_files() -> None:
    contact = contact_of(
        message(
            content="",
            attachments=[],
            message_reference=FORWARD,
            message_snapshots=[SNAPSHOT],
        )
    )
    assert contact is not None
    assert contact["message"] == "Forwarded: It fails since @bo updated it"
    assert [one["name"] for one in contact["attachments"]] == ["log.txt"]
    assert "in_reply_to" not in contact


def test_a_command_on_a_message_that_passes_one_on_says_that_one() -> None:
    body = json.loads(sent("discord", "message_command.json"))
    resolved = body["data"]["resolved"]
    resolved["messages"][body["data"]["target_id"]].update(content="", message_snapshots=[SNAPSHOT])
    contact = asked("message_command.json", resolved=resolved)
    assert contact["message"] == "Forwarded: It fails since @bo updated it"


def test_who_and_what_a_command_was_given_are_named() -> None:
    contact = asked(
        "command.json",
        options=[
            {"name": "text", "type": 3, "value": "They shout at me"},
            {"name": "who", "type": 6, "value": "7"},
            {"name": "where", "type": 7, "value": "8"},
            {"name": "role", "type": 8, "value": "9"},
        ],
        resolved={"users": {"7": {"id": "7", "username": "bo"}}},
    )
    assert contact["message"] == "They shout at me\nwho: @bo\nwhere: #8\nrole: @9"
