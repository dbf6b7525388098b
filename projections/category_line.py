"""The line of one category in analytics: what came in lately, beside what usually comes."""

from __future__ import annotations

import msgspec

from schemas.events import choices as chose
from schemas.events.metrics import InteractionMeasured
from schemas.record import Record

BUCKET = 600.0
"""Seconds of one bucket."""

BUCKETS = 6 * 24 * 7
"""How many buckets are kept: a week."""

_replace = msgspec.structs.replace


class CategoryLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What deciding needs to know of a category.

    `buckets` are (number of the bucket, contacts in it), the latest last.
    """

    first: int | None = None
    buckets: tuple[tuple[int, int], ...] = ()
    contacts: int = 0
    escalations: int = 0
    answers: int = 0
    resolutions: int = 0
    minutes: float = 0.0
    surge_told: float = 0.0
    share_told: float = 0.0


def evolve(line: CategoryLine, record: Record) -> CategoryLine:
    """The line after one of its records."""
    event = record.event
    match event:
        case InteractionMeasured():
            return _measured(line, event, record.at.timestamp())
        case chose.CommonIssueFound():
            return _replace(line, surge_told=record.at.timestamp())
        case chose.InsightRaised() if event.kind != "surge":
            return _replace(line, share_told=record.at.timestamp())
        case _:
            return line


def _measured(line: CategoryLine, event: InteractionMeasured, at: float) -> CategoryLine:
    match event.kind:
        case "contact":
            now = int(at // BUCKET)
            return _replace(
                line,
                first=now if line.first is None else min(line.first, now),
                buckets=_counted(line.buckets, now),
                contacts=line.contacts + 1,
            )
        case "escalation":
            return _replace(line, escalations=line.escalations + 1)
        case "automatic_answer":
            return _replace(line, answers=line.answers + 1)
        case "resolution":
            return _replace(
                line,
                resolutions=line.resolutions + 1,
                minutes=line.minutes + (event.minutes or 0.0),
            )
        case _:
            return line


def _counted(
    buckets: tuple[tuple[int, int], ...], now: int
) -> tuple[tuple[int, int], ...]:
    counts = dict(buckets)
    counts[now] = counts.get(now, 0) + 1
    return tuple(sorted(counts.items()))[-BUCKETS:]


def in_window(line: CategoryLine, at: float, minutes: int) -> int:
    """Contacts within so many minutes before a moment, to the bucket."""
    since = int((at - minutes * 60.0) // BUCKET)
    return sum(count for number, count in line.buckets if number > since)


def expected(line: CategoryLine, at: float, minutes: int) -> float:
    """Contacts that such a window usually has, by the kept history before it."""
    if line.first is None:
        return 0.0
    since = int((at - minutes * 60.0) // BUCKET)
    earlier = [count for number, count in line.buckets if number <= since]
    oldest = line.buckets[0][0] if line.buckets else line.first
    width = max(1, since - oldest + 1)
    return sum(earlier) / width * (minutes * 60.0 / BUCKET)
