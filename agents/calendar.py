"""Business time: minutes in which the desk is open, counted between moments and ahead of one.

Spans are wall-clock times in the calendar's zone, several a day if need be; a span is turned into
moments for each day on its own, so that days with a change of clocks have the length they have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

HORIZON_DAYS = 3 * 366
"""How far ahead is looked for business time before a calendar counts as never open."""

Spans = tuple[tuple[int, int], ...]
"""Open spans of a day, in minutes after midnight; 1440 is the end of the day."""


class Calendar(msgspec.Struct, frozen=True):
    """When the desk is open.

    Attributes:
        zone: IANA name of the time zone.
        week: Spans from Monday to Sunday.
        holidays: Days without any span.
    """

    zone: str
    week: tuple[Spans, ...]
    holidays: frozenset[date] = frozenset()


class NeverOpen(ValueError):
    """The calendar has no business time within the horizon."""


def is_open(moment: datetime, calendar: Calendar) -> bool:
    """Whether the desk is open at a moment."""
    day = moment.astimezone(_zone(calendar)).date()
    return any(start <= moment < end for start, end in _spans_of(day, calendar))


def next_opening(moment: datetime, calendar: Calendar) -> datetime:
    """The moment itself if the desk is open, else when it opens next, in UTC.

    Raises:
        NeverOpen: It does not, within the horizon.
    """
    for start, _ in _from(moment, calendar):
        return start
    raise NeverOpen(f"no business time in {HORIZON_DAYS} days after {moment.isoformat()}")


def business_between(begin: datetime, end: datetime, calendar: Calendar) -> float:
    """Business minutes between two moments; 0 when the second is not later."""
    total = 0.0
    for start, stop in _from(begin, calendar):
        if start >= end:
            break
        total += (min(stop, end) - start).total_seconds()
    return total / 60.0


def add_business(begin: datetime, minutes: float, calendar: Calendar) -> datetime:
    """When so many business minutes will have passed since a moment, in UTC.

    Raises:
        NeverOpen: They do not pass within the horizon.
    """
    left = timedelta(minutes=minutes)
    for start, stop in _from(begin, calendar):
        if left <= stop - start:
            return start + left
        left -= stop - start
    raise NeverOpen(f"{minutes} business minutes do not pass in {HORIZON_DAYS} days")


def _from(moment: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Open spans from a moment on, in UTC, the first one cut at the moment."""
    moment = moment.astimezone(UTC)
    first = moment.astimezone(_zone(calendar)).date()
    for ahead in range(HORIZON_DAYS):
        for start, stop in _spans_of(first + timedelta(days=ahead), calendar):
            if stop > moment:
                yield max(start, moment), stop


@lru_cache(maxsize=4096)
def _spans_of(day: date, calendar: Calendar) -> tuple[tuple[datetime, datetime], ...]:
    if day in calendar.holidays:
        return ()
    zone = _zone(calendar)
    spans = []
    for start, stop in calendar.week[day.weekday()]:
        opens, closes = _moment(day, start, zone), _moment(day, stop, zone)
        if closes > opens:
            spans.append((opens, closes))
    return tuple(spans)


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A wall-clock time of a day in UTC; one that the clocks skip is the moment of the change."""
    if minutes == 1440:
        day, minutes = day + timedelta(days=1), 0
    local = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    if before is None or after is None or after <= before:  # it exists, or exists twice
        return local.astimezone(UTC)
    early, late = local.replace(fold=1).astimezone(UTC), local.astimezone(UTC)
    while late - early > timedelta(seconds=1):  # the change lies after `early`, at or before `late`
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late


@lru_cache(maxsize=64)
def _zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _zone(calendar: Calendar) -> ZoneInfo:
    return _zone_of(calendar.zone)


def sound(week: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """See that spans by weekday can be kept to.

    Raises:
        ValueError: A day is none, a time is none, or spans end too early or overlap.
    """
    for day, spans in week.items():
        if day not in WEEKDAYS:
            raise ValueError(f"{day!r} is no weekday; use {', '.join(WEEKDAYS)}")
        ends = 0
        for start, stop in sorted((minutes_of(a), minutes_of(b)) for a, b in spans):
            if start >= stop:
                raise ValueError(f"{day}: a span ends before it begins; split it at midnight")
            if start < ends:
                raise ValueError(f"{day}: spans overlap; join or shorten them")
            ends = stop


def minutes_of(text: str) -> int:
    """Minutes after midnight of a time of day such as 09:00; 24:00 is the end of the day.

    Raises:
        ValueError: It is not a time of day.
    """
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and len(minutes) == 2):
        raise ValueError(f"{text!r} is not a time of day; write it like 09:00")
    value = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or value > 1440:
        raise ValueError(f"{text!r} is not a time of day; the last is 24:00")
    return value
