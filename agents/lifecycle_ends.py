"""How tickets end and begin again: resolved, closed, reopened, escalated."""

from __future__ import annotations

from datetime import timedelta

from agents import lifecycle_clocks as clocks
from agents.handover import needs_person, released, requested
from agents.moves import Moves
from agents.triage_rules import VIP_PRIORITY, is_owed
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    TicketClosed,
    TicketEscalated,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
)
from schemas.vocabulary import UNCATEGORISED, priority_rank


def measured(moves: Moves, kind: str, minutes: float | None = None) -> None:
    """Something countable happened to the ticket."""
    ticket = moves.ticket
    moves.add(
        InteractionMeasured.model_validate(
            {
                "category": ticket.category or UNCATEGORISED,
                "kind": kind,
                "channel": ticket.channel,
                "ticket_id": ticket.id,
                "customer_id": moves.case.customer_id,
                "minutes": minutes,
                "sentiment_score": ticket.sentiment,
            }
        )
    )


def resolve(moves: Moves, by: str, reason: str, solution_id: str | None) -> None:
    """The issue is solved: its targets are reached, its person is free."""
    clocks.reach(moves, *clocks.TARGETS)
    ticket, now = moves.ticket, moves.world.now
    minutes = max(0.0, (now.timestamp() - ticket.opened_at) / 60.0)
    moves.say(
        TicketResolved,
        status="resolved",
        by=by,
        reason=reason,
        resolution_minutes=round(minutes, 3),
        contacts=ticket.contacts,
        person_replies=ticket.person_replies,
        escalated=ticket.escalated_at is not None,
        solution_id=solution_id,
        close_at=now + timedelta(days=moves.world.policy.lifecycle.close_after_days),
    )
    moves.add(*released(moves.case, ticket))
    measured(moves, "resolution", round(minutes, 3))


def close(moves: Moves, by: str, reason: str) -> None:
    """The ticket is done with."""
    ticket = moves.ticket
    moves.say(TicketClosed, status="closed", by=by, reason=reason)
    if ticket.is_open:
        moves.add(*released(moves.case, ticket))


def reopen(moves: Moves, cause: str, by: str, reason: str) -> None:
    """The ticket is open again; whoever had it gets it again if they are free."""
    before = moves.ticket
    moves.say(
        TicketReopened,
        status="triaged",
        by=by,
        reason=reason,
        previous=before.status,
        reopened=before.reopened + 1,
    )
    attend(moves)
    clocks.begin_again(moves)
    ask(moves, cause, former_id=before.specialist_id)


def escalate(
    moves: Moves, cause: str, triggers: list[str], reason: str | None, *, senior: bool = False
) -> None:
    """The ticket is escalated, and somebody is asked if nobody has it.

    The ball is here now, also if the customer was waited for: the clock runs on.
    """
    first = moves.ticket.escalated_at is None
    moves.say(TicketEscalated, status="escalated", triggers=triggers, reason=reason)
    clocks.resume(moves)
    if senior or needs_person(moves.ticket):
        ask(moves, cause, senior=senior)
    if first:
        measured(moves, "escalation")


def attend(moves: Moves) -> bool:
    """An open ticket counts as a VIP's from when the customer is one, and no longer.

    Returns:
        Whether it does from now on.
    """
    before, vip = moves.ticket, moves.case.vip
    if before.vip == vip or not before.is_open or before.triaged_at is None:
        return False
    raised = vip and priority_rank(before.priority) < priority_rank(VIP_PRIORITY)
    moves.say(
        TicketPrioritised,
        priority=VIP_PRIORITY if raised else before.priority,
        previous=before.priority,
        by="triage",
        vip=vip,
    )
    if raised:
        clocks.retarget(moves)
    return vip


def serve(moves: Moves, cause: str) -> None:
    """A ticket that becomes a VIP's is escalated, if it is the desk's turn.

    Where the customer is waited for nothing is owed before they write.
    """
    before = moves.ticket
    if not attend(moves):
        return
    if is_owed(moves.ticket) and before.status != "waiting_customer":
        escalate(moves, cause, ["vip"], None)
    ask_anew(moves, cause)


def ask_anew(moves: Moves, cause: str) -> None:
    """A person who was asked for and not found yet is asked for with what the ticket is now."""
    ticket = moves.ticket
    if ticket.request_id is not None or ticket.ask_again_at is not None:
        ask(moves, cause, specialist_id=ticket.asked_for)


def ask(
    moves: Moves,
    cause: str,
    *,
    specialist_id: str | None = None,
    former_id: str | None = None,
    senior: bool = False,
) -> None:
    """The desk is asked for a person: somebody senior where the policy wants that for VIPs."""
    ticket, routing = moves.ticket, moves.world.policy.routing
    moves.add(
        requested(
            moves.case,
            ticket,
            cause,
            team=routing.default_team,
            specialist_id=specialist_id,
            former_id=former_id,
            senior=senior or (moves.case.vip and routing.vip_senior),
        )
    )
