"""Signatures as Standard Webhooks has them: HMAC-SHA256 over id, time and body, in base64."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

from schemas.record import derived_id

PREFIX = "whsec_"

SECRET_BYTES = 32

CONTENT_TYPE = "application/cloudevents+json"

_PLAIN = re.compile(r"[!-~]{1,200}")


def new_secret() -> str:
    """A secret for one subscription."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def webhook_id(record_id: str) -> str:
    """The id of a record as a header can carry it: that id, unless a foreign producer's cannot."""
    return record_id if _PLAIN.fullmatch(record_id) else derived_id("webhook", record_id)


def signed(number: str, body: bytes, signers: Iterable[str], now: datetime) -> dict[str, str]:
    """The headers of a request.

    Args:
        number: The id of what is sent, the same at each attempt.
        body: The body as it goes over the wire.
        signers: The secrets; there is a signature by each.
        now: The time of this attempt.
    """
    stamp = str(int(now.timestamp()))
    content = f"{number}.{stamp}.".encode() + body
    digests = [
        hmac.digest(b64decode(one.removeprefix(PREFIX)), content, "sha256") for one in signers
    ]
    return {
        "content-type": CONTENT_TYPE,
        "webhook-id": number,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{b64encode(one).decode()}" for one in digests),
    }
