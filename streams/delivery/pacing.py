"""How much a platform takes at a time, and when it is left alone for a while.

Both are kept in memory: after a new start more may be sent at once than a platform takes; it says
so then, and what it refuses waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from schemas.platforms import PLATFORMS, Rate

FAILURES = 5
"""So many calls in a row must fail before a platform is left alone."""

FIRST_REST, LONGEST_REST = 5.0, 300.0
"""Seconds for which it is left alone; each time twice as long while it does not come back."""

_KEPT = 10_000
"""Conversations whose pace is remembered, and messages whose moment is."""


def told(channel: str) -> str:
    """What a channel's platform takes, in words."""
    rates = PLATFORMS[channel].rates if channel in PLATFORMS else ()
    takes = [f"{rate.burst or rate.many} in {_span(rate):g} s" for rate in rates]
    return f"{channel} takes no more than {', '.join(takes)}"


def _span(rate: Rate) -> float:
    return (rate.burst or rate.many) * rate.seconds / rate.many


class _Window:
    """At most so many in any stretch of so many seconds."""

    def __init__(self, rate: Rate) -> None:
        self._span = _span(rate)
        self._slots: deque[float] = deque(maxlen=rate.burst or rate.many)

    def next(self, now: float) -> float:
        full = len(self._slots) == self._slots.maxlen
        return max(now, self._slots[0] + self._span) if full else now

    def take(self, at: float) -> None:
        self._slots.append(at)


class Pace:
    """Gives every message the moment at which its platform takes it."""

    def __init__(self) -> None:
        self._accounts: dict[str, list[_Window]] = {}
        self._conversations: dict[str, list[_Window]] = {}
        self._given: dict[str, float] = {}

    def slot(self, request_id: str, channel: str, conversation: str, now: float) -> float:
        """When a message may go; asked again for the same one, it is the same moment."""
        if request_id in self._given:
            return self._given[request_id]
        windows = [*self._windows(channel, conversation)]
        at = max((one.next(now) for one in windows), default=now)
        for one in windows:
            one.take(at)
        if len(self._given) >= _KEPT:
            self._given.pop(next(iter(self._given)))
        self._given[request_id] = at
        return at

    def went(self, request_id: str) -> None:
        """A message went: its next part or try has a moment of its own."""
        self._given.pop(request_id, None)

    def wait(self, now: float) -> float | None:
        """Seconds until the next message may go that waits for its moment; None where none does.

        One whose moment has come waits for something else.
        """
        return min((at - now for at in self._given.values() if at > now), default=None)

    def _windows(self, channel: str, conversation: str) -> Iterator[_Window]:
        rates = PLATFORMS[channel].rates if channel in PLATFORMS else ()
        if channel not in self._accounts:
            self._accounts[channel] = _of(rates, "account")
        yield from self._accounts[channel]
        if conversation not in self._conversations:
            if len(self._conversations) >= _KEPT:
                self._conversations.pop(next(iter(self._conversations)))
            self._conversations[conversation] = _of(rates, "conversation")
        yield from self._conversations[conversation]


def _of(rates: Iterable[Rate], per: str) -> list[_Window]:
    return [_Window(rate) for rate in rates if rate.per == per]


class Breaker:
    """Whether a platform is called: not while it fails again and again.

    After each rest one message is let through; what comes of it decides.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._rest = 0.0
        self._until = 0.0
        self._trying = False

    def open_until(self, now: float) -> float | None:
        """Until when nothing is sent; None where something may be."""
        if self._failures < FAILURES:
            return None
        return self._until if now < self._until or self._trying else None

    def begun(self) -> None:
        """A message is let through."""
        self._trying = self._failures >= FAILURES

    def looked(self) -> None:
        """It was asked what it has, which says nothing of whether it takes messages."""
        self._trying = False

    def failed(self, now: float) -> bool:
        """A call failed; whether the platform is left alone from now on, and was not before."""
        self._failures += 1
        tripped = self._failures == FAILURES
        if self._failures >= FAILURES and (tripped or self._trying):
            self._rest = min(max(2 * self._rest, FIRST_REST), LONGEST_REST)
            self._until = now + self._rest
        self._trying = False
        return tripped

    def answered(self) -> bool:
        """The platform answered; whether it was left alone before."""
        rested = self._failures >= FAILURES
        self._failures, self._rest, self._trying = 0, 0.0, False
        return rested
