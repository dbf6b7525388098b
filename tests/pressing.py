"""Pressing a button that a platform shows: what we sent it comes back as the platform says it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from schemas.events.decisions import ReplyRequested
from streams.channels.channel import Hook
from streams.channels.known import CHANNELS
from streams.settings import load
from tests.providers import PROVIDERS

PLACES: dict[str, dict[str, str]] = {
    "slack": {"handle": "T061EG9R6/U2147483697", "provider_id": "T061EG9R6:C0LAN2Q65:1772.0001"},
    "discord": {"handle": "53908232506183680", "provider_id": "645027906669510999:147795"},
    "whatsapp": {"handle": "15550001111"},
    "facebook": {"handle": "6789012345678901"},
    "phone": {"handle": "+15550001111"},
    "twitter": {"handle": "2244994945"},
    "email": {"handle": "ann@example.org"},
    "chat_widget": {"handle": "visitor:7"},
}
"""Where somebody is on each channel, as its platform names that."""

Press = Callable[[dict[str, Any], str, int], bytes]
"""The platform's body when a button is pressed, of what was sent to it, the words, and how often
something was pressed."""


def _slack(sent: dict[str, Any], words: str, nth: int) -> bytes:
    elements = [
        one for block in sent["blocks"] if block["type"] == "actions" for one in block["elements"]
    ]
    (button,) = (one for one in elements if one["text"]["text"] == words)
    payload = {
        "type": "block_actions",
        "user": {"id": "U2147483697", "team_id": "T061EG9R6"},
        "team": {"id": "T061EG9R6"},
        "channel": {"id": sent["channel"]},
        "message": {"ts": "1772442200.000700", "team": "T061EG9R6"},
        "actions": [{**button, "action_ts": f"17724422{nth:02}.840180"}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def _whatsapp(sent: dict[str, Any], words: str, nth: int) -> bytes:
    buttons = [one["reply"] for one in sent["interactive"]["action"]["buttons"]]
    (reply,) = (one for one in buttons if one["title"] == words)
    message = {
        "from": sent["to"],
        "id": f"wamid.{nth}",
        "timestamp": f"17724422{nth:02}",
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": reply},
    }
    value = {"messages": [message]}
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def _facebook(sent: dict[str, Any], words: str, nth: int) -> bytes:
    replies = sent["message"]["quick_replies"]
    (reply,) = (one for one in replies if one["title"] == words)
    pressed = {"text": reply["title"], "quick_reply": {"payload": reply["payload"]}}
    told = {
        "sender": sent["recipient"],
        "recipient": {"id": "page"},
        "timestamp": 1772442200000 + nth,
        "message": {"mid": f"m_{nth}", **pressed},
    }
    return json.dumps({"object": "page", "entry": [{"messaging": [told]}]}).encode()


def _discord(sent: dict[str, Any], words: str, nth: int) -> bytes:
    buttons = [one for row in sent["components"] for one in row["components"]]
    (button,) = (one for one in buttons if one["label"] == words)
    told = {
        "type": 3,
        "id": str(1477954114682880004 + nth),
        "channel_id": "645027906669510999",
        "data": {"component_type": 2, "custom_id": button["custom_id"]},
        "user": {"id": "53908232506183680", "username": "ann"},
        "message": {"id": "1477953863024640003"},
    }
    return json.dumps(told).encode()


PRESS: dict[str, tuple[str, Press]] = {
    "slack": ("actions", _slack),
    "whatsapp": ("", _whatsapp),
    "facebook": ("", _facebook),
    "discord": ("", _discord),
}
"""Platforms that show buttons, with the path on which a press comes."""


def pressed(request: ReplyRequested, words: str, nth: int) -> dict[str, Any]:
    """The line of input that follows when somebody presses a button of a reply."""
    assert words in request.buttons
    if request.channel == "chat_widget":  # its page says the words of the button
        place = PLACES["chat_widget"]
        return {"channel": request.channel, "message": words, "provider_id": f"p{nth}", **place}
    channel, (path, press) = CHANNELS[request.channel], PRESS[request.channel]
    flags = {
        name.replace("__", "."): value for name, value in PROVIDERS[request.channel].flags.items()
    }
    settings = getattr(load(flags, {})[0].channels, request.channel)
    sent = json.loads(channel.render(settings, request, "r1")[-1].body)
    hook = Hook("POST", path, "", {}, {}, press(sent, words, nth), datetime.now(UTC))
    (line,) = channel.parse(settings, hook).inputs
    return {name: value for name, value in line.items() if name != "at"}
