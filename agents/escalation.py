"""Escalation, on the desk's line: the right person for a ticket, and whether one is free.

A request is answered at once if somebody may take it and is free, else it waits. Whenever somebody
may have become free, those that wait are served: the most pressing first, and of these the one
that has waited longest. Who comes on duty by the hour reports nothing; the customer's line asks
again then (`RequestRepeated`). It is told when that is as soon as somebody is known to come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from agents.agent import Agent
from agents.duty import Availability, availability, has_room, is_to_come, on_duty
from agents.languages import speaks
from agents.policy import Policy
from agents.world import World
from projections.desk import TOO_MANY, Desk, Person, Request
from projections.desk import assigned as taken
from schemas.event import Candidate, Event
from schemas.events.choices import (
    AvailabilityChecked,
    EscalationNotified,
    SpecialistChosen,
)
from schemas.events.contacts import SpecialistAssigned, SpecialistUnavailable
from schemas.events.desk import (
    AvailabilityReported,
    RequestRepeated,
    SpecialistDescribed,
    SpecialistReleased,
    SpecialistRequested,
)
from schemas.record import Record
from schemas.vocabulary import priority_rank

MOST = 12
"""How many candidates a choice records."""

AT_ONCE = 50
"""How many waiting requests one turn answers at most; the next turn goes on."""


class Choice(msgspec.Struct, frozen=True):
    """Who should take a ticket.

    Attributes:
        person: Who, or None when nobody who may take it is free.
        scores: Everybody who may take it and is free, by id, the best first.
        reasons: Why it is so.
        busy: Who may take it and is not free: their id, how well they fit, and why not.
    """

    person: str | None
    scores: list[tuple[str, float]]
    reasons: list[str]
    busy: list[tuple[str, float, str]] = []


def eligible(request: Request, people: Mapping[str, Person]) -> list[Person]:
    """Who may take a request: the people of its team and those of no team, else everybody.

    Where anybody was told of, whoever was not gets by themselves only what they had before.
    """
    told = [p for p in people.values() if not p.by_name or p.id == request.former_id]
    if all(p.by_name for p in told):
        told = list(people.values())
    return [p for p in told if p.team is None or p.team == request.team] or told


def score(person: Person, request: Request) -> float:
    """How well somebody fits a request.

    Who had the ticket before 8, team 4, seniority where it is asked for 3 (else 1 for who is not
    senior, to keep the others free), language 2, skills 2, room 1.
    """
    wanted = set(request.skills)
    skill = len(wanted.intersection(person.skills)) / len(wanted) if wanted else 0.0
    spoken = request.language is None or speaks(person.languages, request.language)
    room = 1.0 - len(person.tickets) / person.capacity if person.capacity else 0.0
    return (
        8.0 * (person.id == request.former_id)
        + 4.0 * (person.team == request.team)
        + (3.0 * person.senior if request.senior else 1.0 * (not person.senior))
        + 2.0 * spoken
        + 2.0 * skill
        + room
    )


def choose(request: Request, people: Mapping[str, Person], now: datetime, policy: Policy) -> Choice:
    """The best person who is on duty and has room; one asked for by name gets it anyway."""
    if request.specialist_id is not None:
        return Choice(request.specialist_id, [(request.specialist_id, 0.0)], ["asked_by_name"])
    if not people:
        return Choice(None, [], ["no_specialists"])
    weighed = sorted(
        ((p.id, score(p, request), _hindrance(p, now, policy)) for p in eligible(request, people)),
        key=lambda one: (-one[1], one[0]),
    )
    ranked = [(name, fits) for name, fits, why in weighed if why is None]
    busy = [(name, fits, why) for name, fits, why in weighed if why is not None]
    if not ranked:
        return Choice(None, [], ["nobody_free"], busy[:MOST])
    best = people[ranked[0][0]]
    reasons = [
        name
        for name, holds in (
            ("former", best.id == request.former_id),
            ("team", best.team == request.team),
            (
                "language",
                request.language is not None and speaks(best.languages, request.language),
            ),
            ("skill", bool(set(request.skills).intersection(best.skills))),
            ("senior", request.senior and best.senior),
        )
        if holds
    ]
    ranked = ranked[:MOST]
    return Choice(best.id, ranked, reasons or ["capacity"], busy[: MOST - len(ranked)])


def _hindrance(person: Person, now: datetime, policy: Policy) -> str | None:
    """Why somebody is not free; None where they are."""
    if on_duty(person, now, policy):
        return None if has_room(person) else "full"
    return "off_duty" if person.available else "unavailable"


def served(record: Record, desk: Desk, world: World) -> Iterator[Event]:
    """A ticket needs somebody, or somebody may be free: whoever waits is served in order."""
    event = record.event
    asked = event.request_id if isinstance(event, SpecialistRequested | RequestRepeated) else None
    # Who is let go has no place in the line; whoever is there for it takes it all the same.
    let_go = desk.let_go if isinstance(event, SpecialistRequested) else None
    wanting = [*desk.waiting.values()] if let_go is None else [*desk.waiting.values(), let_go]
    coming = _coming(event, desk, world)
    answered = 0
    for request in sorted(wanting, key=_turn):
        choice = choose(request, desk.people, world.now, world.policy)
        later = answered == AT_ONCE and request.id != asked
        if choice.person is None or later:
            if request is let_go:
                yield from _nobody(request, Choice(None, [], [TOO_MANY]), desk, world, event)
            elif request.id == asked or (
                choice.person is None and _is_next(coming, request, desk, world)
            ):
                yield from _nobody(request, choice, desk, world, event)
            continue
        answered += 1
        free = availability(_mine(request, desk), world.now, world.policy)
        assignment = SpecialistAssigned(
            customer_id=request.customer_id,
            ticket_id=request.ticket_id,
            specialist_id=choice.person,
            team=request.team,
            request_id=request.id,
            reasons=choice.reasons,
        )
        yield _chosen(request, choice, world)
        yield _checked(request, choice, free, world)
        yield assignment
        if request.escalated:
            yield _notified(request, choice.person, world)
        desk = taken(desk, assignment)


def _coming(event: Event, desk: Desk, world: World) -> Person | None:
    """Who may be known to come from now on: of whom something is told while they are off duty."""
    if not isinstance(event, SpecialistReleased | AvailabilityReported | SpecialistDescribed):
        return None
    person = desk.people.get(event.specialist_id)
    if person is None or not is_to_come(person, world.now, world.policy):
        return None
    roomy = person.capacity - len(person.tickets) > 1
    return None if roomy and isinstance(event, SpecialistReleased) else person  # known already


def _is_next(coming: Person | None, request: Request, desk: Desk, world: World) -> bool:
    """Whether who comes is the next for a request; else it is told of somebody sooner already."""
    if coming is None:
        return False
    return availability(_mine(request, desk), world.now, world.policy).next_id == coming.id


def _turn(request: Request) -> tuple[int, float, str]:
    return -priority_rank(request.priority), request.at, request.id


def _mine(request: Request, desk: Desk) -> dict[str, Person]:
    return {person.id: person for person in eligible(request, desk.people)}


def _nobody(
    request: Request, choice: Choice, desk: Desk, world: World, event: Event
) -> Iterator[Event]:
    """Nobody is free: who comes next, and when."""
    free = availability(_mine(request, desk), world.now, world.policy)
    again = [] if isinstance(event, SpecialistRequested) else ["still_waiting"]
    yield _chosen(request, choice, world)
    yield _checked(request, choice, free, world)
    yield SpecialistUnavailable(
        customer_id=request.customer_id,
        ticket_id=request.ticket_id,
        request_id=request.id,
        next_specialist_id=free.next_id,
        next_at=free.next_at,
        reasons=[*choice.reasons, *again],
    )


def _about(request: Request, world: World) -> dict[str, Any]:  # Any: event fields
    return {
        "customer_id": request.customer_id,
        "ticket_id": request.ticket_id,
        "policy_version": world.policy.version,
    }


def _chosen(request: Request, choice: Choice, world: World) -> SpecialistChosen:
    return SpecialistChosen(
        **_about(request, world),
        outcome=choice.person or "nobody",
        candidates=[
            *(Candidate(name=name, score=fits) for name, fits in choice.scores),
            *(Candidate(name=name, score=fits, note=why) for name, fits, why in choice.busy),
        ],
        reasons=choice.reasons,
        request_id=request.id,
        specialist_id=choice.person,
        team=request.team,
        senior=request.senior,
    )


def _checked(
    request: Request, choice: Choice, free: Availability, world: World
) -> AvailabilityChecked:
    return AvailabilityChecked(
        **_about(request, world),
        outcome="free" if free.available else "nobody_free",
        reasons=choice.reasons if choice.person is None else [],
        request_id=request.id,
        available=free.available[:MOST],
        next_specialist_id=free.next_id,
        next_at=free.next_at,
    )


def _notified(request: Request, person: str, world: World) -> EscalationNotified:
    return EscalationNotified(
        **_about(request, world),
        outcome=person,
        specialist_id=person,
        team=request.team,
        text=f"An escalated {request.priority} ticket is yours: {request.summary}",
    )


AGENTS = (
    Agent(
        name="escalation",
        domain="desk",
        reads=frozenset(
            {
                SpecialistRequested,
                RequestRepeated,
                SpecialistReleased,
                AvailabilityReported,
                SpecialistDescribed,
            }
        ),
        writes=frozenset(
            {
                SpecialistChosen,
                AvailabilityChecked,
                SpecialistAssigned,
                SpecialistUnavailable,
                EscalationNotified,
            }
        ),
        decide=served,
    ),
)
