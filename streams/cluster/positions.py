"""Positions on a cluster: an opaque token of how far every partition was read."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

import msgspec

from streams.errors import Malformed

_MARK = "k1."
_decoder = msgspec.msgpack.Decoder(dict[str, dict[int, int]])


def token(vector: Mapping[tuple[str, int], int]) -> str:
    """The token of a vector of offsets, each the next one to read."""
    topics: dict[str, dict[int, int]] = {}
    for (topic, partition), offset in sorted(vector.items()):
        if offset:
            topics.setdefault(topic, {})[partition] = offset
    return _MARK + urlsafe_b64encode(msgspec.msgpack.encode(topics)).decode().rstrip("=")


def is_token(text: str) -> bool:
    """Whether some text is meant as a token."""
    return text.startswith(_MARK)


def ahead_of(position: str, other: str) -> str:
    """What lies behind whichever of two positions is further, partition by partition."""
    one, two = vector(position), vector(other)
    return token({place: max(one.get(place, 0), two.get(place, 0)) for place in one | two})


def vector(position: str) -> dict[tuple[str, int], int]:
    """The vector in a token.

    Raises:
        Malformed: It is none of a cluster's.
    """
    marked, _, text = position.partition(".")
    try:
        topics = _decoder.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, msgspec.MsgspecError):
        topics = None
    if topics is None or marked + "." != _MARK:
        raise Malformed(
            f"{position} is not a position of a cluster", "take one from an answer of pactdesk"
        )
    return {(t, p): offset for t, some in topics.items() for p, offset in some.items()}
