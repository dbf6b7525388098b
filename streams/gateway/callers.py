"""Who calls, and what they may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

from aiohttp import web

Scope = Literal["produce", "read", "desk", "pact", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a key may allow: sending inputs in; reading; what people at the desk do; the 28 actions;
keys, subscriptions and dead letters."""


class Caller(NamedTuple):
    """Who makes a request.

    Attributes:
        name: How the log and rate limits call them.
        scopes: What they may do.
        limited: Whether their rate is bounded.
    """

    name: str
    scopes: frozenset[Scope]
    limited: bool = True


EVERYBODY_HERE = Caller("local", frozenset(SCOPES), limited=False)
"""Whoever calls over loopback while no key was ever made."""

Known = Callable[[web.Request], Caller]
"""Tells who makes a request.

Raises:
    Problem: 401, they do not say who they are, or it is not true.
"""


def everybody(_request: web.Request) -> Caller:
    """Everybody may do everything: on loopback, without configured keys."""
    return EVERYBODY_HERE
