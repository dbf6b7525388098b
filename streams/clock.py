"""Clocks: the wall's, and one that only moves when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from streams.errors import Malformed, Refused


class Clock(Protocol):
    """Where the time comes from."""

    @property
    def simulated(self) -> bool:
        """Whether time is told rather than read, and records' own times rule."""

    def now(self) -> datetime:
        """The time, in UTC."""


class WallClock:
    """The machine's clock."""

    simulated = False

    def now(self) -> datetime:
        """The machine's time, in UTC."""
        return datetime.now(UTC)


class RecordedClock:
    """Records' own times rule, and everything that is in the log may be taken."""

    simulated = True

    def now(self) -> datetime:
        """The end of time: nothing waits for the clock."""
        return datetime.max.replace(tzinfo=UTC)


class ManualClock:
    """A clock for tests, demos and simulations: it stands still until it is moved.

    Args:
        start: RFC 3339 text with an offset, or an aware moment.
    """

    simulated = True

    def __init__(self, start: str | datetime) -> None:
        self._now = parse_time(start)

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        """Move it on.

        Raises:
            Refused: The sum is negative.
        """
        self.set(self._now + timedelta(days=days, hours=hours, minutes=minutes))

    def set(self, moment: str | datetime) -> None:
        """Move it to a moment.

        Raises:
            Refused: The moment lies before the clock's.
        """
        then = parse_time(moment)
        if then < self._now:
            raise Refused(
                f"the clock stands at {self._now.isoformat()} and never moves backwards",
                "set a later time, or open the store with a new clock",
            )
        self._now = then


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """A moment as whole microseconds since the epoch."""
    since = moment - _EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def parse_time(moment: str | datetime) -> datetime:
    """A moment in UTC.

    Raises:
        Malformed: The text is not RFC 3339, has no offset, or lies outside of the years 1 to 9999.
    """
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise Malformed(
                f"{moment!r} is not a time", "write it like 2026-03-02T08:00:00Z"
            ) from error
    if moment.tzinfo is None:
        raise Malformed(f"{moment.isoformat()} has no offset", "add Z or an offset such as +01:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Malformed(
            f"{moment.isoformat()} is too far away", "give a time in the years 1 to 9999 of UTC"
        ) from error
