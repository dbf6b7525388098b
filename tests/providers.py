"""The platforms, as tests play them: what they send, and how they sign it."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from nacl.signing import SigningKey
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

FOLDER = Path(__file__).parent / "channels"

Signed = Callable[[str, bytes, datetime], dict[str, str]]
"""The headers with which a platform signs a body, for an address, at a time."""


@dataclass(frozen=True)
class Provider:
    """One platform.

    Attributes:
        name: Its channel.
        settings: The settings with which the channel is on, without `channels.<name>.`.
        path: Where it sends to.
        one: A body in which one person writes.
        two: A body in which two people write; empty where a body never holds more than one.
        signed: How it signs.
        timed: Whether its signature has a time.
        garbage: A body that means nothing, of the media type that it sends.
    """

    name: str
    settings: Mapping[str, str]
    path: str
    one: bytes
    two: bytes
    signed: Signed
    timed: bool
    garbage: bytes = b'{"well": "formed", "and": ["meaningless"]}'

    @property
    def flags(self) -> dict[str, object]:
        """The settings by their names as `tests.gateways.gateway` takes them."""
        return {f"channels__{self.name}__{name}": value for name, value in self.settings.items()}


def sent(channel: str, name: str) -> bytes:
    """A body as a platform sends it, from the channel's folder."""
    return (FOLDER / channel / name).read_bytes()


def by_meta(secret: str) -> Signed:
    """Meta's signature over a body."""

    def signed(_url: str, body: bytes, _at: datetime) -> dict[str, str]:
        digest = hmac.new(secret.encode(), body, sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}

    return signed


def by_slack(_url: str, body: bytes, at: datetime) -> dict[str, str]:
    """Slack's signature over a time and a body, by Slack's own code."""
    stamp = str(int(at.timestamp()))
    signature = SignatureVerifier("slack secret").generate_signature(timestamp=stamp, body=body)
    assert signature is not None
    return {
        "X-Slack-Signature": signature,
        "X-Slack-Request-Timestamp": stamp,
        "Content-Type": "application/json",
    }


SLACK = Provider(
    name="slack",
    settings={"signing_secret": "slack secret", "bot_token": "xoxb-ours"},
    path="/channels/slack/events",
    one=sent("slack", "message.json"),
    two=b"",
    signed=by_slack,
    timed=True,
)

WHATSAPP = Provider(
    name="whatsapp",
    settings={
        "app_secret": "meta app secret",
        "verify_token": "our token",
        "access_token": "EAAG",
        "phone_number_id": "106540352242922",
    },
    path="/channels/whatsapp",
    one=sent("whatsapp", "text.json"),
    two=sent("whatsapp", "two_people.json"),
    signed=by_meta("meta app secret"),
    timed=False,
)


FACEBOOK = Provider(
    name="facebook",
    settings={
        "app_secret": "meta app secret",
        "verify_token": "our token",
        "page_access_token": "EAAP",
    },
    path="/channels/facebook",
    one=sent("facebook", "text.json"),
    two=sent("facebook", "two_people.json"),
    signed=by_meta("meta app secret"),
    timed=False,
)


def by_x(secret: str) -> Signed:
    """X's signature over a body."""

    def signed(_url: str, body: bytes, _at: datetime) -> dict[str, str]:
        digest = b64encode(hmac.new(secret.encode(), body, sha256).digest()).decode()
        return {
            "x-twitter-webhooks-signature": f"sha256={digest}",
            "Content-Type": "application/json",
        }

    return signed


TWITTER = Provider(
    name="twitter",
    settings={
        "consumer_key": "app",
        "consumer_secret": "x consumer secret",
        "access_token": "4337869213-account",
        "access_secret": "x access secret",
    },
    path="/channels/twitter",
    one=sent("twitter", "received.json"),
    two=sent("twitter", "two_people.json"),
    signed=by_x("x consumer secret"),
    timed=False,
)


def by_twilio(token: str, public: str) -> Signed:
    """Twilio's signature over an address and a form, by its own code."""

    def signed(url: str, body: bytes, _at: datetime) -> dict[str, str]:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        called = urlunsplit(urlsplit(public)[:2] + urlsplit(url)[2:])
        signature = RequestValidator(token).compute_signature(called, form)
        return {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }

    return signed


PHONE = Provider(
    name="phone",
    settings={
        "account_sid": "AC0123456789abcdef",
        "auth_token": "twilio auth token",
        "number": "+15557122661",
        "public_url": "https://desk.example",
    },
    path="/channels/phone/sms",
    one=sent("phone", "sms.txt"),
    two=b"",
    signed=by_twilio("twilio auth token", "https://desk.example"),
    timed=False,
    garbage=b"well=formed&and=meaningless",
)

DISCORDS = SigningKey(b"Discord signs with such a key...")
"""What Discord keeps to itself."""


def by_discord(_url: str, body: bytes, at: datetime) -> dict[str, str]:
    """Discord's signature over a time and a body."""
    stamp = str(int(at.timestamp()))
    return {
        "X-Signature-Ed25519": DISCORDS.sign(stamp.encode() + body).signature.hex(),
        "X-Signature-Timestamp": stamp,
        "Content-Type": "application/json",
    }


DISCORD = Provider(
    name="discord",
    settings={"public_key": bytes(DISCORDS.verify_key).hex(), "bot_token": "MTE5"},
    path="/channels/discord",
    one=sent("discord", "command.json"),
    two=b"",
    signed=by_discord,
    timed=True,
)

PROVIDERS: dict[str, Provider] = {
    one.name: one
    for one in (
        SLACK,
        WHATSAPP,
        PHONE,
        TWITTER,
        FACEBOOK,
        DISCORD,
    )
}
"""The platforms, by channel."""
