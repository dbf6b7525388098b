"""What follows from triage: the ticket is triaged, its targets run, a person is asked."""

from __future__ import annotations

from collections.abc import Iterator

from agents import lifecycle_clocks as clocks
from agents.agent import Agent
from agents.handover import needs_person
from agents.lifecycle_ends import ask, escalate, measured
from agents.moves import Moves
from agents.world import World
from projections.case import Case, Ticket
from projections.case.state import Proposal
from schemas.event import Event
from schemas.events.decisions import EscalationTriggered, RouteChosen, SolutionsFound
from schemas.events.desk import SpecialistRequested
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import SlaStarted, TicketEscalated, TicketTriaged
from schemas.record import Record


def triaged(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Take over what triage decided, once: the route is its last word."""
    event = record.event
    assert isinstance(event, RouteChosen)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or ticket.triaged_at is not None:
        return
    moves = Moves(case, ticket.id, world)
    adopt(moves, ticket.proposal or Proposal(), event.team, event.language)
    measured(moves, "contact")
    yield from moves.events


def adopt(moves: Moves, proposal: Proposal, team: str, language: str | None) -> None:
    """The ticket is triaged as proposed, and its targets begin to run.

    Where we wrote first nothing is owed before the customer answers.
    """
    ticket, policy = moves.ticket, moves.world.policy
    priority = proposal.priority or ticket.priority
    moves.say(
        TicketTriaged,
        status="triaged" if ticket.status == "new" else ticket.status,
        priority=priority,
        category=proposal.category,
        team=team,
        category_confidence=proposal.category_confidence,
        tags=list(proposal.tags),
        estimated_resolution_minutes=proposal.minutes
        or policy.sla.targets[priority].estimated_minutes,
        language=language or ticket.language,
        sentiment_score=ticket.sentiment,
        vip=moves.case.vip,
    )
    if ticket.status != "waiting_customer":
        clocks.begin(moves, *clocks.TARGETS)


def searched(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Ask for a person where no article answers, and escalate what triage found reason for."""
    event = record.event
    assert isinstance(event, SolutionsFound)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or not ticket.is_open:
        return
    moves = Moves(case, ticket.id, world)
    if ticket.triggers and ticket.escalated_at is None and ticket.origin != "person":
        if _is_first(case, ticket):
            escalate(moves, record.id, list(ticket.triggers), None)
    elif event.outcome != "answer" and needs_person(ticket):
        ask(moves, record.id)
    yield from moves.events


def _is_first(case: Case, ticket: Ticket) -> bool:
    """Whether this is the turn that opened the ticket; later triggers escalate by themselves."""
    contact = case.contact
    return contact is None or contact.ticket_id != ticket.id or contact.is_new


def triggered(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Escalate a ticket that is under way; one that is being triaged waits for its route."""
    event = record.event
    assert isinstance(event, EscalationTriggered)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or ticket.triaged_at is None or not ticket.is_open:
        return
    moves = Moves(case, ticket.id, world)
    escalate(moves, record.id, list(event.triggers), event.reason)
    yield from moves.events


_ESCALATION: frozenset[type[Event]] = frozenset(
    {TicketEscalated, SlaStarted, SpecialistRequested, InteractionMeasured}
)

TRIAGED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({RouteChosen}),
    writes=frozenset({TicketTriaged, SlaStarted, InteractionMeasured}),
    decide=triaged,
)

SEARCHED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({SolutionsFound}),
    writes=_ESCALATION,
    decide=searched,
)

TRIGGERED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({EscalationTriggered}),
    writes=_ESCALATION,
    decide=triggered,
)
