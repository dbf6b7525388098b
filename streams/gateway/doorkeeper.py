"""Who is let in.

On a loopback address, while no key was ever made, everybody is, for only this machine's own people
and programs come that way. A browser of theirs may run somebody else's pages, though: so the
request must be addressed to this machine (or a page whose own name leads to 127.0.0.1 could read
everything), and a page of another origin may change nothing. And a proxy on this machine, there for
what providers send, passes on what the whole world asks: some of them address that to this machine,
but say for whom. In every other case a key is wanted.

What nobody needs a key for (webhooks, which are signed; descriptions) is only limited.
"""

from __future__ import annotations

from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from streams.errors import Unavailable
from streams.gateway.callers import ANYBODY, EVERYBODY_HERE, SCOPES, Caller, Scope
from streams.gateway.keyring import Keyring
from streams.gateway.keys import Key, digest_of, parted
from streams.gateway.limits import Limits
from streams.gateway.problems import Problem
from streams.internet import is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

PASSED_ON = (
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "X-Real-IP",
    "Via",
)
"""Headers by which a proxy or a tunnel says that it asks for somebody else."""

_NOBODYS = bytes(32)
"""What the digest of an unknown key is compared with, so that it takes as long."""


class Doorkeeper:
    """Tells who makes a request, and whether they come too often.

    Args:
        ring: The keys.
        limits: How often one may ask.
        local: Whether the gateway listens on a loopback address alone.
    """

    def __init__(self, ring: Keyring, limits: Limits, *, local: bool) -> None:
        self._ring = ring
        self._limits = limits
        self._local = local

    async def open_to_all(self) -> bool:
        """Whether everybody may do everything."""
        return self._local and not await self._ring.keys()

    async def __call__(self, request: web.Request, scope: Scope | None) -> Caller:
        """Who makes a request.

        Args:
            request: The request.
            scope: What it needs; None where nobody needs a key for it.

        Raises:
            Problem: 401, there is no good key; 403, it comes from a foreign page; 429, too often.
            Unavailable: The store does not say which keys there are.
        """
        if scope is None:
            if not (self._local and self._ring.was_empty):
                self._limits.by_address(request.remote)
            return ANYBODY
        keys = await self._ring.keys()
        if self._local and not keys:
            _refuse_foreign(request)
            return EVERYBODY_HERE
        try:
            key = _key_of(request, keys)
        except Problem:
            self._limits.failed(request.remote)
            raise
        self._limits.by_key(key.id)
        return Caller(key.name, frozenset(one for one in SCOPES if one in key.scopes))

    async def still(self, request: web.Request, scope: Scope | None) -> None:
        """Nothing, for as long as a request that was let in would be let in again.

        A store that does not answer ends nothing: no key can be revoked in it meanwhile.

        Raises:
            Problem: 401, it would not.
        """
        if scope is None:
            return
        try:
            keys = await self._ring.keys()
        except Unavailable:
            return
        if keys or not self._local:
            _key_of(request, keys)


def _key_of(request: web.Request, keys: dict[str, Key]) -> Key:
    """The key that a request brings; raises `Problem` without a good one."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _unknown("no API key came with the request")
    number, secret = parted(given.strip()) or ("", "")
    key = keys.get(number)
    good = compare_digest(digest_of(secret), _NOBODYS if key is None else key.digest)
    if key is None or not good:
        raise _unknown("this API key is not known here", ', error="invalid_token"')
    if key.revoked_at is not None:
        raise _unknown("this API key was revoked", ', error="invalid_token"')
    return key


def _unknown(detail: str, error: str = "") -> Problem:
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        detail,
        "send `Authorization: Bearer pk_…`; `pactdesk keys create` makes a key",
        headers={"WWW-Authenticate": f'Bearer realm="pactdesk"{error}'},
    )


def _refuse_foreign(request: web.Request) -> None:
    """Refuse what a proxy passes on, or a page from elsewhere makes a browser of ours ask."""
    if any(name in request.headers for name in PASSED_ON):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "the request came through a proxy, and without API keys only this machine is served",
            "make a key with `pactdesk keys create`, and send it",
        )
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if host is not None and not is_loopback(_name_in(host)):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"the request is addressed to {host}, and without API keys only this machine is served",
            "ask localhost or 127.0.0.1; or make a key with `pactdesk keys create`, and send it",
        )
    if request.method not in SAFE_METHODS and origin not in {None, f"http://{host}"}:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"a page of {origin} may change nothing here",
            "make a key with `pactdesk keys create`, and send it from a program",
        )


def _name_in(host: str) -> str:
    """The name or address in a Host header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
