"""One subscription, followed: each record that it wants is sent until the receiver has it.

In the order of the log, and one at a time. The position is kept when the receiver has acknowledged,
so that whatever happens a record is sent again rather than lost; it then has the same id and the
same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from streams.clock import Clock, parse_time
from streams.cluster.positions import ahead_of, is_token
from streams.entry import Entry
from streams.errors import Unreadable
from streams.gateway.desks import Desks
from streams.gateway.tail import Tail
from streams.subscriptions import holding
from streams.subscriptions.backoff import GIVEN_UP, pause
from streams.subscriptions.holding import Lost, Store
from streams.subscriptions.payload import payload
from streams.subscriptions.posting import Answer, Post
from streams.subscriptions.signing import signed, webhook_id
from streams.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class Sender:
    """Sends what one subscription wants, from where it stands.

    Args:
        held: The subscription, which this process holds.
        tail: Gives the log's records.
        post: Sends requests.
        rows: Where what came of it is kept.
        clock: The time.
    """

    def __init__(
        self, held: Subscription, tail: Tail, post: Post, rows: Desks, clock: Clock
    ) -> None:
        self._held = held
        self._tail = tail
        self._post = post
        self._rows = rows
        self._clock = clock
        self._news = asyncio.Event()

    @property
    def epoch(self) -> int:
        """The claim that it goes by."""
        return self._held.epoch

    def hear(self, held: Subscription) -> None:
        """Go by the row as it stands now: another secret, or no more waiting."""
        self._held = held
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled; a request that is under way then is brought to its end.

        Raises:
            Lost: It is not this process's any more, or was paused.
            Unavailable: The store or the log does not answer.
        """
        selection = self._held.selection()
        async for entry, behind in self._tail.watch(selection, self._held.position):
            if entry is None:  # all there is was seen
                await self._pass_by(self._beyond(behind))
                continue
            body = self._body(entry) if selection.wants(entry) else None
            if body is None:
                await self._pass_by(self._beyond(behind))
            else:
                await self._send(webhook_id(entry.id), body, self._beyond(behind))

    def _body(self, entry: Entry) -> bytes | None:
        """What is sent of an entry; None where it holds no record, and is a dead letter."""
        try:
            return payload(entry, personal=bool(self._held.personal))
        except Unreadable:
            return None

    def _beyond(self, position: str) -> str:
        """A position behind which nothing was seen yet: between partitions there is no order."""
        return ahead_of(self._held.position, position) if is_token(position) else position

    async def _pass_by(self, position: str) -> None:
        if position != self._held.position:
            held = self._held
            await self._keep(lambda store: holding.passed(store, held, position))
            self._held = self._held._replace(position=position)

    async def _send(self, number: str, body: bytes, position: str) -> None:
        while True:
            await self._due()
            if await finished(self._attempt(number, body, position)):
                return

    async def _due(self) -> None:
        """Wait for as long as the receiver is to be left alone."""
        while (again := self._held.next_attempt_at) is not None:
            seconds = (parse_time(again) - self._clock.now()).total_seconds()
            if seconds <= 0:
                return
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _attempt(self, number: str, body: bytes, position: str) -> bool:
        """Send once, and keep what came of it; whether the receiver has it."""
        held, now = self._held, self._clock.now()
        answer = await self._post(held.url, body, signed(number, body, held.secrets(now), now))
        now = self._clock.now()
        if answer.error is not None:
            await self._keep_failure(held, answer, answer.error, now)
            return False
        await self._keep(lambda store: holding.acknowledged(store, held, position, now))
        self._held = self._held._replace(
            position=position, failures=0, failing_since=None, next_attempt_at=None
        )
        return True

    async def _keep_failure(
        self, held: Subscription, answer: Answer, error: str, now: datetime
    ) -> None:
        failures = held.failures + 1
        since = now if held.failing_since is None else parse_time(held.failing_since)
        if answer.gone or now - since >= GIVEN_UP:
            days = f"nothing was acknowledged for {GIVEN_UP.days} days"
            reason = "the receiver wants nothing more" if answer.gone else days
            await self._keep(lambda store: holding.given_up(store, held, reason, error))
            raise Lost
        again = now + timedelta(seconds=pause(failures, answer.after))
        await self._keep(lambda store: holding.failed(store, held, failures, error, now, again))
        self._held = self._held._replace(
            failures=failures, failing_since=since.isoformat(), next_attempt_at=again.isoformat()
        )

    async def _keep(self, job: Callable[[Store], None]) -> None:
        def keep(desk: AnyDesk) -> None:
            job(desk.database)

        await self._rows.do(keep)


async def finished(work: Coroutine[Any, Any, bool]) -> bool:
    """Do something to its end, also where whoever waits for it is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
