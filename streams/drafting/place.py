"""Where a language model may be: on the Internet, and elsewhere only by the operator's word.

Names are looked up anew for each call, and what is connected to is what was looked at.
"""

from __future__ import annotations

import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from streams.drafting.settings import LlmSettings
from streams.internet import is_loopback, is_public, plain


class Place(AbstractResolver):
    """Looks names up, and keeps back the addresses that may not be connected to.

    Args:
        settings: Say what is allowed.
    """

    def __init__(self, settings: LlmSettings) -> None:
        self._private = settings.allow_private
        self._here = is_loopback(settings.host)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: It has none, or only such as may not be connected to.
        """
        found = await ThreadedResolver().resolve(host, port, family)
        allowed = [one for one in found if self._allows(one["host"])]
        if not allowed:
            raise OSError(f"{host} leads to a private address; llm.allow_private would allow it")
        return allowed

    def _allows(self, address: str) -> bool:
        ip = plain(address)
        if ip.is_multicast or ip.is_unspecified:
            return False
        if ip.is_loopback and self._here:
            return True
        return self._private or is_public(address)

    async def close(self) -> None:
        """Nothing is held."""
