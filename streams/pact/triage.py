"""Triage's actions: what an issue is about, how pressing it is, who should have it."""

from __future__ import annotations

from typing import Any

from agents import triage
from agents.triage import Proposed
from agents.world import CategoryRule
from projections.case import Case
from projections.case.state import Seen
from schemas.event import Intent
from schemas.events.contacts import SpecialistAssigned
from schemas.events.intents import AssignmentAsked, PriorityAsked, TransferAsked
from schemas.vocabulary import Priority
from streams.inputs import Name
from streams.pact.action import Action, Answer, Asking, Call, named
from streams.pact.asking import about, asked, done, event_of, ticket_after
from streams.pact.reading import Issue, seen_of_issue, ticket_of, vip_of

HOLDS = frozenset({"no_change", "already_there", "already_assigned"})
"""Refusals that say that what is asked for holds already."""


class Prioritised(Issue, Asking):
    """An issue to be given a priority; with a ticket, it gets it."""

    priority: Priority | None = None


class Routed(Issue, Asking):
    """An issue to be routed; with a ticket, it goes there."""

    team: Name | None = None
    specialist_id: Name | None = named(
        "specialist_id", "specialist", "assigned_agent", "person", default=None
    )


class Detected(Issue):
    """An issue that may have to be escalated."""

    priority: Priority | None = None


def classify_issue(call: Call, params: Issue) -> Answer:
    """What an issue is about, with everything that was weighed."""
    seen, case = seen_of_issue(call, params)
    verdict = triage.classify(seen, call.policy)
    winner = _proposals(call, params, seen, case, verdict.category)[0]
    return Answer(
        {
            "classification": {
                "category": verdict.category,
                "confidence": verdict.confidence,
                "priority": winner.priority,
                "tags": list(seen.tags),
                "estimated_resolution_time": call.policy.sla.targets[
                    winner.priority
                ].estimated_minutes,
                "all_classifications": [
                    {"category": name, "confidence": score} for name, score in seen.categories
                ],
                "out_of_scope": seen.out_of_scope,
                "reasons": verdict.reasons,
            }
        }
    )


def assign_priority(call: Call, params: Prioritised) -> Answer:
    """How pressing an issue is: every rule's proposal, and the winner; a ticket is given it."""
    seen, case = seen_of_issue(call, params)
    offered = _proposals(call, params, seen, case, _category(call, params, seen))
    if params.priority is not None:
        offered = [Proposed("asked_for", params.priority), *offered]
    winner = offered[0]
    target = call.policy.sla.targets[winner.priority]
    assignment = {
        "priority": winner.priority,
        "winner": winner.source,
        "proposals": [{"source": one.source, "priority": one.priority} for one in offered],
        "sla_target_hours": target.resolution_minutes / 60,
        "sla_first_reply_hours": target.first_reply_minutes / 60,
        "ticket_id": params.ticket_id,
    }
    if params.ticket_id is None:
        return Answer({"priority_assignment": assignment})
    event = PriorityAsked.model_validate(
        {**about(call, params, params.ticket_id), "priority": winner.priority}
    )
    outcome = done(call, asked(call, params, event), but=HOLDS)
    return Answer(
        {"priority_assignment": assignment}, tuple(outcome.record_ids), outcome.settled
    )


def route_to_specialist(call: Call, params: Routed) -> Answer:
    """Which team, skill and language an issue needs; a ticket goes to that team or person."""
    seen, case = seen_of_issue(call, params)
    category = _category(call, params, seen)
    chosen = triage.route(
        seen,
        category=category,
        rule=_rule(call, category),
        vip=vip_of(call, params, case),
        language=seen.language or case.language,
        policy=call.policy,
    )
    routing: dict[str, Any] = {
        "team": params.team or chosen.team,
        "specialist_id": params.specialist_id,
        "skills": chosen.skills,
        "language": chosen.language,
        "senior": chosen.senior,
        "reasons": ["asked_for"] if params.team or params.specialist_id else chosen.reasons,
        "ticket_id": params.ticket_id,
    }
    if params.ticket_id is None:
        return Answer({"routing": routing})
    fields = about(call, params, params.ticket_id)
    event: Intent = (
        AssignmentAsked.model_validate({**fields, "specialist_id": params.specialist_id})
        if params.specialist_id is not None
        else TransferAsked.model_validate({**fields, "team": routing["team"]})
    )
    outcome = done(call, asked(call, params, event), but=HOLDS)
    given = event_of(outcome, SpecialistAssigned)
    ticket = ticket_after(outcome, params.ticket_id)
    if given is not None:
        routing["specialist_id"] = given.specialist_id
    if ticket is not None and ticket.team is not None:
        routing["team"] = ticket.team
    return Answer({"routing": routing}, tuple(outcome.record_ids), outcome.settled)


def detect_escalation_needs(call: Call, params: Detected) -> Answer:
    """Whether an issue must reach a person with authority, and which triggers say so."""
    seen, case = seen_of_issue(call, params, latest=True)
    vip = vip_of(call, params, case)
    priority = params.priority
    if priority is None and params.ticket_id is not None:
        _, ticket = ticket_of(call, params.ticket_id)
        priority = ticket.priority  # type: ignore[assignment]  # one of the priorities
    if priority is None:
        category = _category(call, params, seen)
        offered = _proposals(call, params, seen, case, category)
        priority = offered[0].priority  # type: ignore[assignment]  # one of the priorities
    assert priority is not None
    fired = triage.triggers(seen, priority=priority, vip=vip, policy=call.policy)
    return Answer(
        {
            "escalation_needs": {
                "needed": bool(fired),
                "triggers": [str(one) for one in fired],
                "priority": priority,
                "sentiment_score": seen.sentiment,
                "ticket_id": params.ticket_id,
            }
        }
    )


def _proposals(
    call: Call, issue: Issue, seen: Seen, case: Case, category: str | None
) -> list[Proposed]:
    origin = "contact"
    if issue.ticket_id is not None:
        origin = ticket_of(call, issue.ticket_id)[1].origin
    return triage.proposals(
        seen,
        rule=_rule(call, category),
        vip=vip_of(call, issue, case),
        origin=origin,
        policy=call.policy,
    )


def _category(call: Call, issue: Issue, seen: Seen) -> str | None:
    """The category of an issue: as it says, else as it is classified."""
    return issue.category or triage.classify(seen, call.policy).category


def _rule(call: Call, category: str | None) -> CategoryRule | None:
    return None if category is None else call.models.category(category)


ACTIONS = (
    Action("triage.classify_issue", "read", ("classification",), Issue, classify_issue),
    Action(
        "triage.assign_priority", "either", ("priority_assignment",), Prioritised, assign_priority
    ),
    Action("triage.route_to_specialist", "either", ("routing",), Routed, route_to_specialist),
    Action(
        "triage.detect_escalation_needs",
        "read",
        ("escalation_needs",),
        Detected,
        detect_escalation_needs,
    ),
)
