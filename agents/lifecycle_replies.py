"""What our replies and the people who give them do to a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from agents import lifecycle_clocks as clocks
from agents.agent import Agent
from agents.handover import freed
from agents.lifecycle_ends import measured
from agents.moves import Moves
from agents.world import World
from projections.case import Case
from schemas.event import Event
from schemas.events.contacts import SpecialistAssigned
from schemas.events.decisions import ReplyRequested
from schemas.events.desk import SpecialistReleased
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    MessageAdded,
    SlaBreached,
    SlaMet,
    TicketAssigned,
    TicketAwaitsCustomer,
    TicketStarted,
)
from schemas.record import Record

RESPONSES = frozenset({"answer", "suggestion", "agent_reply", "opening"})
"""Kinds of replies that answer the customer; the others are the system's own messages."""

AWAITING = frozenset({"answer", "agent_reply", "opening"})
"""Kinds of replies after which the ball is with the customer."""


def replied(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A reply is part of its ticket; the first one meets a target, most wait for an answer.

    One that goes out again, another way, did all this the first time.
    """
    event = record.event
    assert isinstance(event, ReplyRequested)
    if event.ticket_id is None or event.ticket_id not in case.tickets:
        return
    moves = Moves(case, event.ticket_id, world)
    response = event.kind in RESPONSES
    confident = (event.confidence or 0.0) > world.policy.thresholds.auto_resolution
    moves.say(
        MessageAdded,
        interaction_id=record.id,
        direction="out",
        interaction_type="agent_response" if response else "system_action",
        message_channel=event.channel,
        author=event.author,
        solution_id=event.solution_id,
        confidence=event.confidence,
        kind=event.kind,
        auto_resolution_candidate=event.kind == "answer" and confident,
        instead_of=event.instead_of,
    )
    if response and event.instead_of is None:
        clocks.reach(moves, "first_reply")
        if event.kind != "answer":
            measured(moves, "reply")
    if event.kind in AWAITING and event.instead_of is None:
        await_customer(moves, event.kind)
    yield from moves.events


def await_customer(moves: Moves, kind: str) -> None:
    """The ball is with the customer, unless a person still owes an escalated ticket an answer."""
    ticket, world = moves.ticket, moves.world
    if not ticket.is_open or (kind == "answer" and ticket.status == "escalated"):
        return
    clock = ticket.resolution
    running = clock is not None and clock.ended is None and clock.due is not None
    moves.say(
        TicketAwaitsCustomer,
        status="waiting_customer",
        reason=kind,
        assume_resolved_at=world.now
        + timedelta(hours=world.policy.lifecycle.assume_resolved_hours),
        resolution_left_minutes=clocks.remaining(world, clock) if running and clock else None,
    )


def assigned(record: Record, case: Case, world: World) -> Iterator[Event]:
    """The desk found somebody.

    On a ticket that needs nobody any more, or asked for somebody else since, they are free again.
    """
    event = record.event
    assert isinstance(event, SpecialistAssigned)
    if case.merged_into is not None:
        return
    ticket = case.ticket(event.ticket_id)
    if ticket is None or not ticket.is_open or ticket.request_id not in {None, event.request_id}:
        yield SpecialistReleased(
            customer_id=case.customer_id,
            ticket_id=event.ticket_id,
            specialist_id=event.specialist_id,
        )
        return
    moves = Moves(case, ticket.id, world)
    if ticket.specialist_id != event.specialist_id:
        moves.add(*freed(case, ticket))
    moves.say(
        TicketAssigned,
        team=event.team,
        specialist_id=event.specialist_id,
        reason=", ".join(event.reasons) or "assigned",
    )
    if ticket.status in {"new", "triaged"}:
        moves.say(TicketStarted, status="in_progress", reason="assigned")
    yield from moves.events


REPLIED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({ReplyRequested}),
    writes=frozenset(
        {MessageAdded, SlaMet, SlaBreached, TicketAwaitsCustomer, InteractionMeasured}
    ),
    decide=replied,
)

ASSIGNED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({SpecialistAssigned}),
    writes=frozenset({TicketAssigned, TicketStarted, SpecialistReleased}),
    decide=assigned,
)
