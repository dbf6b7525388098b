"""Discord: the command with which people write, and its two pings, one of them badly signed.

Contract: https://docs.discord.com/developers (interactions). Discord signs with a private key that
nobody else has; what is signed here is signed with a key of our own, whose public half the gateway
must have as its `public_key`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from nacl.signing import SigningKey

from streams.simulating.platforms.platform import Post, Said, snowflake

PATH = "/channels/discord"

EPOCH_MILLISECONDS = 1_420_070_400_000
"""When Discord's ids begin: 2015."""


@dataclass(frozen=True)
class DiscordPlatform:
    """Discord.

    Attributes:
        key: What it signs with.
        timed: Its signature holds for some minutes.
    """

    key: SigningKey
    timed: bool = True

    def greetings(self, at: datetime) -> list[Post]:
        """A ping, and one that must be refused: so Discord sees whether signatures are checked."""
        del at
        ping = msgspec.json.encode({"type": 1, "id": "1", "application_id": "1", "version": 1})
        return [
            Post("ping", "", PATH, ping, expected=b'{"type":1}'),
            Post("badly signed ping", "", PATH, ping, forged=True),
        ]

    def posts(self, said: Said) -> list[Post]:
        """A command with what somebody has to say."""
        number, place = snowflake(said, EPOCH_MILLISECONDS), f"6450000000{said.person:08d}"
        body = {
            "type": 2,
            "id": number,
            "application_id": "775000000000000001",
            "channel_id": place,
            "guild_id": "290000000000000001",
            "token": f"simulated{number}",
            "version": 1,
            "locale": "en-US",
            "member": {
                "user": {
                    "id": f"5390000000{said.person:08d}",
                    "username": f"person{said.person}",
                    "global_name": said.name,
                },
                "roles": [],
                "permissions": "2147483647",
            },
            "data": {
                "id": "771000000000000001",
                "name": "support",
                "type": 1,
                "options": [{"name": "text", "type": 3, "value": said.text}],
            },
        }
        return [Post("command", f"{place}:{number}", PATH, msgspec.json.encode(body))]

    def once_more(self, said: Said) -> list[Post]:
        """The same interaction; Discord tells of nothing in two ways."""
        return self.posts(said)

    def signed(self, post: Post, at: datetime) -> Mapping[str, str]:
        """Its signature over the time and the body."""
        stamp = str(int(at.timestamp()))
        over = stamp.encode() + (b"something else" if post.forged else post.body)
        return {
            "X-Signature-Ed25519": self.key.sign(over).signature.hex(),
            "X-Signature-Timestamp": stamp,
        }

    def again(self, number: int) -> Mapping[str, str]:
        """It does not say that it comes again."""
        del number
        return {}
