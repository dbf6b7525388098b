"""Keyset cursors: where a list goes on, as an opaque word.

A cursor holds the sorting values of the last row that was given, so that the next page costs the
same however far it is, and rows that come in between change nothing on it. It names its list: in
another one, sorted by other columns, it would leave rows out without a word.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec

from streams.gateway.problems import bad_request


def cursor_of(name: str, values: Sequence[str]) -> str:
    """The cursor behind a row.

    Args:
        name: The list's.
        values: The row's sorting values.
    """
    return urlsafe_b64encode(msgspec.json.encode([name, *values])).decode().rstrip("=")


def values_of(cursor: str, name: str, count: int) -> list[str]:
    """The sorting values in a cursor.

    Args:
        cursor: From an earlier answer.
        name: The list's.
        count: How many there must be.

    Raises:
        Problem: 400, it is no cursor of this list.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of, *values = msgspec.json.decode(raw, type=list[str])
    except (ValueError, msgspec.MsgspecError):
        of, values = "", []
    if of != name or len(values) != count:
        raise bad_request("this is no cursor of this list", "take one from its `next`")
    return values
