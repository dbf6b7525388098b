"""How a ticket's SLA clocks run, pause and end."""

from __future__ import annotations

import msgspec

from projections.case.state import Clock
from schemas.events.tickets import SlaStarted

_replace = msgspec.structs.replace


def started(before: Clock | None, event: SlaStarted, at: float) -> Clock:
    """A clock that runs from now on; one that is resumed remembers that it has warned."""
    since, granted = _granted(before, event, at)
    return Clock(
        due=event.due_at.timestamp(),
        warn=event.warn_at.timestamp(),
        target=event.target_minutes,
        warned=event.resumed and before is not None and before.warned,
        since=since,
        granted=granted,
        calendar=event.calendar_version,
    )


def _granted(
    before: Clock | None, event: SlaStarted, at: float
) -> tuple[float | None, float | None]:
    """Since when a clock runs, and with how many business minutes; Nones where that was not kept.

    One that runs already goes on since then, with so much more as its target is longer.
    """
    target = float(event.target_minutes)
    if before is None or before.ended is not None:
        return at, target
    longer = target - before.target
    if before.left is not None:
        return at, before.left + longer if event.resumed else target
    return before.since, None if before.granted is None else before.granted + longer


def paused(clock: Clock | None, left: float | None) -> Clock | None:
    """The clock while the customer is waited for: due at no moment, `left` business minutes."""
    if clock is None or clock.ended is not None or left is None:
        return clock
    return Clock(target=clock.target, left=left, warned=clock.warned)


def warned(clock: Clock | None) -> Clock | None:
    """The clock after it warned."""
    return None if clock is None else _replace(clock, warned=True)


def ended(clock: Clock | None, how: str) -> Clock | None:
    """The clock after its target was met or breached."""
    return None if clock is None else _replace(clock, ended=how)


def stopped(clock: Clock | None) -> Clock | None:
    """The clock of a ticket that is done with: how it ended, or nothing."""
    return clock if clock is not None and clock.ended is not None else None
