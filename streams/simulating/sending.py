"""Making the requests of a platform: the only part of it that speaks to anybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from streams.channels.channel import WINDOW_SECONDS
from streams.clock import Clock
from streams.errors import Unavailable
from streams.simulating.plan import MOST_RETRIES, Step
from streams.simulating.platforms.platform import Platform
from streams.simulating.tally import Sent

ANSWER_SECONDS = 15.0
"""How long a platform waits for an answer: the longest that one of them does."""

PAUSE_SECONDS = 0.5
"""How long it waits before it tries again; twice as long each time."""


@dataclass(frozen=True)
class Sender:
    """Sends what a platform has to say.

    Attributes:
        url: The gateway.
        platform: The platform.
        clock: The time.
        skew: By how much the platform's clock is ahead of ours.
        retries: Whether it sends again what nobody acknowledged.
        tell: Is told of every request when its answer is there.
        sent: All of them so far.
    """

    url: str
    platform: Platform
    clock: Clock
    skew: timedelta
    retries: bool
    tell: Callable[[Sent], None]
    sent: list[Sent] = field(default_factory=list)

    async def send(self, steps: Iterable[Step], rate: float | None) -> None:
        """Make requests.

        Args:
            steps: The requests.
            rate: How many are begun in a second, whether or not others are answered; None is one
                after the other.

        Raises:
            Unavailable: Nobody listens at the gateway's address.
        """
        async with ClientSession(timeout=ClientTimeout(ANSWER_SECONDS)) as session:
            began, going = time.monotonic(), list[asyncio.Task[None]]()
            for number, step in enumerate(steps):
                if rate is None or not self.sent:
                    await self._delivered(session, step)
                    continue
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                going.append(asyncio.create_task(self._delivered(session, step)))
            await asyncio.gather(*going)

    async def _delivered(self, session: ClientSession, step: Step) -> None:
        """Make a request, again and again where it is lost and that is wished for."""
        for pause in range(MOST_RETRIES + 1):
            told = await self._once(session, step)
            self.sent.append(told)
            self.tell(told)
            if not (told.lost and self.retries):
                return
            step = step._replace(kind="retry", attempt=step.attempt + 1)
            await asyncio.sleep(PAUSE_SECONDS * 2**pause)

    async def _once(self, session: ClientSession, step: Step) -> Sent:
        post, headers = step.post, {"Content-Type": step.post.media}
        if post.method == "POST":
            headers |= self.platform.signed(post, self.clock.now() + self.skew)
            headers |= self.platform.again(step.attempt) if step.attempt else {}
        began = time.perf_counter()
        status, answer = None, b""
        try:
            async with session.request(
                post.method,
                URL(f"{self.url.rstrip('/')}{post.path}", encoded=True),
                data=step.content,
                headers=headers,
                allow_redirects=False,
            ) as response:
                status, answer = response.status, await response.read()
        except (ClientError, TimeoutError) as error:
            if not self.sent:
                raise Unavailable(
                    f"no gateway answers at {self.url} ({error})",
                    "start one with `pactdesk up`, or name its address with --url",
                ) from error
            answer = (str(error) or type(error).__name__).encode()
        seconds = time.perf_counter() - began
        return Sent(step, status, seconds, answer, self._forbidden(step))

    def _forbidden(self, step: Step) -> bool:
        """Whether the gateway has to refuse a request."""
        late = self.platform.timed and abs(self.skew.total_seconds()) > WINDOW_SECONDS
        signed = step.post.method == "POST"
        return step.kind == "tampered" or step.post.forged or (late and signed)
