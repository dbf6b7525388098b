"""What the gateway's handlers have at hand: desks to ask, the way in, the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from streams.clock import Clock, WallClock
from streams.gateway.desks import Desks
from streams.gateway.heard import Heard
from streams.gateway.tail import Tail
from streams.gateway.taking import Taking
from streams.gateway.typists import Typists
from streams.gateway.visitors import Visitors

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.settings import Settings

T = TypeVar("T")

READERS = 2
"""Threads that read: SQLite and PostgreSQL answer most questions in less time than a switch."""

ASKERS = 4
"""Threads for what waits for rulings, or asks the models."""

REPLAYERS = 2
"""Threads that read the log for streams that are behind: however long it is, nobody else waits."""

LOOKERS = 2
"""Threads that look back, which takes the longer the longer the log is."""

LOOK_SECONDS = 0.005
"""Between two looks whether what somebody waits for has come."""


class House:
    """One desk as the gateway sees it.

    Args:
        settings: The settings.
        opened: Opens a desk on them; called once in every thread.
    """

    def __init__(self, settings: Settings, opened: Callable[[], AnyDesk]) -> None:
        self.settings = settings
        self.clock: Clock = WallClock()
        self.way_in = Taking(opened)
        self._readers = Desks(opened, READERS, "reading")
        self._askers = Desks(opened, ASKERS, "asking")
        self._lookers = Desks(opened, LOOKERS, "looking back")
        self._replayers = Desks(opened, REPLAYERS, "replaying")
        self.heard = Heard()
        self.typists = Typists()
        self.visitors = Visitors()
        self.tail = Tail(opened, self._replayers)
        self.stopping = asyncio.Event()

    async def read(self, job: Callable[[AnyDesk], T]) -> T:
        """Read something that is there."""
        return await self._readers.do(job)

    async def ask(self, job: Callable[[AnyDesk], T]) -> T:
        """Do what may take a while: wait for a ruling, ask a model."""
        return await self._askers.do(job)

    async def look_back(self, job: Callable[[AnyDesk], T]) -> T:
        """Read what was, which holds up nobody who asks for something to be done."""
        return await self._lookers.do(job)

    async def until(self, job: Callable[[AnyDesk], T | None], seconds: float) -> T | None:
        """Look again and again until there is something.

        None when the time is over, or the gateway is told to stop.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (found := await self.read(job)) is None:
            if loop.time() >= end or self.stopping.is_set():
                return None
            await asyncio.sleep(LOOK_SECONDS)
        return found

    def close(self) -> None:
        """Finish what is being done, and let the desks go."""
        self.tail.close()
        self.way_in.close()
        self._readers.close()
        self._askers.close()
        self._lookers.close()
        self._replayers.close()
