"""Triage: what an issue is about, how pressing it is, who should have it, whether to escalate.

The judgements are in `agents.triage_rules`; here is when they are taken and what is said of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.agent import Agent
from agents.lifecycle_contacts import is_content
from agents.triage_rules import (
    Classification,
    Proposed,
    Route,
    awaits_matter,
    classify,
    is_critical,
    is_owed,
    proposals,
    route,
    triggers,
)
from agents.world import CategoryRule, World
from projections.case import Case, Ticket
from projections.case.state import Proposal, Seen
from schemas.event import Candidate, Event
from schemas.events.decisions import (
    ContactLinked,
    EscalationTriggered,
    IssueClassified,
    PriorityChosen,
    RouteChosen,
)
from schemas.events.tickets import TicketOpened
from schemas.record import Record
from schemas.vocabulary import UNCATEGORISED, Trigger, priority_rank

__all__ = [
    "AGENTS",
    "UNKNOWN",
    "Classification",
    "Proposed",
    "Route",
    "classify",
    "proposals",
    "route",
    "triggers",
]

TRIAGED_ALREADY = frozenset({"split", "failure"})
"""Origins of tickets that the lifecycle triages itself, by the ticket they come from."""

UNKNOWN = Seen()
"""What is known of a ticket that no message opened."""


def classified(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A new ticket is classified; one that an earlier ticket or a failure brought comes triaged."""
    event = record.event
    assert isinstance(event, TicketOpened)
    if event.origin not in TRIAGED_ALREADY:
        seen = _seen(case, event.ticket_id)
        verdict = classify(seen, world.policy)
        yield _classification(case, event.ticket_id, event.origin, seen, verdict, world)


def _classification(
    case: Case, ticket_id: str, origin: str, seen: Seen, verdict: Classification, world: World
) -> IssueClassified:
    rule = _rule(verdict.category, world)
    first = proposals(seen, rule=rule, vip=case.vip, origin=origin, policy=world.policy)[0]
    return IssueClassified(
        customer_id=case.customer_id,
        ticket_id=ticket_id,
        outcome=verdict.category or UNCATEGORISED,
        confidence=verdict.confidence,
        threshold=world.policy.thresholds.category,
        candidates=[Candidate(name=name, score=score) for name, score in seen.categories],
        reasons=verdict.reasons,
        policy_version=world.policy.version,
        model_versions=dict(seen.model_versions),
        category=verdict.category,
        out_of_scope=seen.out_of_scope,
        tags=list(seen.tags),
        estimated_resolution_minutes=world.policy.sla.targets[first.priority].estimated_minutes,
    )


