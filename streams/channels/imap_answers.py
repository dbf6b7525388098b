"""What a mail server answers to FETCH, and in which portions mails are asked for."""

from __future__ import annotations

import imaplib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

TOGETHER = 50
"""How many mails are asked for at once at most."""

TOGETHER_BYTES = 4 * 1024 * 1024
"""How much of them at most; a larger one is asked for by itself."""

UID, SIZE = re.compile(rb"UID (\d+)"), re.compile(rb"RFC822\.SIZE (\d+)")
"""How an answer tells a mail's number, and how large it is."""

_QUOTED, _NIL = re.compile(rb'BODY\[\] "((?:[^"\\]|\\.)*)"'), b"BODY[] NIL"
"""A mail that stands in the words of an answer itself, and one of which the server has nothing."""


def grouped(uids: Sequence[int], sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Numbers of mails in groups of at most `TOGETHER` and `TOGETHER_BYTES`, in their order.

    Args:
        uids: The numbers.
        sizes: How large each is, in bytes; one that is not there is by itself.
    """
    group: list[int] = []
    room = TOGETHER_BYTES
    for uid in uids:
        size = sizes.get(uid, TOGETHER_BYTES)
        if group and (size > room or len(group) == TOGETHER):
            yield group
            group, room = [], TOGETHER_BYTES
        group.append(uid)
        room -= size
    if group:
        yield group


def answers(parts: Sequence[Any]) -> Iterator[tuple[bytes, bytes | None]]:
    """The answers to FETCH: each in words, and with the bytes that it holds, if it does.

    What is told of a mail may stand before its bytes and behind them. Servers tell of other mails
    in between, of which nothing was asked.
    """
    for part, following in zip_longest(parts, parts[1:]):
        if isinstance(part, tuple):
            rest = following if isinstance(following, bytes) else b""
            yield bytes(part[0]) + rest, bytes(part[1])
        elif isinstance(part, bytes):
            yield part, _within(part)


def _within(told: bytes) -> bytes | None:
    """The mail in the words of an answer; empty where the server has nothing of it."""
    quoted = _QUOTED.search(told)
    if quoted is None:
        return b"" if _NIL in told else None
    return re.sub(rb"\\(.)", rb"\1", quoted[1])


def number(name: re.Pattern[bytes], told: bytes) -> int | None:
    """A number that an answer tells, if it does."""
    found = name.search(told)
    return None if found is None else int(found[1])


def arrived(told: bytes) -> datetime | None:
    """When the server got a mail, if an answer tells."""
    found = imaplib.Internaldate2tuple(told)
    return None if found is None else datetime.fromtimestamp(time.mktime(found), UTC)
