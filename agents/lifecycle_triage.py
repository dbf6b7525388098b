"""What follows from triage: the ticket is triaged, its targets run, a person is asked."""

from __future__ import annotations

from collections.abc import Iterator

from agents import lifecycle_clocks as clocks
from agents.agent import Agent
from agents.handover import needs_person, released
from agents.lifecycle_ends import ask, escalate, measured
from agents.moves import Moves
from agents.world import World
from projections.case import Case, Ticket
from projections.case.bounds import TAGS
from projections.case.state import Proposal
from schemas.event import Event
from schemas.events.decisions import EscalationTriggered, RouteChosen, SolutionsFound
from schemas.events.desk import RequestWithdrawn, SpecialistReleased, SpecialistRequested
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    SlaStarted,
    TicketEscalated,
    TicketPrioritised,
    TicketTransferred,
    TicketTriaged,
)
from schemas.record import Record


def triaged(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Take over what triage decided: the route is its last word."""
    event = record.event
    assert isinstance(event, RouteChosen)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or not ticket.is_untold:
        return
    moves = Moves(case, ticket.id, world)
    if ticket.triaged_at is None:
        adopt(moves, ticket.proposal or Proposal(), event.team, event.language)
    else:
        _anew(moves, event, record.id)
    measured(moves, "contact")
    yield from moves.events


def _anew(moves: Moves, event: RouteChosen, cause: str) -> None:
    """The ticket becomes what it would have been, had its first message told the matter.

    Whoever wrote to the customer already, or was asked for by name, keeps it.
    """
    before, proposal = moves.ticket, moves.ticket.proposal or Proposal()
    kept = before.person_replies > 0 or before.asked_for is not None
    team = before.team or event.team if kept else event.team
    moved = team != before.team and not needs_person(before)
    if moved:
        moves.add(*released(moves.case, before))
        moves.say(
            TicketTransferred,
            status="triaged" if before.status == "in_progress" else before.status,
            team=team,
            previous=before.team,
            by="triage",
        )
    _said(moves, proposal, team, event.language, previous=before.priority)
    clocks.retarget(moves)
    if proposal.triggers:
        escalate(moves, cause, list(proposal.triggers), None)
    elif moved and before.offered:  # else it is searched for, and asked for if nothing answers
        ask(moves, cause)


def adopt(moves: Moves, proposal: Proposal, team: str, language: str | None) -> None:
    """The ticket is triaged as proposed, and its targets begin to run.

    Where we wrote first nothing is owed before the customer answers.
    """
    ticket = moves.ticket
    _said(moves, proposal, team, language)
    if ticket.status != "waiting_customer":
        clocks.begin(moves, *clocks.TARGETS)


def _said(
    moves: Moves,
    proposal: Proposal,
    team: str,
    language: str | None,
    previous: str | None = None,
) -> None:
    ticket, policy = moves.ticket, moves.world.policy
    priority = proposal.priority or ticket.priority
    moves.say(
        TicketTriaged,
        status="triaged" if ticket.status == "new" else ticket.status,
        priority=priority,
        category=proposal.category,
        team=team,
        category_confidence=proposal.category_confidence,
        tags=list(dict.fromkeys((*ticket.tags, *proposal.tags)))[:TAGS],
        estimated_resolution_minutes=proposal.minutes
        or policy.sla.targets[priority].estimated_minutes,
        language=language or ticket.language,
        sentiment_score=ticket.sentiment,
        vip=moves.case.vip,
        previous=previous,
    )


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
    """Escalate a ticket that is under way; one that is being triaged waits for its route.

    One on which something critical is written becomes critical with it.
    """
    event = record.event
    assert isinstance(event, EscalationTriggered)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or not ticket.is_open:
        return
    if ticket.triaged_at is None or ticket.proposal is not None:
        return
    moves = Moves(case, ticket.id, world)
    if "critical_priority" in event.triggers and ticket.priority != "critical":
        raised = {"priority": "critical", "previous": ticket.priority, "by": "triage"}
        moves.say(TicketPrioritised, **raised)
        clocks.retarget(moves)
    escalate(moves, record.id, list(event.triggers), event.reason)
    yield from moves.events


_ESCALATION: frozenset[type[Event]] = frozenset(
    {TicketEscalated, SlaStarted, SpecialistRequested, InteractionMeasured}
)

TRIAGED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({RouteChosen}),
    writes=_ESCALATION | {TicketTriaged, TicketTransferred, SpecialistReleased, RequestWithdrawn},
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
    writes=_ESCALATION | {TicketPrioritised},
    decide=triggered,
)
