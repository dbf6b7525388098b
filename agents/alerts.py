"""Notification, towards the team: what the people at the desk must know, once for each thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agents.agent import Agent, Decide
from agents.channel import FLOOD_BEGINS
from agents.lifecycle_signals import concerned
from agents.ways import Way, second_way
from agents.world import World
from projections.case import Case, Ticket
from projections.desk import TOO_MANY
from schemas.event import Event
from schemas.events.contacts import ReplyFailed, ReplyUnconfirmed, SpecialistUnavailable
from schemas.events.decisions import ContactHeld, TeamAlertRequested, WorkflowFailed
from schemas.events.tickets import SlaBreached, SlaWarned, TicketEscalated
from schemas.record import Record
from schemas.vocabulary import rfc3339


def escalated(record: Record, case: Case, world: World) -> Iterator[Event]:
    """An escalation is told to the team."""
    event = record.event
    assert isinstance(event, TicketEscalated)
    ticket = case.ticket(event.ticket_id)
    if ticket is not None:
        why = event.reason or ", ".join(event.triggers)
        yield alert(case, ticket, world, "escalation", f"escalated for {why}: {ticket.subject}")


def targets(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A target that is close or missed is told to the team."""
    event = record.event
    assert isinstance(event, SlaWarned | SlaBreached)
    ticket = case.ticket(event.ticket_id)
    if ticket is not None:
        kind = "sla_breach" if isinstance(event, SlaBreached) else "sla_warning"
        text = f"{event.target} is {'missed' if kind == 'sla_breach' else 'close'}: "
        yield alert(case, ticket, world, kind, text + ticket.subject)


def flooded(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A flood is told once, when it begins."""
    event = record.event
    assert isinstance(event, ContactHeld)
    if FLOOD_BEGINS in event.reasons:
        yield TeamAlertRequested(
            customer_id=case.customer_id,
            outcome=world.policy.routing.default_team,
            reasons=["flood"],
            policy_version=world.policy.version,
            team=world.policy.routing.default_team,
            alert_type="flood",
            priority="high",
            text=f"more than {world.policy.limits.flood_per_minute} contacts in a minute",
        )


def answered(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Nobody is free, or a reply did not get through: the team must know, once each.

    A reply that perhaps did is not said to be lost: whoever read that would send it again. One that
    goes another way instead gets through. Where there is no roster, or a crowd waits, one more that
    waits is no news.
    """
    event = record.event
    assert isinstance(event, SpecialistUnavailable | ReplyFailed | ReplyUnconfirmed)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or case.merged_into is not None:
        return
    if isinstance(event, SpecialistUnavailable):
        if _NO_NEWS.isdisjoint(event.reasons):
            coming = _coming(event)
            text = f"nobody is free, {coming}: {ticket.subject}"
            yield alert(case, ticket, world, "nobody_free", text)
    elif isinstance(event, ReplyUnconfirmed):
        text = f"nobody can tell whether a reply got through: {ticket.subject}"
        yield alert(case, ticket, world, "delivery", text)
    elif event.final and not _goes_on(event, case, world):
        text = f"a reply did not get through: {ticket.subject}"
        yield alert(case, ticket, world, "delivery", text)


def _goes_on(event: ReplyFailed, case: Case, world: World) -> bool:
    second = second_way(event, case, world.policy, world.now)
    return second is not None and isinstance(second[1], Way)


_NO_NEWS = frozenset({"still_waiting", "no_specialists", TOO_MANY})


def _coming(event: SpecialistUnavailable) -> str:
    if event.next_specialist_id is None or event.next_at is None:
        return "and nobody is known to come"
    return f"{event.next_specialist_id} comes at {rfc3339(event.next_at)}"


def failed(record: Record, case: Case, world: World) -> Iterator[Event]:
    """An agent failed on something that no ticket is escalated for: the team must know."""
    event = record.event
    assert isinstance(event, WorkflowFailed)
    if concerned(event, case, world) is None:
        team = world.policy.routing.default_team
        yield TeamAlertRequested(
            customer_id=event.customer_id,
            outcome=team,
            reasons=["workflow_failure"],
            policy_version=world.policy.version,
            team=team,
            alert_type="workflow_failure",
            priority="high",
            text=f"{event.failed_agent} failed on {event.record_type}: {event.error}",
        )


def alert(case: Case, ticket: Ticket, world: World, kind: str, text: str) -> TeamAlertRequested:
    """A word to the team that has a ticket, or to the default team."""
    team = ticket.team or world.policy.routing.default_team
    return TeamAlertRequested.model_validate(
        {
            **about(case, ticket, world),
            "outcome": team,
            "reasons": [kind],
            "team": team,
            "alert_type": kind,
            "priority": ticket.priority,
            "text": text,
        }
    )


def about(case: Case, ticket: Ticket, world: World) -> dict[str, Any]:  # Any: event fields
    """What everything that is said of a ticket has in common."""
    return {
        "customer_id": case.customer_id,
        "ticket_id": ticket.id,
        "policy_version": world.policy.version,
    }


def ear(decide: Decide, reads: set[type[Event]], writes: set[type[Event]]) -> Agent:
    """One of the ears of the Notification agent."""
    return Agent("notification", "customer", frozenset(reads), frozenset(writes), decide)


AGENTS = (
    ear(escalated, {TicketEscalated}, {TeamAlertRequested}),
    ear(targets, {SlaWarned, SlaBreached}, {TeamAlertRequested}),
    ear(flooded, {ContactHeld}, {TeamAlertRequested}),
    ear(answered, {SpecialistUnavailable, ReplyFailed, ReplyUnconfirmed}, {TeamAlertRequested}),
    ear(failed, {WorkflowFailed}, {TeamAlertRequested}),
)
