"""Escalation, on the desk's line: the right person for a ticket, and everything they need.

A request is answered at once if somebody fits and is free, else it waits, and the longest-waiting
of the most pressing goes first when somebody becomes free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from agents.agent import Agent
from agents.calendar import WEEKDAYS, Calendar, NeverOpen, is_open, minutes_of, next_opening
from agents.policy import Policy
from agents.world import World
from projections.desk import Desk, Person, Request, request_of
from schemas.event import Candidate, Event
from schemas.events.choices import (
    AvailabilityChecked,
    ContextTransferred,
    EscalationNotified,
    SpecialistChosen,
)
from schemas.events.contacts import SpecialistAssigned, SpecialistUnavailable
from schemas.events.desk import (
    AvailabilityReported,
    SpecialistDescribed,
    SpecialistReleased,
    SpecialistRequested,
)
from schemas.record import Record, derived_id
from schemas.vocabulary import priority_rank

MOST = 12
"""How many candidates a choice records."""


class Choice(msgspec.Struct, frozen=True):
    """Who should take a ticket.

    Attributes:
        person: Who, or None when nobody is free.
        scores: Everybody who is free, by id, the best first.
        reasons: Why it is so.
    """

    person: str | None
    scores: list[tuple[str, float]]
    reasons: list[str]


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


def score(person: Person, request: Request) -> float:
    """How well somebody fits a request: team 4, language 2, skills 2, seniority 1, room 1."""
    wanted = set(request.skills)
    skill = len(wanted.intersection(person.skills)) / len(wanted) if wanted else 0.0
    spoken = request.language is None or request.language in person.languages
    room = 1.0 - len(person.tickets) / person.capacity if person.capacity else 0.0
    return (
        4.0 * (person.team == request.team)
        + 2.0 * spoken
        + 2.0 * skill
        + 1.0 * (person.senior if request.senior else not person.senior)
        + room
    )


def choose(request: Request, people: Mapping[str, Person], now: datetime, policy: Policy) -> Choice:
    """The best person who is on duty and has room; one asked for by name gets it anyway."""
    if request.specialist_id is not None:
        return Choice(request.specialist_id, [(request.specialist_id, 0.0)], ["asked_by_name"])
    if not people:
        return Choice(None, [], ["no_specialists"])
    free = [p for p in people.values() if on_duty(p, now, policy) and has_room(p)]
    ranked = sorted(((p.id, score(p, request)) for p in free), key=lambda one: (-one[1], one[0]))
    if not ranked:
        return Choice(None, [], ["nobody_free"])
    best = people[ranked[0][0]]
    reasons = [
        name
        for name, holds in (
            ("team", best.team == request.team),
            ("language", request.language is not None and request.language in best.languages),
            ("skill", bool(set(request.skills).intersection(best.skills))),
            ("senior", request.senior and best.senior),
        )
        if holds
    ]
    return Choice(best.id, ranked[:MOST], reasons or ["capacity"])


def availability(people: Mapping[str, Person], now: datetime, policy: Policy) -> Availability:
    """Who is free now; and, if nobody is, who comes on duty next and when."""
    free = sorted(p.id for p in people.values() if on_duty(p, now, policy) and has_room(p))
    if free:
        return Availability(free, None, None)
    coming = sorted(_comings(people, now, policy))
    return Availability([], coming[0][1], coming[0][0]) if coming else Availability([], None, None)


def _comings(
    people: Mapping[str, Person], now: datetime, policy: Policy
) -> Iterator[tuple[datetime, str]]:
    for person in people.values():
        hours = _hours(person, policy)
        if person.available and hours is not None:
            try:
                yield next_opening(now, hours), person.id
            except NeverOpen:
                continue


def _hours(person: Person, policy: Policy) -> Calendar | None:
    """Somebody's own hours, in the zone of the policy's calendar."""
    if person.hours is None:
        return None
    return Calendar(
        zone=policy.calendar.zone,
        week=tuple(
            tuple(sorted((minutes_of(a), minutes_of(b)) for a, b in person.hours.get(day, [])))
            for day in WEEKDAYS
        ),
    )


def requested(record: Record, desk: Desk, world: World) -> Iterator[Event]:
    """A ticket needs a person."""
    event = record.event
    assert isinstance(event, SpecialistRequested)
    request = request_of(event, record.at)
    context = msgspec.json.decode(event.context, type=dict[str, object])
    yield from _answer(request, desk, world, context)


def freed(record: Record, desk: Desk, world: World) -> Iterator[Event]:
    """Somebody may be free now: the first waiting request that fits is answered."""
    del record
    for request in sorted(
        desk.waiting.values(), key=lambda r: (-priority_rank(r.priority), r.at, r.id)
    ):
        if choose(request, desk.people, world.now, world.policy).person is not None:
            yield from _answer(request, desk, world, None)
            return


def _answer(
    request: Request, desk: Desk, world: World, context: dict[str, object] | None
) -> Iterator[Event]:
    choice = choose(request, desk.people, world.now, world.policy)
    about = {
        "customer_id": request.customer_id,
        "ticket_id": request.ticket_id,
        "policy_version": world.policy.version,
    }
    yield SpecialistChosen.model_validate(
        {
            **about,
            "outcome": choice.person or "nobody",
            "confidence": None,
            "candidates": [Candidate(name=name, score=s) for name, s in choice.scores],
            "reasons": choice.reasons,
            "request_id": request.id,
            "specialist_id": choice.person,
            "team": request.team,
            "senior": request.senior,
        }
    )
    free = availability(desk.people, world.now, world.policy)
    yield AvailabilityChecked.model_validate(
        {
            **about,
            "outcome": "free" if free.available else "nobody_free",
            "reasons": choice.reasons if choice.person is None else [],
            "request_id": request.id,
            "available": free.available[:MOST],
            "next_specialist_id": free.next_id,
            "next_at": free.next_at,
        }
    )
    if choice.person is None:
        yield SpecialistUnavailable(
            customer_id=request.customer_id,
            ticket_id=request.ticket_id,
            request_id=request.id,
            next_specialist_id=free.next_id,
            next_at=free.next_at,
            reasons=choice.reasons,
        )
        return
    yield SpecialistAssigned(
        customer_id=request.customer_id,
        ticket_id=request.ticket_id,
        specialist_id=choice.person,
        team=request.team,
        request_id=request.id,
        reasons=choice.reasons,
    )
    yield transferred(request, choice.person, context, world)
    if request.escalated:
        yield EscalationNotified(
            customer_id=request.customer_id,
            ticket_id=request.ticket_id,
            outcome=choice.person,
            policy_version=world.policy.version,
            specialist_id=choice.person,
            team=request.team,
            text=f"An escalated {request.priority} ticket is yours: {request.summary}",
        )


def transferred(
    request: Request, to: str, context: dict[str, object] | None, world: World
) -> ContextTransferred:
    """The hand-over of a ticket's context.

    A request that waited hands over its summary; the packet itself is in the record that asked,
    which the ticket's timeline leads to.
    """
    facts = (context or {}).get("facts", [])
    timeline = (context or {}).get("timeline", [])
    given = int(str((context or {}).get("facts_given", 0)))
    kept = len(facts) if isinstance(facts, list) else 0
    return ContextTransferred(
        customer_id=request.customer_id,
        ticket_id=request.ticket_id,
        outcome=to,
        reasons=["at_once" if context is not None else "after_waiting"],
        policy_version=world.policy.version,
        transfer_id=derived_id("transfer", request.id, to),
        to=to,
        summary=request.summary,
        facts=msgspec.json.encode(facts).decode(),
        timeline=msgspec.json.encode(timeline).decode(),
        facts_given=given,
        facts_kept=kept,
    )


_ANSWERS = frozenset(
    {
        SpecialistChosen,
        AvailabilityChecked,
        SpecialistAssigned,
        SpecialistUnavailable,
        ContextTransferred,
        EscalationNotified,
    }
)

AGENTS = (
    Agent(
        name="escalation",
        domain="desk",
        reads=frozenset({SpecialistRequested}),
        writes=_ANSWERS,
        decide=requested,
    ),
    Agent(
        name="escalation",
        domain="desk",
        reads=frozenset({SpecialistReleased, AvailabilityReported, SpecialistDescribed}),
        writes=_ANSWERS,
        decide=freed,
    ),
)
