"""Triage: what an issue is about, how pressing it is, who should have it, whether to escalate.

Nothing here reads a text: the models' findings are in the case. Every proposal for a priority is
kept and the highest wins, so that no rule silently overwrites another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from agents.agent import Agent
from agents.lifecycle_contacts import is_content
from agents.policy import Policy
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
from schemas.vocabulary import Trigger, priority_rank

TRIAGED_ALREADY = frozenset({"split", "failure"})
"""Origins of tickets that the lifecycle triages itself, by the ticket they come from."""

UNKNOWN = Seen()
"""What is known of a ticket that no message opened."""


class Classification(msgspec.Struct, frozen=True):
    """What an issue is about.

    Attributes:
        category: The category, if one is believed.
        confidence: The probability of the likeliest category; None without any.
        reasons: Why it is so.
    """

    category: str | None
    confidence: float | None
    reasons: list[str]


class Proposed(msgspec.Struct, frozen=True):
    """One rule's proposal for a priority."""

    source: str
    priority: str


class Route(msgspec.Struct, frozen=True):
    """Who should have an issue, and why."""

    team: str
    skills: list[str]
    language: str | None
    senior: bool
    reasons: list[str]


def classify(seen: Seen, policy: Policy) -> Classification:
    """The category that is believed, if one is."""
    if not seen.categories:
        return Classification(None, None, ["no_category_fits"])
    name, confidence = seen.categories[0]
    limits = policy.thresholds
    if (seen.out_of_scope or 0.0) > limits.out_of_scope:
        return Classification(None, confidence, ["out_of_scope"])
    if confidence < limits.category:
        return Classification(None, confidence, ["too_unsure"])
    return Classification(name, confidence, ["likeliest_category"])


def proposals(
    seen: Seen, *, rule: CategoryRule | None, vip: bool, origin: str, policy: Policy
) -> list[Proposed]:
    """Every rule's proposal, the highest first.

    `medium` is among them, unless the desk taught that the category is less than that.

    Args:
        seen: What was understood of the message.
        rule: What the desk taught about the category, if it has one.
        vip: Whether the customer is a VIP.
        origin: How the ticket began: contact, person or signal.
        policy: The policy in force.
    """
    limits = policy.thresholds
    found = [Proposed("default", "medium")]
    if rule is not None and rule.priority is not None:
        found.append(Proposed("category", rule.priority))
        if priority_rank(rule.priority) < priority_rank("medium"):
            found = found[1:]
    if vip:
        found.append(Proposed("vip", "urgent"))
    if seen.sentiment < limits.negative_tone:
        found.append(Proposed("tone", "high"))
    if seen.urgency:
        found.append(Proposed("urgency", "high"))
    if rule is None and (seen.unseen_priority or 0.0) >= limits.unseen_priority:
        found.append(Proposed("unseen_issue", "urgent"))
    if origin == "signal":
        found.append(Proposed("product_signal", "high"))
    return sorted(found, key=lambda p: (-priority_rank(p.priority), p.source))


def triggers(seen: Seen, *, priority: str, vip: bool, policy: Policy) -> list[Trigger]:
    """The escalation triggers that fire, by name."""
    cues = set(seen.cues)
    fired: list[Trigger] = []
    if priority == "critical":
        fired.append("critical_priority")
    if vip:
        fired.append("vip")
    if cues & {"complaint", "legal_threat", "churn_threat"}:
        fired.append("complaint")
    if seen.sentiment < policy.thresholds.negative_tone:
        fired.append("negative_sentiment")
    if "asks_person" in cues:
        fired.append("asked_for_person")
    return fired


def route(
    seen: Seen,
    *,
    category: str | None,
    rule: CategoryRule | None,
    vip: bool,
    language: str | None,
    policy: Policy,
) -> Route:
    """Which team, skill and language an issue needs, and whether somebody senior."""
    routing = policy.routing
    reasons = []
    team = routing.teams.get(category) if category is not None else None
    if team is not None:
        reasons.append("policy_table")
    elif rule is not None and rule.team is not None:
        team, reasons = rule.team, ["taught_category"]
    else:
        team, reasons = routing.default_team, ["default_team"]
    unhappy = seen.sentiment < routing.senior_below
    if unhappy:
        reasons.append("tone_to_senior")
    if vip and routing.vip_senior:
        reasons.append("vip_to_senior")
    if language is not None:
        reasons.append("language")
    return Route(
        team=team,
        skills=[category] if category is not None else [],
        language=language,
        senior=unhappy or (vip and routing.vip_senior),
        reasons=reasons,
    )


def classified(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A new ticket is classified; one that an earlier ticket or a failure brought comes triaged."""
    event = record.event
    assert isinstance(event, TicketOpened)
    if event.origin in TRIAGED_ALREADY:
        return
    seen = _seen(case, event.ticket_id)
    verdict = classify(seen, world.policy)
    rule = _rule(verdict.category, world)
    first = proposals(seen, rule=rule, vip=case.vip, origin=event.origin, policy=world.policy)[0]
    yield IssueClassified(
        customer_id=case.customer_id,
        ticket_id=event.ticket_id,
        outcome=verdict.category or "uncategorised",
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
    """A classified ticket gets its priority; the highest proposal wins."""
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
    fired = triggers(seen, priority=event.priority, vip=case.vip, policy=world.policy)
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

    On a resolved ticket, which the message reopens unless it is content, all of them are new.
    """
    event = record.event
    assert isinstance(event, ContactLinked)
    ticket = case.ticket(event.ticket_id)
    if event.outcome == "new" or ticket is None or ticket.status == "closed":
        return
    seen = _seen(case, ticket.id)
    if not ticket.is_open and is_content(frozenset(seen.cues), seen.words):
        return
    before = ticket.triggers if ticket.is_open else ()
    fired = triggers(seen, priority="medium", vip=False, policy=world.policy)
    news = [one for one in fired if one not in before]
    if news:
        yield _escalation(case, ticket, seen, news, world)


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
        writes=frozenset({EscalationTriggered}),
        decide=followed_up,
    ),
)