def prioritised(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A classified ticket gets its priority; the highest proposal wins, an earlier one as well."""
    event = record.event
    assert isinstance(event, IssueClassified)
    ticket = case.ticket(event.ticket_id)
    if ticket is None:
        return
    seen = _seen(case, ticket.id)
    offered = proposals(
        seen,
        rule=_rule(event.category, world),
        vip=case.vip,
        origin=ticket.origin,
        policy=world.policy,
        before=None if ticket.triaged_at is None else ticket.priority,
    )
    winner = offered[0]
    target = world.policy.sla.targets[winner.priority]
    yield PriorityChosen.model_validate(
        {
            "customer_id": case.customer_id,
            "ticket_id": ticket.id,
            "outcome": winner.priority,
            "candidates": _ranked(offered),
            "reasons": [winner.source],
            "policy_version": world.policy.version,
            "model_versions": dict(seen.model_versions),
            "priority": winner.priority,
            "sla_first_reply_minutes": target.first_reply_minutes,
            "sla_resolution_minutes": target.resolution_minutes,
        }
    )


def _ranked(offered: Sequence[Proposed]) -> list[Candidate]:
    return [
        Candidate(name=f"{one.source}:{one.priority}", score=float(priority_rank(one.priority)))
        for one in offered
    ]


def routed(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A prioritised ticket is escalated where triggers fire, and gets its route.

    Where we wrote first there is nothing to escalate yet.
    """
    event = record.event
    assert isinstance(event, PriorityChosen)
    ticket = case.ticket(event.ticket_id)
    if ticket is None:
        return
    seen = _seen(case, ticket.id)
    fired = [
        one
        for one in triggers(seen, priority=event.priority, vip=case.vip, policy=world.policy)
        if one not in ticket.triggers
    ]
    if fired and ticket.origin != "person":
        yield _escalation(case, ticket, seen, fired, world)
    category = (ticket.proposal or Proposal()).category
    chosen = route(
        seen,
        category=category,
        rule=_rule(category, world),
        vip=case.vip,
        language=seen.language or case.language,
        policy=world.policy,
    )
    yield RouteChosen(
        customer_id=case.customer_id,
        ticket_id=ticket.id,
        outcome=chosen.team,
        reasons=chosen.reasons,
        policy_version=world.policy.version,
        model_versions=dict(seen.model_versions),
        team=chosen.team,
        skills=chosen.skills,
        language=chosen.language,
        senior=chosen.senior,
    )


def followed_up(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A further message escalates its ticket where a trigger fires that had not fired before.

    On a resolved ticket, which the message reopens unless it is content, all of them are new. What
    the desk taught as critical is so whatever the ticket began with. And a message that tells what
    the ticket is about, after a greeting say, has it triaged anew.
    """
    event = record.event
    assert isinstance(event, ContactLinked)
    ticket = case.ticket(event.ticket_id)
    if event.outcome == "new" or ticket is None or ticket.status == "closed":
        return
    seen = _seen(case, ticket.id)
    content = is_content(frozenset(seen.cues), seen.words)
    if content and not ticket.is_open:
        return
    before = ticket.triggers if ticket.is_open else ()
    owed = ticket.is_open and is_owed(ticket) and not content
    # a ticket that is triaged anew becomes critical, and is escalated, with that
    grave = not (content or awaits_matter(ticket)) and is_critical(seen, world.policy, world.models)
    priority = "critical" if grave else "medium"
    fired = triggers(seen, priority=priority, vip=owed, policy=world.policy)
    news = [one for one in fired if one not in before]
    if news:
        yield _escalation(case, ticket, seen, news, world)
    verdict = classify(seen, world.policy)
    if verdict.category is not None and awaits_matter(ticket):
        yield _classification(case, ticket.id, ticket.origin, seen, verdict, world)


def _escalation(
    case: Case, ticket: Ticket, seen: Seen, fired: list[Trigger], world: World
) -> EscalationTriggered:
    return EscalationTriggered(
        customer_id=case.customer_id,
        ticket_id=ticket.id,
        outcome="escalate",
        confidence=None,
        threshold=world.policy.thresholds.negative_tone,
        candidates=[Candidate(name="tone", score=seen.sentiment)],
        reasons=[str(one) for one in fired],
        policy_version=world.policy.version,
        model_versions=dict(seen.model_versions),
        triggers=fired,
    )


def _seen(case: Case, ticket_id: str) -> Seen:
    """What was understood of the contact at hand, if the ticket is its own."""
    contact = case.contact
    if contact is None or contact.ticket_id != ticket_id or contact.seen is None:
        return UNKNOWN
    return contact.seen


def _rule(category: str | None, world: World) -> CategoryRule | None:
    return None if category is None else world.models.category(category)


AGENTS = (
    Agent(
        name="triage",
        domain="customer",
        reads=frozenset({TicketOpened}),
        writes=frozenset({IssueClassified}),
        decide=classified,
    ),
    Agent(
        name="triage",
        domain="customer",
        reads=frozenset({IssueClassified}),
        writes=frozenset({PriorityChosen}),
        decide=prioritised,
    ),
    Agent(
        name="triage",
        domain="customer",
        reads=frozenset({PriorityChosen}),
        writes=frozenset({EscalationTriggered, RouteChosen}),
        decide=routed,
    ),
    Agent(
        name="triage",
        domain="customer",
        reads=frozenset({ContactLinked}),
        writes=frozenset({EscalationTriggered, IssueClassified}),
        decide=followed_up,
    ),
)
