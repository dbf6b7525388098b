"""Which places on the network a file may be fetched from: public ones, and the operator's own.

Whoever writes to the desk may name an address, and it is fetched from where the desk stands: inside
somebody's network, beside services that trust their neighbours. So a name is resolved here, every
address that it has is judged, and those that were judged are the ones that are connected to.
Operators may let something stand in for a platform: what a channel's own `api_base_url` names is
their word.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import NamedTuple

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from streams.internet import is_public

_PORTS = {"http": 80, "https": 443}


class Forbidden(Exception):
    """A place that nothing is fetched from.

    Args:
        reason: Why, in words for the desk.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Origin(NamedTuple):
    """A server."""

    scheme: str
    host: str
    port: int


def origin_of(url: URL) -> Origin | None:
    """The server of an address of HTTP; None where it is another kind of address, or none."""
    try:
        host = url.host
    except ValueError:  # what stands for a name in another script stands for none
        return None
    if url.scheme not in _PORTS or not host:
        return None
    return Origin(url.scheme, host, url.port or _PORTS[url.scheme])


class Places(AbstractResolver):
    """Resolves names, and says no to what may not be reached.

    Args:
        trusted: Addresses whose servers may be anywhere.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = {origin for one in trusted if (origin := origin_of(URL(one))) is not None}

    def permit(self, url: URL) -> Origin:
        """See that an address may be asked, as far as it says so itself; returns its server.

        Raises:
            Forbidden: It may not.
        """
        origin = origin_of(url)
        if origin is None:
            raise Forbidden("its address is none of HTTP")
        if origin not in self._trusted:
            try:
                public = is_public(origin.host)
            except ValueError:
                return origin  # a name, which is judged when it is resolved
            if not public:
                raise Forbidden("its address is a private one")
        return origin

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            Forbidden: One of them is private.
            OSError: It has none.
        """
        found = await ThreadedResolver().resolve(host, port, family)
        if not any((host, port) == (one.host, one.port) for one in self._trusted):
            for one in found:
                if not is_public(one["host"]):
                    raise Forbidden("its address leads to a private one")
        return found

    async def close(self) -> None:
        """Nothing is held."""
