"""The desk's one line: who works here, what each has, which requests wait."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schemas.events import contacts as inbox
from schemas.events import desk
from schemas.record import Record
from schemas.vocabulary import priority_rank

WAITING = 200
"""How many requests wait at most; beyond it the least pressing and latest is let go.

The whole line is stored after each turn, so a longer one would make every turn slow.
"""

TOO_MANY = "too_many_wait"
"""Why a request is not kept, or no longer: so many more pressing ones wait."""

SUMMARY = 300

CAPACITY = 1000
"""How many tickets somebody may have at most."""

_replace = msgspec.structs.replace

Hours = dict[str, list[tuple[str, str]]]


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who works at the desk. Without `hours` always on duty.

    `by_name` is who was only ever asked for by name, or took something: nobody told of them.
    """

    id: str
    team: str | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    senior: bool = False
    capacity: int = 10
    hours: Hours | None = None
    available: bool = True
    tickets: tuple[str, ...] = ()
    by_name: bool = False


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ticket that needs a person; `at` is since when."""

    id: str
    customer_id: str
    ticket_id: str
    team: str
    at: float
    skills: tuple[str, ...] = ()
    language: str | None = None
    senior: bool = False
    priority: str = "medium"
    specialist_id: str | None = None
    former_id: str | None = None
    escalated: bool = False
    summary: str = ""


class Desk(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everybody's load, and what waits, by ticket; `let_go` had to for the last that came."""

    people: dict[str, Person] = {}
    waiting: dict[str, Request] = {}
    let_go: Request | None = None


def evolve(state: Desk, record: Record) -> Desk:
    """The desk after a record of its line."""
    event = record.event
    match event:
        case desk.SpecialistDescribed():
            return _person(state, _described(state, event))
        case desk.AvailabilityReported():
            known = state.people.get(event.specialist_id) or Person(event.specialist_id)
            return _person(state, _replace(known, available=event.available, by_name=False))
        case desk.SpecialistRequested():
            return _waits(state, request_of(event, record.at))
        case desk.SpecialistReleased():
            return _released(state, event)
        case desk.RequestWithdrawn():
            return _withdrawn(state, event)
        case inbox.SpecialistAssigned():
            return assigned(state, event)
        case _:  # what it decided shows in the assignment that follows
            return state


def request_of(event: desk.SpecialistRequested, at: datetime) -> Request:
    """The compact form in which a request waits."""
    return Request(
        id=event.request_id,
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        team=event.team,
        at=at.timestamp(),
        skills=tuple(event.skills),
        language=event.language,
        senior=event.senior,
        priority=event.priority,
        specialist_id=event.specialist_id,
        former_id=event.former_id,
        escalated=event.escalated,
        summary=event.summary[:SUMMARY],
    )


def _described(state: Desk, event: desk.SpecialistDescribed) -> Person:
    if event.capacity is not None and not 0 <= event.capacity <= CAPACITY:
        raise ValueError(f"a capacity of {event.capacity} is not from 0 to {CAPACITY}")
    known = state.people.get(event.specialist_id) or Person(event.specialist_id)
    changes: dict[str, object] = {
        name: value
        for name in ("team", "senior", "capacity", "available")
        if (value := getattr(event, name)) is not None
    }
    if event.skills is not None:
        changes["skills"] = tuple(event.skills)
    if event.languages is not None:
        changes["languages"] = tuple(event.languages)
    if event.hours is not None:
        changes["hours"] = msgspec.json.decode(event.hours, type=Hours)
    return _replace(known, by_name=False, **changes)


def _person(state: Desk, person: Person) -> Desk:
    return _replace(state, people={**state.people, person.id: person})


def _waits(state: Desk, request: Request) -> Desk:
    """The desk with a request instead of the ticket's earlier one, whose place in line it has."""
    before = state.waiting.get(request.ticket_id)
    if before is not None:
        former = before.former_id if request.senior == before.senior else None
        request = _replace(
            request, at=min(before.at, request.at), former_id=request.former_id or former
        )
    waiting, let_go = {**state.waiting, request.ticket_id: request}, None
    if len(waiting) > WAITING:
        let_go = max(waiting.values(), key=lambda r: (-priority_rank(r.priority), r.at, r.id))
        del waiting[let_go.ticket_id]
    return _replace(state, waiting=waiting, let_go=let_go)


def _released(state: Desk, event: desk.SpecialistReleased) -> Desk:
    known = state.people.get(event.specialist_id)
    if known is None or event.ticket_id not in known.tickets:
        return state
    kept = tuple(t for t in known.tickets if t != event.ticket_id)
    return _person(state, _replace(known, tickets=kept))


def _withdrawn(state: Desk, event: desk.RequestWithdrawn) -> Desk:
    request = state.waiting.get(event.ticket_id)
    if request is None or request.id != event.request_id:
        return state
    return _replace(state, waiting={k: v for k, v in state.waiting.items() if k != event.ticket_id})


def assigned(state: Desk, event: inbox.SpecialistAssigned) -> Desk:
    """The desk after a ticket went to somebody: nobody else has it, and it waits no more."""
    people = dict(state.people)
    for person in state.people.values():
        if event.ticket_id in person.tickets:
            kept = tuple(t for t in person.tickets if t != event.ticket_id)
            people[person.id] = _replace(person, tickets=kept)
    taker = people.get(event.specialist_id) or Person(event.specialist_id, by_name=True)
    people[taker.id] = _replace(taker, tickets=(*taker.tickets, event.ticket_id))
    waiting = {k: v for k, v in state.waiting.items() if k != event.ticket_id}
    return _replace(state, people=people, waiting=waiting)
