"""Slack: events of messages, and now and then a pressed button.

Contract: https://docs.slack.dev (Events API, interactivity, verifying requests).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec

from agents.words import SHIPPED
from streams.channels.settings import Slack
from streams.simulating.platforms.platform import FORM, Post, Said, digits

EVENTS, ACTIONS = "/channels/slack/events", "/channels/slack/actions"

PRESSED = 4
"""After so many messages of a person the next one is a pressed button."""

_MORE = SHIPPED["en"].more

_TEAM, _APP, _US = "T0SIMULATE", "A0PACTDESK", "U0PACTDESK"


@dataclass(frozen=True)
class SlackPlatform:
    """Slack.

    Attributes:
        settings: The channel's settings.
        timed: Its signature holds for five minutes.
    """

    settings: Slack
    timed: bool = True

    def greetings(self, at: datetime) -> list[Post]:
        """The challenge when the address is set."""
        challenge = sha256(at.isoformat().encode()).hexdigest()
        body = {"type": "url_verification", "token": "simulated", "challenge": challenge}
        return [
            Post("challenge", "", EVENTS, msgspec.json.encode(body), expected=challenge.encode())
        ]

    def posts(self, said: Said) -> list[Post]:
        """A message, or a pressed button."""
        if said.turn % (PRESSED + 1) == PRESSED:
            return [self._pressed(said)]
        return [self._told(said, "message")]

    def once_more(self, said: Said) -> list[Post]:
        """A message in which somebody names us comes as that, too."""
        if said.turn % (PRESSED + 1) == PRESSED:
            return [self._pressed(said)]
        return [self._told(said, "app_mention")]

    def _told(self, said: Said, kind: str) -> Post:
        ts = _ts(said)
        event: dict[str, Any] = {
            "type": kind,
            "user": _person(said),
            "text": said.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "ts": ts,
            "event_ts": ts,
            "team": _TEAM,
            "channel": _place(said),
            "client_msg_id": digits(said, "client", 32),
        }
        if kind == "message":
            event["channel_type"] = "im"
        body = {
            "token": "simulated",
            "team_id": _TEAM,
            "api_app_id": _APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{digits(said, kind, 9).upper()}",
            "event_time": int(said.at.timestamp()),
            "authorizations": [{"team_id": _TEAM, "user_id": _US, "is_bot": True}],
        }
        return Post(kind, f"{_TEAM}:{_place(said)}:{ts}", EVENTS, msgspec.json.encode(body))

    def _pressed(self, said: Said) -> Post:
        """The button for more help, under a message of ours that nobody has sent."""
        ours, place, who = f"{int(said.at.timestamp()) - 60}.000100", _place(said), _person(said)
        button = {
            "type": "button",
            "action_id": "pactdesk:1",
            "block_id": "simulated",
            "text": {"type": "plain_text", "text": _MORE, "emoji": False},
            "value": _MORE,
            "action_ts": _ts(said),
        }
        payload = {
            "type": "block_actions",
            "team": {"id": _TEAM, "domain": "simulated"},
            "user": {"id": who, "name": said.name, "team_id": _TEAM},
            "api_app_id": _APP,
            "token": "simulated",
            "container": {"type": "message", "message_ts": ours, "channel_id": place},
            "channel": {"id": place, "name": "directmessage"},
            "message": {"type": "message", "user": _US, "ts": ours, "team": _TEAM, "text": ""},
            "actions": [button],
        }
        form = urlencode({"payload": msgspec.json.encode(payload).decode()})
        message = f"{_TEAM}:{place}:{ours}:{_ts(said)}:{who}"
        return Post("button", message, ACTIONS, form.encode(), FORM)

    def signed(self, post: Post, at: datetime) -> Mapping[str, str]:
        """Its signature over the time and the body."""
        stamp = str(int(at.timestamp()))
        signed = b"v0:" + stamp.encode() + b":" + post.body
        digest = hmac.new(str(self.settings.signing_secret).encode(), signed, sha256).hexdigest()
        return {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": stamp}

    def again(self, number: int) -> Mapping[str, str]:
        """It says which time it is, and why."""
        return {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"}


def _ts(said: Said) -> str:
    seconds, micros = divmod(round(said.at.timestamp() * 1_000_000), 1_000_000)
    return f"{seconds}.{micros:06d}"


def _person(said: Said) -> str:
    return f"U0PERSON{said.person:04d}"


def _place(said: Said) -> str:
    return f"D0PERSON{said.person:04d}"
