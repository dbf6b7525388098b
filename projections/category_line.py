"""The line of one category in analytics: what came in lately, beside what usually comes.

Time is the line's own: the latest moment that was measured. So a backlog that is worked off late
shows the surges that it holds, and none that it does not.
"""

from __future__ import annotations

import msgspec

from schemas.events import choices as chose
from schemas.events.metrics import InteractionMeasured
from schemas.record import Record

BUCKET = 600.0
"""Seconds of one bucket."""

BUCKETS = 6 * 24 * 7
"""How many buckets back something is remembered: a week."""

LONGEST_WINDOW = 6 * 24 * 60
"""Minutes of the longest window: a day of that week is left to hold it against."""

_replace = msgspec.structs.replace


class Bucket(msgspec.Struct, frozen=True, array_like=True):
    """What was counted in one span of time; `number` is the moment divided by `BUCKET`."""

    number: int
    contacts: int = 0
    escalations: int = 0
    answers: int = 0
    rejections: int = 0


class CategoryLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What deciding needs to know of a category. Moments are seconds since the epoch.

    Attributes:
        at: The latest moment that was measured.
        first: Number of the first bucket there ever was.
        buckets: Those of the last week in which something was counted, the latest last.
        resolutions: How many tickets were ever resolved.
        minutes: How long these took in sum.
        told: By kind of insight, when it was raised last.
    """

    at: float = 0.0
    first: int | None = None
    buckets: tuple[Bucket, ...] = ()
    resolutions: int = 0
    minutes: float = 0.0
    told: dict[str, float] = {}


def evolve(line: CategoryLine, record: Record) -> CategoryLine:
    """The line after one of its records."""
    event = record.event
    match event:
        case InteractionMeasured():
            return _measured(line, event, record.at.timestamp())
        case chose.InsightRaised():
            return _replace(line, told={**line.told, event.kind: line.at})
        case _:  # its own measurements follow from what was folded
            return line


_COUNTED = {
    "contact": "contacts",
    "escalation": "escalations",
    "automatic_answer": "answers",
    "rejected_answer": "rejections",
}
"""Which of a bucket's counts a kind of interaction adds to."""


def _measured(line: CategoryLine, event: InteractionMeasured, at: float) -> CategoryLine:
    line = _replace(line, at=max(line.at, at))
    if event.kind == "resolution":
        return _replace(
            line,
            resolutions=line.resolutions + 1,
            minutes=line.minutes + (event.minutes or 0.0),
        )
    field = _COUNTED.get(event.kind)
    if field is None:
        return line
    number = int(at // BUCKET)
    return _replace(
        line,
        first=number if line.first is None else min(line.first, number),
        buckets=_counted(line, number, field),
    )


def _counted(line: CategoryLine, number: int, field: str) -> tuple[Bucket, ...]:
    oldest = int(line.at // BUCKET) - BUCKETS + 1
    kept = {bucket.number: bucket for bucket in line.buckets if bucket.number >= oldest}
    if number >= oldest:
        before = kept.get(number) or Bucket(number)
        kept[number] = _replace(before, **{field: getattr(before, field) + 1})
    return tuple(kept[one] for one in sorted(kept))


def in_window(line: CategoryLine, minutes: int) -> int:
    """Contacts within the last so many minutes, to the bucket."""
    since = _since(line, minutes)
    return sum(bucket.contacts for bucket in line.buckets if bucket.number > since)


def expected(line: CategoryLine, minutes: int) -> float:
    """Contacts that a window of so many minutes usually has: the mean of the week before it."""
    since = _since(line, minutes)
    if line.first is None or line.first > since:
        return 0.0
    oldest = max(line.first, int(line.at // BUCKET) - BUCKETS + 1)
    earlier = sum(bucket.contacts for bucket in line.buckets if bucket.number <= since)
    return earlier / (since - oldest + 1) * (minutes * 60.0 / BUCKET)


def totals(line: CategoryLine) -> Bucket:
    """The counts of the whole week that is remembered, as of its last bucket."""
    return Bucket(
        number=int(line.at // BUCKET),
        contacts=sum(bucket.contacts for bucket in line.buckets),
        escalations=sum(bucket.escalations for bucket in line.buckets),
        answers=sum(bucket.answers for bucket in line.buckets),
        rejections=sum(bucket.rejections for bucket in line.buckets),
    )


def was_told(line: CategoryLine, kind: str, minutes: int) -> bool:
    """Whether an insight of a kind was raised within the last so many minutes."""
    told = line.told.get(kind)
    return told is not None and line.at - told < minutes * 60.0


def _since(line: CategoryLine, minutes: int) -> int:
    """Number of the last bucket before the window."""
    return int((line.at - minutes * 60.0) // BUCKET)
