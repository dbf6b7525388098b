"""Triage's judgements, pure: what an issue is about, how pressing, whose, and what escalates it.

Nothing here reads a text: the models' findings are in `Seen`. Every proposal for a priority is
kept and the highest wins, so that no rule silently overwrites another.
"""

from __future__ import annotations

import msgspec

from agents.policy import Policy
from agents.world import CategoryRule, Models
from projections.case.state import FROM_CONTACT, Seen, Ticket
from schemas.vocabulary import Trigger, priority_rank

VIP_PRIORITY = "urgent"
"""What a VIP's ticket is at least."""

OPENING_CONTACTS = 5
"""The first messages of a ticket, of which any may be the one that tells what it is about."""


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


def is_critical(seen: Seen, policy: Policy, models: Models) -> bool:
    """Whether a message, by itself, is about what the desk taught as critical."""
    category = classify(seen, policy).category
    rule = None if category is None else models.category(category)
    return rule is not None and rule.priority == "critical"


def awaits_matter(ticket: Ticket) -> bool:
    """Whether the first messages of a ticket, such as "hi", have not said what it is about."""
    return (
        ticket.triaged_at is not None
        and ticket.is_untold
        and ticket.origin == FROM_CONTACT
        and ticket.contacts < OPENING_CONTACTS
    )


def is_owed(ticket: Ticket) -> bool:
    """Whether a VIP's ticket was not escalated for that yet; where we wrote first nothing is."""
    return ticket.vip and "vip" not in ticket.triggers and ticket.origin != "person"


def proposals(
    seen: Seen,
    *,
    rule: CategoryRule | None,
    vip: bool,
    origin: str,
    policy: Policy,
    before: str | None = None,
) -> list[Proposed]:
    """Every rule's proposal, the highest first.

    `medium` is among them, unless the desk taught that the category is less than that.

    Args:
        seen: What was understood of the message.
        rule: What the desk taught about the category, if it has one.
        vip: Whether the customer is a VIP.
        origin: How the ticket began: contact, person or signal.
        policy: The policy in force.
        before: The priority that the ticket has, where it was triaged before.
    """
    limits = policy.thresholds
    found = [Proposed("default", "medium")]
    if rule is not None and rule.priority is not None:
        found.append(Proposed("category", rule.priority))
        if priority_rank(rule.priority) < priority_rank("medium"):
            found = found[1:]
    if before is not None:
        found.append(Proposed("before", before))
    if vip:
        found.append(Proposed("vip", VIP_PRIORITY))
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
