"""Who calls, and what they may do."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, get_args

from aiohttp import web

Scope = Literal["produce", "read", "desk", "pact", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a key may allow: sending inputs in; reading; what people at the desk do; the 28 actions;
subscriptions."""


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


class Known(Protocol):
    """Tells who makes requests."""

    async def __call__(self, request: web.Request, scope: Scope | None) -> Caller:
        """Who makes a request that needs a scope.

        Raises:
            Problem: 401, they do not say who they are, or it is not true; 429, they ask too often.
        """

    async def still(self, request: web.Request, scope: Scope | None) -> None:
        """Nothing, for as long as a request that was let in would be let in again.

        Raises:
            Problem: 401, it would not: its key was revoked, or the first key was made meanwhile.
        """
