"""Meta's platforms: WhatsApp by the Cloud API, and Messenger.

Contract: https://developers.facebook.com/docs (webhooks). A message that comes again may stand in
one body with another one.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec

from streams.channels.settings import Facebook, WhatsApp
from streams.simulating.platforms.platform import Post, Said, digits

_PAGE = "1900000000000001"
_BUSINESS = "1000000000000001"


def _greeting(path: str, verify_token: str | None, at: datetime) -> Post:
    challenge = str(int(at.timestamp() * 1000))
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": str(verify_token),
        "hub.challenge": challenge,
    }
    return Post(
        "challenge",
        "",
        f"{path}?{urlencode(query)}",
        method="GET",
        expected=challenge.encode(),
    )


def _signed(secret: str | None, post: Post) -> Mapping[str, str]:
    digest = hmac.new(str(secret).encode(), post.body, sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


@dataclass(frozen=True)
class WhatsAppPlatform:
    """WhatsApp.

    Attributes:
        settings: The channel's settings.
        timed: Its signature holds for ever.
    """

    settings: WhatsApp
    timed: bool = False

    def greetings(self, at: datetime) -> list[Post]:
        """The challenge when the address is registered."""
        return [_greeting("/channels/whatsapp", self.settings.verify_token, at)]

    def posts(self, said: Said) -> list[Post]:
        """A message."""
        return [self._post(said, "message", [])]

    def once_more(self, said: Said) -> list[Post]:
        """A message, and that it was read by us: in one body."""
        status = {"id": f"wamid.{digits(said, 'ours', 24)}", "status": "sent"}
        status |= {"timestamp": str(int(said.at.timestamp())), "recipient_id": _phone(said)}
        return [self._post(said, "message with a status", [status])]

    def _post(self, said: Said, what: str, statuses: list[dict[str, str]]) -> Post:
        who, number = (
            _phone(said),
            f"wamid.{b64encode(digits(said, 'wamid', 36).encode()).decode()}",
        )
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": "15550000000",
                "phone_number_id": self.settings.phone_number_id,
            },
            "contacts": [{"profile": {"name": said.name}, "wa_id": who}],
            "messages": [
                {
                    "from": who,
                    "id": number,
                    "timestamp": str(int(said.at.timestamp())),
                    "type": "text",
                    "text": {"body": said.text},
                }
            ],
        }
        if statuses:
            value["statuses"] = statuses
        entry = {"id": _BUSINESS, "changes": [{"field": "messages", "value": value}]}
        body = {"object": "whatsapp_business_account", "entry": [entry]}
        return Post(what, number, "/channels/whatsapp", msgspec.json.encode(body))

    def signed(self, post: Post, at: datetime) -> Mapping[str, str]:
        """Its signature over the body."""
        del at
        return _signed(self.settings.app_secret, post)

    def again(self, number: int) -> Mapping[str, str]:
        """It does not say that it comes again."""
        del number
        return {}


@dataclass(frozen=True)
class FacebookPlatform:
    """Messenger.

    Attributes:
        settings: The channel's settings.
        timed: Its signature holds for ever.
    """

    settings: Facebook
    timed: bool = False

    def greetings(self, at: datetime) -> list[Post]:
        """The challenge when the address is registered."""
        return [_greeting("/channels/facebook", self.settings.verify_token, at)]

    def posts(self, said: Said) -> list[Post]:
        """A message."""
        return [_messenger(said, "message", [])]

    def once_more(self, said: Said) -> list[Post]:
        """A message, and what the page wrote itself: in one body."""
        echo = {
            "sender": {"id": _PAGE},
            "recipient": {"id": _scoped(said)},
            "timestamp": int(said.at.timestamp() * 1000),
            "message": {"mid": f"m_{digits(said, 'echo', 40)}", "text": "…", "is_echo": True},
        }
        return [_messenger(said, "message with an echo", [echo])]

    def signed(self, post: Post, at: datetime) -> Mapping[str, str]:
        """Its signature over the body."""
        del at
        return _signed(self.settings.app_secret, post)

    def again(self, number: int) -> Mapping[str, str]:
        """It does not say that it comes again."""
        del number
        return {}


def _messenger(said: Said, what: str, more: list[dict[str, Any]]) -> Post:
    milliseconds, number = int(said.at.timestamp() * 1000), f"m_{digits(said, 'mid', 40)}"
    message = {
        "sender": {"id": _scoped(said)},
        "recipient": {"id": _PAGE},
        "timestamp": milliseconds,
        "message": {"mid": number, "text": said.text},
    }
    entry = {"id": _PAGE, "time": milliseconds, "messaging": [message, *more]}
    body = msgspec.json.encode({"object": "page", "entry": [entry]})
    return Post(what, number, "/channels/facebook", body)


def _phone(said: Said) -> str:
    return f"1555010{said.person:04d}"


def _scoped(said: Said) -> str:
    return f"67890000000{said.person:05d}"
