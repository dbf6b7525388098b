"""Staying connected to a provider to which we open a WebSocket, for as long as the gateway is up.

A task for each such channel, beside the gateway. Whatever a connection ends with, another one is
opened after a pause, which grows while none stands; only what a person must mend ends it for good.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog

from streams.errors import Misconfigured, PactdeskError

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds before another connection is opened, at most: twice as many each time that one did not
stand for as long as the longest pause."""

DOUBLINGS = 6
"""After how many of those the pause does not grow any more."""

ANSWER_SECONDS = 30.0
"""How long a provider may take to let us in."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")

Up = Callable[[], None]
"""Is called by a visit once its connection stands."""

Visit = Callable[[Up], Awaitable[None]]
"""Opens one connection and speaks over it; returns when it is over, raises what it failed with.

`Misconfigured` is what no other connection would mend.
"""


class State(Protocol):
    """Is told whether the connection of a channel stands."""

    def __call__(self, channel: str, *, stands: bool) -> None:
        """Whether it does."""


def pause(failures: int) -> float:
    """Seconds until it is tried again, by chance: not everybody comes back at the same moment.

    Args:
        failures: How often in a row it failed.
    """
    chance = random.random()  # noqa: S311  # it spreads, and hides nothing
    return chance * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, DOUBLINGS))


async def insisted(channel: str, job: Callable[[], Awaitable[T]]) -> T:
    """What a job with the store gives, however often it must be tried; a failure is told once.

    Args:
        channel: For which channel it is done.
        job: The job; done twice, it must be as good as once.
    """
    failures = 0
    while True:
        try:
            return await job()
        except Exception as error:  # noqa: BLE001  # a store that is away will be there again
            if not failures:
                _log.warning("not taken yet", channel=channel, error=_said(error))
            failures += 1
            await asyncio.sleep(pause(failures))


async def kept_up(channel: str, visit: Visit, state: State) -> None:
    """Be connected until cancelled, or until a person must mend something.

    Args:
        channel: The channel.
        visit: Opens one connection.
        state: Is told whether one stands.
    """
    mouth, failures = _Mouth(channel), 0
    while True:
        stood: list[float] = []

        def up(stood: list[float] = stood) -> None:
            stood.append(time.monotonic())
            mouth.well()
            state(channel, stands=True)

        try:
            await visit(up)
        except Misconfigured as error:
            _log.error("cut off", channel=channel, error=error.what, remedy=error.remedy)
            return
        except Exception as error:  # noqa: BLE001  # whatever it is, what comes later counts
            mouth.ill(error)
        finally:
            state(channel, stands=False)
        lasted = time.monotonic() - stood[0] if stood else 0.0
        failures = 0 if lasted > LONGEST_PAUSE else failures + 1
        await asyncio.sleep(pause(failures))


class _Mouth:
    """Says what is new of a connection; the same again and again is said once.

    Args:
        channel: Whose it is.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._said = ""

    def well(self) -> None:
        """The connection stands."""
        if self._said != "connected":
            self._said = "connected"
            _log.info("connected", channel=self._channel)

    def ill(self, error: Exception) -> None:
        """It does not, or not any more."""
        what = _said(error)
        if what != self._said:
            self._said = what
            _log.warning("not connected", channel=self._channel, error=what)


def _said(error: Exception) -> str:
    """A failure in a line."""
    return error.what if isinstance(error, PactdeskError) else f"{type(error).__name__}: {error}"
