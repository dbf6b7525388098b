"""Checking signatures that several providers make alike."""

from __future__ import annotations

import hmac
from hashlib import sha256

from streams.channels.channel import WINDOW_SECONDS, Hook, Told, Unverified

META_BYTES = 3_000_000
"""How much Meta puts into one body at most: what many people wrote comes together."""

_META = "x-hub-signature-256"


def same(given: str, right: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def signed_by_meta(secret: str, hook: Hook) -> None:
    """Check the signature that Meta's platforms put over a body.

    Raises:
        Unverified: There is none, or another body or secret was signed.
    """
    given = hook.headers.get(_META)
    if given is None:
        raise Unverified(f"the header {_META} is missing")
    right = "sha256=" + hmac.new(secret.encode(), hook.body, sha256).hexdigest()
    if not same(given, right):
        raise Unverified(f"{_META} does not sign this body with our app_secret")


def meta_handshake(verify_token: str, hook: Hook) -> Told:
    """The answer to Meta when an address is registered.

    Raises:
        Unverified: The token is not ours.
    """
    if hook.query.get("hub.mode") != "subscribe":
        raise Unverified("hub.mode is not subscribe", 403)
    if not same(hook.query.get("hub.verify_token", ""), verify_token):
        raise Unverified("hub.verify_token is not ours", 403)
    return Told(hook.query.get("hub.challenge", "").encode())


def in_time(stamp: str, hook: Hook) -> None:
    """Check that a signature's time is near ours.

    Args:
        stamp: Seconds since 1970, as text.
        hook: What was signed.

    Raises:
        Unverified: It is too old, too new, or no time at all.
    """
    try:
        distance = abs(hook.at.timestamp() - float(stamp))
    except (ValueError, OverflowError) as error:
        raise Unverified("the signature's time is none") from error
    if not distance <= WINDOW_SECONDS:
        raise Unverified(f"the signature's time is {distance:.0f} s from ours")
