"""How often one may ask: a bucket of tokens for each who asks.

A request takes one token; tokens come back at a steady rate, up to what the bucket holds.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from streams.gateway.problems import Problem

BURST = 2.0
"""How many seconds' worth of requests may come at once."""

FAILURES_PER_SECOND, FAILURES_AT_ONCE = 1.0, 10.0
"""How often an address may come without a key that opens anything."""

MOST = 10_000
"""Buckets that are kept; whoever asked least lately begins anew."""


class Buckets:
    """A bucket for each of many.

    Args:
        per_second: Tokens that come back in a second.
        holds: Tokens that a bucket holds.
    """

    def __init__(self, per_second: float, holds: float) -> None:
        self._per_second = per_second
        self._holds = max(holds, 1.0)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str, now: float) -> float:
        """Take a token; returns after how many seconds there will be one, 0 where there was one.

        Args:
            who: Whose bucket.
            now: Seconds on a clock that only goes forward.
        """
        left, at = self._left.pop(who, (self._holds, now))
        left = min(self._holds, left + (now - at) * self._per_second)
        lacking = max(0.0, 1.0 - left)
        self._left[who] = (left if lacking else left - 1.0, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return lacking / self._per_second


class Limits:
    """Every limit on how often one may ask.

    Args:
        per_second: Requests per second of one key, or of one address without a key.
    """

    def __init__(self, per_second: float) -> None:
        self._keys = Buckets(per_second, BURST * per_second)
        self._addresses = Buckets(per_second, BURST * per_second)
        self._failures = Buckets(FAILURES_PER_SECOND, FAILURES_AT_ONCE)

    def by_key(self, key_id: str) -> None:
        """A request with a good key; raises `Problem` where it is one too many."""
        _refuse(self._keys.take(key_id, time.monotonic()), "with this key")

    def by_address(self, address: str | None) -> None:
        """A request that needs no key; raises `Problem` where it is one too many."""
        _refuse(self._addresses.take(origin_of(address), time.monotonic()), "from this address")

    def failed(self, address: str | None) -> None:
        """A request without a good key that needs one; raises `Problem` where it is one too many.

        Good keys from the same address are not held up: others may share it.
        """
        wait = self._failures.take(origin_of(address), time.monotonic())
        _refuse(wait, "without a good key from this address")


def _refuse(wait: float, whose: str) -> None:
    if wait:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"too many requests {whose}",
            "wait as long as Retry-After says; gateway.requests_per_second is the limit",
            headers={"Retry-After": str(ceil(wait))},
        )


def origin_of(address: str | None) -> str:
    """Who counts as one: an IPv4 address, or an IPv6 network, for its owner has 2**64 addresses."""
    try:
        known = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False))
    return str(known)
