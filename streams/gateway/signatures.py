"""Signatures of PACT envelopes, by a rule of our own, for PACT has none.

HMAC-SHA256 with the agent's secret over the envelope as canonical JSON (RFC 8785), without
`metadata.auth.signature`; in lower-case hexadecimal. What is signed holds for five minutes around
the time in it.
"""

from __future__ import annotations

import hmac
import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from streams.errors import Misconfigured

WINDOW_SECONDS = 300
"""How far an envelope's time may be from ours."""


def signed(envelope: Mapping[str, Any], secret: str) -> str:
    """The signature of an envelope.

    Args:
        envelope: The envelope as JSON values, signed already or not.
        secret: The agent's secret.

    Raises:
        ValueError: It holds a number or a text that JSON does not know.
    """
    bare = {name: value for name, value in envelope.items() if name != "metadata"}
    if isinstance(metadata := envelope.get("metadata"), dict):
        bare["metadata"] = dict(metadata)
        if isinstance(auth := metadata.get("auth"), dict):
            bare["metadata"]["auth"] = {k: v for k, v in auth.items() if k != "signature"}
    return hmac.new(secret.encode(), canonical(bare).encode(), sha256).hexdigest()


def fits(envelope: Mapping[str, Any], secret: str, signature: str) -> bool:
    """Whether a signature is an envelope's; takes as long whatever it is."""
    try:
        wanted = signed(envelope, secret)
    except (ValueError, RecursionError):  # the latter: nested too deep to have a form here
        return False
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))


def in_time(sent_at: datetime, now: datetime) -> bool:
    """Whether an envelope of a time may be taken now."""
    return abs((now - sent_at).total_seconds()) <= WINDOW_SECONDS


def secrets_of(text: str | None) -> dict[str, str]:
    """The secrets of agents, as `gateway.pact_secrets` holds them.

    Args:
        text: `agent_id=secret`, as many as there are, with blanks or line ends between.

    Raises:
        Misconfigured: It is not written so.
    """
    found: dict[str, str] = {}
    for pair in (text or "").split():
        agent_id, _, secret = pair.partition("=")
        if not agent_id or not secret or agent_id in found:
            raise Misconfigured(
                "gateway.pact_secrets does not name each agent once with its secret",
                "write it as `agent_id=secret`, one a line or with blanks between",
            )
        found[agent_id] = secret
    return found


def namesake(agent_id: str, secrets: Mapping[str, str]) -> str | None:
    """The agent with a secret that a name looks like without being it, if there is one.

    Case, blanks and what nobody sees tell no reader one name from another.
    """
    looks = _seen(agent_id)
    return next((one for one in secrets if one != agent_id and _seen(one) == looks), None)


def _seen(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in folded if unicodedata.category(one)[0] not in "CMZ")


def canonical(value: object) -> str:
    """A JSON value in the one form that RFC 8785 gives it.

    Raises:
        ValueError: It holds a number or a text that JSON does not know.
    """
    match value:
        case None | bool() | str():
            text = json.dumps(value, ensure_ascii=False)
            text.encode()  # half of a surrogate pair raises
            return text
        case int() | float():
            return _number(value)
        case list():
            return f"[{','.join(map(canonical, value))}]"
        case dict():
            ordered = sorted(value.items(), key=lambda one: one[0].encode("utf-16-be"))
            inside = ",".join(f"{canonical(name)}:{canonical(one)}" for name, one in ordered)
            return f"{{{inside}}}"
        case _:
            raise ValueError(f"{type(value).__name__} is no JSON")


def _number(value: float) -> str:
    """A number as ECMAScript writes it: all numbers are doubles there."""
    try:
        double = float(value)
    except OverflowError as error:
        raise ValueError(f"{value} is beyond a double") from error
    if not math.isfinite(double):
        raise ValueError(f"{double} is no JSON")
    if double == 0:
        return "0"
    sign, digits, exponent = "-" if double < 0 else "", *_shortest(abs(double))
    point = len(digits) + exponent  # where the decimal point stands, counted from the first digit
    if 0 < point <= 21:
        if exponent >= 0:
            return sign + digits + "0" * exponent
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def _shortest(double: float) -> tuple[str, int]:
    """The fewest digits that tell a number from all others, and the power of ten of the last."""
    mantissa, _, power = repr(double).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) - len(fraction)
    short = digits.rstrip("0")
    return short, exponent + len(digits) - len(short)
