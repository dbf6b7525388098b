"""Couriers and what they need, opened and closed together: for as long as a desk is up, or once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack
from types import TracebackType
from typing import Self

from streams.clock import Clock
from streams.delivery.calling import Caller
from streams.delivery.carriers import Carriers
from streams.delivery.courier import Courier, Post
from streams.delivery.errand import Patience
from streams.drafting.carriers import AT_ONCE, DraftCarriers
from streams.drafting.place import Place
from streams.links import Links
from streams.settings import Settings


class Couriers:
    """One for the platforms and one for drafts, so that neither waits for the other's answers.

    What they learn of whom they call stays, however often they are entered and left.

    Args:
        post: An engine's errands.
        settings: What is set up.
        links: Adds links to surveys and files.
        clock: The wall's.
    """

    def __init__(self, post: Post, settings: Settings, links: Links, clock: Clock) -> None:
        llm = settings.llm
        self._callers = (
            caller := Caller(settings.delivery.answer_seconds),
            asking := Caller(llm.timeout_seconds, lambda: Place(llm)),
        )
        carriers, drafts = Carriers(settings, caller, links), DraftCarriers(llm, asking, clock)
        once = Patience.once(llm.timeout_seconds)
        self._of = (
            Courier(post, carriers, Patience.of(settings.delivery), clock),
            Courier(post, drafts, once, clock, AT_ONCE),
        )
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for one in self._callers:
            await self._open.enter_async_context(one)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def run(self, stop: asyncio.Event) -> None:
        """Bring what is due until told to stop; what is under way then is waited for."""
        await asyncio.gather(*(one.run(stop) for one in self._of))

    async def work_off(self) -> bool:
        """Bring all that is due by now, and wait for what comes of it; whether there was any."""
        return any(await asyncio.gather(*(one.work_off() for one in self._of)))

    def wake(self) -> None:
        """There may be something new."""
        for one in self._of:
            one.wake()


class Office:
    """The couriers in a thread of their own, until told to stop.

    Args:
        opened: Opens what they work on, in that thread; may wait for others to
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
        async with Couriers(post, self._settings, self._links, self._clock) as couriers:
            self._wake, self._end = couriers.wake, stop.set
            self._call = asyncio.get_running_loop().call_soon_threadsafe
            if self._stopping.is_set():
                stop.set()
            try:
                await couriers.run(stop)
            finally:
                self._call = None
