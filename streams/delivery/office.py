"""A courier and what it needs, opened and closed together: for as long as a desk is up, or once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from streams.clock import Clock
from streams.delivery.calling import Caller
from streams.delivery.carriers import Carriers
from streams.delivery.courier import Courier, Post
from streams.delivery.errand import Patience
from streams.links import Links
from streams.settings import Settings


@asynccontextmanager
async def courier_of(
    post: Post, settings: Settings, links: Links, clock: Clock
) -> AsyncIterator[Courier]:
    """A courier over an engine's errands, for the platforms that are set up."""
    async with Caller(settings.delivery.answer_seconds) as caller:
        carriers = Carriers(settings, caller, links)
        yield Courier(post, carriers, Patience.of(settings.delivery), clock)


class Office:
    """A courier in a thread of its own, until told to stop.

    Args:
        opened: Opens what the courier works on, in that thread; may wait for another courier to
            leave, and gives None where told to stop meanwhile.
        settings: The connections to the platforms.
        links: Adds links to surveys and files.
        clock: The wall's.
        failed: Told of an error that it cannot go on after.
    """

    def __init__(
        self,
        opened: Callable[[threading.Event], AbstractContextManager[Post | None]],
        settings: Settings,
        links: Links,
        clock: Clock,
        failed: Callable[[BaseException], None],
    ) -> None:
        self._opened = opened
        self._settings = settings
        self._links = links
        self._clock = clock
        self._failed = failed
        self._stopping = threading.Event()
        self._call: Callable[[Callable[[], object]], object] | None = None
        self._wake: Callable[[], object] = lambda: None
        self._end: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something new to send."""
        self._tell(self._wake)

    def stop(self) -> None:
        """Begin nothing more, wait for what is under way, and end."""
        self._stopping.set()
        self._tell(self._end)
        self._thread.join()

    def _tell(self, what: Callable[[], object]) -> None:
        call = self._call
        if call is not None:
            call(what)

    def _run(self) -> None:
        try:
            with self._opened(self._stopping) as post:
                if post is not None:
                    asyncio.run(self._serve(post))
        except BaseException as error:  # noqa: BLE001  # whatever it is, the process must hear of it
            self._failed(error)

    async def _serve(self, post: Post) -> None:
        stop = asyncio.Event()
        async with courier_of(post, self._settings, self._links, self._clock) as courier:
            self._wake, self._end = courier.wake, stop.set
            self._call = asyncio.get_running_loop().call_soon_threadsafe
            if self._stopping.is_set():
                stop.set()
            try:
                await courier.run(stop)
            finally:
                self._call = None
