"""The keys in memory, as they stood a second ago at most."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf

from streams.gateway.keys import Key

FRESH_SECONDS = 1.0
"""How long a look at the keys counts: so much later a revocation works everywhere."""


class Keyring:
    """Every key that was ever made, by its id.

    Args:
        look: Reads them.
    """

    def __init__(self, look: Callable[[], Awaitable[list[Key]]]) -> None:
        self._look = look
        self._looking = asyncio.Lock()
        self._looked_at = -inf
        self._keys: dict[str, Key] | None = None

    async def keys(self) -> dict[str, Key]:
        """All of them, by id.

        Raises:
            Unavailable: The store does not answer; what was known before does not count any more.
        """
        loop = asyncio.get_running_loop()
        if self._keys is None or loop.time() - self._looked_at >= FRESH_SECONDS:
            async with self._looking:
                began = loop.time()
                if self._keys is None or began - self._looked_at >= FRESH_SECONDS:
                    self._keys = {one.id: one for one in await self._look()}
                    self._looked_at = began  # a key that was revoked during the look may be missed
        return self._keys

    @property
    def was_empty(self) -> bool:
        """Whether there was no key at the last look."""
        return self._keys == {}
