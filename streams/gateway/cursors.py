"""Keyset cursors: where a list goes on, as an opaque word.

A cursor holds the sorting values of the last row that was given, so that the next page costs the
same however far it is, and rows that come in between change nothing on it.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec

from streams.gateway.problems import bad_request

Value = str | int | float | bool | None


def cursor_of(values: Sequence[Value]) -> str:
    """The cursor behind a row, from its sorting values."""
    return urlsafe_b64encode(msgspec.json.encode(list(values))).decode().rstrip("=")


def values_of(cursor: str, count: int) -> list[Value]:
    """The sorting values in a cursor.

    Args:
        cursor: From an earlier answer.
        count: How many there must be.

    Raises:
        Problem: 400, it is no cursor of this list.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = msgspec.json.decode(raw, type=list[Value])
    except (ValueError, msgspec.MsgspecError):
        values = []
    if len(values) != count:
        raise bad_request("this is no cursor of this list", "take one from its `next`")
    return values
