"""Who is at the desk, who has room for one more ticket, and who comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

import msgspec

from agents.calendar import WEEKDAYS, Calendar, NeverOpen, is_open, minutes_of, next_opening
from agents.policy import Policy
from projections.desk import Person


class Availability(msgspec.Struct, frozen=True):
    """Who is free now, and who is next."""

    available: list[str]
    next_id: str | None
    next_at: datetime | None


def on_duty(person: Person, now: datetime, policy: Policy) -> bool:
    """Whether somebody is at the desk now: available, and within their hours."""
    if not person.available:
        return False
    hours = _hours(person, policy)
    return hours is None or is_open(now, hours)


def has_room(person: Person) -> bool:
    """Whether somebody can take one more ticket."""
    return len(person.tickets) < person.capacity


def is_to_come(person: Person, now: datetime, policy: Policy) -> bool:
    """Whether somebody who is off duty comes back by the hour, with room."""
    return (
        person.available
        and person.hours is not None
        and has_room(person)
        and not on_duty(person, now, policy)
    )


def availability(people: Mapping[str, Person], now: datetime, policy: Policy) -> Availability:
    """Who is free now; and, if nobody is, who comes on duty next with room, and when."""
    free = sorted(p.id for p in people.values() if has_room(p) and on_duty(p, now, policy))
    if free:
        return Availability(free, None, None)
    coming = sorted(_comings(people, now, policy))
    return Availability([], coming[0][1], coming[0][0]) if coming else Availability([], None, None)


def _comings(
    people: Mapping[str, Person], now: datetime, policy: Policy
) -> Iterator[tuple[datetime, str]]:
    for person in people.values():
        hours = _hours(person, policy)
        if not person.available or not has_room(person) or hours is None:
            continue
        try:
            yield next_opening(now, hours), person.id
        except NeverOpen:
            continue


def _hours(person: Person, policy: Policy) -> Calendar | None:
    """Somebody's own hours, in the zone and with the holidays of the policy's calendar."""
    if person.hours is None:
        return None
    return Calendar(
        zone=policy.calendar.zone,
        week=tuple(tuple(sorted(_spans(person.hours.get(day, [])))) for day in WEEKDAYS),
        holidays=frozenset(policy.calendar.holidays),
    )


def _spans(given: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    """The spans of a day, without such as no input may have: nobody else suffers from those."""
    for start, stop in given:
        with suppress(ValueError):
            yield minutes_of(start), minutes_of(stop)
