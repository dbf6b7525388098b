"""Who calls, and what they may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple, get_args

from aiohttp import web

Scope = Literal["produce", "read", "desk", "pact", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a key may allow: sending inputs in; reading; what people at the desk do; the 28 actions;
keys, subscriptions and dead letters."""


class Caller(NamedTuple):
    """Who makes a request.

    Attributes:
        name: How the desk calls them: whoever does something without saying who, it was they.
        scopes: What they may do.
    """

    name: str
    scopes: frozenset[Scope]


EVERYBODY_HERE = Caller("local", frozenset(SCOPES))
"""Whoever calls over loopback while no key was ever made."""

ANYBODY = Caller("anybody", frozenset())
"""Whoever asks for what nobody needs a key for."""

Known = Callable[[web.Request, Scope | None], Awaitable[Caller]]
"""Tells who makes a request that needs a scope.

Raises:
    Problem: 401, they do not say who they are, or it is not true; 429, they ask too often.
"""
