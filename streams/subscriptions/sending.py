"""All subscriptions that this process sends: a thread beside the effects, with its own loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING

import structlog

from streams.clock import WallClock
from streams.engines import desk_of, meaning
from streams.gateway.background import Background
from streams.gateway.desks import Desks
from streams.gateway.tail import Tail
from streams.subscriptions.addresses import Reach
from streams.subscriptions.holding import Holder, Lost
from streams.subscriptions.kept import MOST
from streams.subscriptions.posting import posting
from streams.subscriptions.sender import Sender
from streams.subscriptions.subscribing import reach_now
from streams.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.settings import Settings

LOOK_SECONDS = 1.0
"""Between two looks at the subscriptions: so much later a change of one has its effect."""

REST_SECONDS = 5.0
"""How long a subscription rests that could not go on, for its log or its store did not answer."""

READERS = 2
"""Threads that read the log for those who are far behind."""

_log = structlog.get_logger(__name__)


class Sending(Background):
    """Sends subscriptions from entering to leaving.

    A subscriber that fails or is slow keeps nobody else waiting: each has a task of its own, with
    one request under way at most. In memory are the end of the log, once for all, and for each that
    is behind it some hundred records.

    Args:
        settings: The settings, which say whose desk it is.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__("subscriptions")
        self._settings = settings
        self._holder = Holder(token_hex(8))
        self._reach = Reach(private=False, loopback=False)
        self._at_work: dict[str, _AtWork] = {}

    async def _serve(self) -> None:
        opened = partial(desk_of, self._settings, works=False)
        rows, readers = Desks(opened, 1, "subscriptions"), Desks(opened, READERS, "replaying")
        tail = Tail(opened, readers, quiet=LOOK_SECONDS)
        working = asyncio.create_task(self._work(rows, tail))
        try:
            await self._told_to_stop("")
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            with suppress(Exception):  # a store that is away is left to whoever takes over
                await rows.do(lambda desk: self._holder.leave(desk.database))
        finally:
            for part in (tail, readers, rows):
                await asyncio.to_thread(part.close)

    async def _work(self, rows: Desks, tail: Tail) -> None:
        """Look at the subscriptions again and again, and have those sent that are held here."""
        told = ""
        async with posting(lambda: self._reach, MOST) as post:

            def sender_of(held: Subscription) -> Sender:
                return Sender(held, tail, post, rows, WallClock())

            try:
                while True:
                    try:
                        self._follow(await rows.do(self._look), sender_of)
                        told = ""
                    except Exception as error:  # noqa: BLE001  # a store that is away will be back
                        told = _told_once(error, told)
                    await asyncio.sleep(LOOK_SECONDS)
            finally:
                await _ended(self._at_work.values())

    def _look(self, desk: AnyDesk) -> list[Subscription]:
        held = self._holder.held(desk.database)
        if held:
            self._reach = reach_now(self._settings, desk.database)
        return held

    def _follow(
        self, held: list[Subscription], sender_of: Callable[[Subscription], Sender]
    ) -> None:
        """Bring what is at work here in line with what is held here."""
        wanted = {one.id: one for one in held}
        for number, at_work in list(self._at_work.items()):
            row = wanted.get(number)
            if at_work.task.done():
                del self._at_work[number]
            elif row is None or row.epoch != at_work.sender.epoch:
                at_work.task.cancel()  # and the next look finds it done, so that nothing overtakes
            else:
                at_work.sender.hear(row)
        for number, row in wanted.items():
            if number not in self._at_work:
                self._at_work[number] = _AtWork(sender_of(row))


class _AtWork:
    """A sender and the task that it is in."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Run the sender; when it has ended, the next look begins anew."""
        try:
            await self.sender.run()
        except Lost:
            pass
        except Exception as error:  # noqa: BLE001  # it is one subscription's, and not lost
            _told_once(error, "")
            await asyncio.sleep(REST_SECONDS)


async def _ended(some: Iterable[_AtWork]) -> None:
    tasks = [one.task for one in some]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _told_once(error: Exception, told: str) -> str:
    """Say in the log what is wrong, unless it was said before; returns what is said by now."""
    known = meaning(error)
    says = repr(error) if known is None else str(known)
    if says != told:
        _log.warning("subscriptions wait", error=says, exc_info=known is None)
    return says
