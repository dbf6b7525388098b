"""X: direct messages, told in either of its two ways, and its challenge.

Contract: https://docs.x.com (webhooks, X Activity API, Account Activity API).
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

from streams.channels.settings import Twitter
from streams.simulating.platforms.platform import Post, Said, digits, snowflake

PATH = "/channels/twitter"

EPOCH_MILLISECONDS = 1_288_834_974_657
"""When X's ids begin, in November 2010."""


@dataclass(frozen=True)
class TwitterPlatform:
    """X.

    Attributes:
        settings: The channel's settings.
        timed: Its signature holds for ever.
    """

    settings: Twitter
    timed: bool = False

    def greetings(self, at: datetime) -> list[Post]:
        """The challenge, whose answer proves that the secret is known."""
        token = digits(Said(0, 0, "", 0, "", at), "crc", 32)
        answer = msgspec.json.encode({"response_token": self._digest(token.encode())})
        query = urlencode({"crc_token": token})
        return [Post("challenge", "", f"{PATH}?{query}", method="GET", expected=answer)]

    def posts(self, said: Said) -> list[Post]:
        """A message, as the X Activity API tells it."""
        told = self._event(said)
        body = {
            "data": {
                "event_uuid": digits(said, "event", 19),
                "filter": {"user_id": self._us},
                "event_type": "dm.received",
                "tag": "pactdesk",
                "payload": {
                    "direct_message_events": [told],
                    "users": {
                        _person(said): {
                            "data": {
                                "id": _person(said),
                                "name": said.name,
                                "username": f"person{said.person}",
                            }
                        }
                    },
                },
            }
        }
        return [Post("dm.received", told["id"], PATH, msgspec.json.encode(body))]

    def once_more(self, said: Said) -> list[Post]:
        """The same message, as the Account Activity API tells it."""
        told = self._event(said)
        body = {
            "for_user_id": self._us,
            "direct_message_events": [told],
            "users": {
                _person(said): {
                    "id": _person(said),
                    "name": said.name,
                    "screen_name": f"person{said.person}",
                }
            },
        }
        return [Post("direct_message_events", told["id"], PATH, msgspec.json.encode(body))]

    def _event(self, said: Said) -> dict[str, Any]:
        return {
            "type": "message_create",
            "id": snowflake(said, EPOCH_MILLISECONDS),
            "created_timestamp": str(int(said.at.timestamp() * 1000)),
            "message_create": {
                "target": {"recipient_id": self._us},
                "sender_id": _person(said),
                "message_data": {
                    "text": said.text,
                    "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
                },
            },
        }

    @property
    def _us(self) -> str:
        """The account that is written to: what its token begins with."""
        return str(self.settings.access_token).partition("-")[0]

    def _digest(self, content: bytes) -> str:
        secret = str(self.settings.consumer_secret).encode()
        return f"sha256={b64encode(hmac.new(secret, content, sha256).digest()).decode()}"

    def signed(self, post: Post, at: datetime) -> Mapping[str, str]:
        """Its signature over the body."""
        del at
        return {"x-twitter-webhooks-signature": self._digest(post.body)}

    def again(self, number: int) -> Mapping[str, str]:
        """It does not say that it comes again."""
        del number
        return {}


def _person(said: Said) -> str:
    return f"3001{said.person:06d}"
