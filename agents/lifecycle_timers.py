"""What follows when a ticket's time has come, and when a customer rates it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from agents.agent import Agent
from agents.handover import repeated
from agents.lifecycle_ends import ask, close, resolve
from agents.moves import Moves, moment
from agents.world import World
from projections.case import Case
from schemas.event import Event
from schemas.events.contacts import SurveyAnswered, TimerDue
from schemas.events.desk import (
    RequestRepeated,
    RequestWithdrawn,
    SpecialistReleased,
    SpecialistRequested,
)
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    SlaBreached,
    SlaMet,
    SlaWarned,
    TicketAwaitsCustomer,
    TicketClosed,
    TicketRated,
    TicketResolved,
    TicketWoken,
)
from schemas.record import Record

NAME = "lifecycle"


def due(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Do what a timer stands for; one that no longer stands does nothing."""
    event = record.event
    assert isinstance(event, TimerDue)
    if case.fired != record.id or event.ticket_id not in case.tickets:
        return
    moves = Moves(case, event.ticket_id, world)
    match event.kind:
        case "first_reply_warning" | "resolution_warning":
            moves.say(SlaWarned, target=event.target, due_at=_due_at(moves, event))
        case "first_reply_breach" | "resolution_breach":
            moves.say(SlaBreached, target=event.target, due_at=event.due_at)
        case "wake":
            moves.say(TicketWoken, reason="time_came")
            _silence_anew(moves)
        case "assume_resolved":
            resolve(moves, NAME, "no_answer_from_customer", moves.ticket.offer)
        case "close":
            close(moves, NAME, "time_passed")
        case "ask_again":
            moves.add(*repeated(case, moves.ticket))
            if moves.ticket.request_id is None:  # the desk let go of it
                ask(moves, record.id, senior=moves.ticket.specialist_id is not None)
        case "follow_up":
            pass  # the Notification agent's
        case "offline":
            pass  # the Channel agent's
        case _:
            assert_never(event.kind)
    yield from moves.events


def _silence_anew(moves: Moves) -> None:
    """A customer's silence that ran out while the ticket was out of sight counts from now on."""
    now, until = moves.world.now, moves.ticket.assume_resolved_at
    if until is not None and until <= now.timestamp():
        hours = moves.world.policy.lifecycle.assume_resolved_hours
        moves.say(
            TicketAwaitsCustomer, reason="woken", assume_resolved_at=now + timedelta(hours=hours)
        )


def _due_at(moves: Moves, event: TimerDue) -> datetime:
    """When the target of a warning is due."""
    ticket = moves.ticket
    clock = ticket.first_reply if event.target == "first_reply" else ticket.resolution
    return event.due_at if clock is None or clock.due is None else moment(clock.due)


def rated(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A survey's answer is the rating of its ticket, or of the one resolved last."""
    event = record.event
    assert isinstance(event, SurveyAnswered)
    ticket = case.ticket(event.ticket_id or case.last_resolved)
    if case.merged_into is not None or ticket is None:
        return
    moves = Moves(case, ticket.id, world)
    moves.say(TicketRated, score=event.score, comment=event.comment)
    yield from moves.events


TIMED = Agent(
    name=NAME,
    domain="customer",
    reads=frozenset({TimerDue}),
    writes=frozenset(
        {
            SlaWarned,
            SlaBreached,
            SlaMet,
            TicketAwaitsCustomer,
            TicketWoken,
            TicketResolved,
            TicketClosed,
            RequestRepeated,
            RequestWithdrawn,
            SpecialistReleased,
            SpecialistRequested,
            InteractionMeasured,
        }
    ),
    decide=due,
)

RATED = Agent(
    name=NAME,
    domain="customer",
    reads=frozenset({SurveyAnswered}),
    writes=frozenset({TicketRated}),
    decide=rated,
)
