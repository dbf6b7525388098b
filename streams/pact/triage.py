"""Triage's actions: what an issue is about, how pressing it is, who should have it."""

from __future__ import annotations

from typing import Any

from agents import triage
from agents.triage import Proposed
from schemas.event import Intent
from schemas.events.contacts import SpecialistAssigned
from schemas.events.intents import AssignmentAsked, PriorityAsked, TransferAsked
from streams.inputs import Name
from streams.pact.action import Action, Answer, Asking, Call, named
from streams.pact.asking import about, asked, done, event_of, ticket_after
from streams.pact.issue import Issue, Known, route_of, weighed

HOLDS = frozenset({"no_change", "already_there", "already_assigned", "already_asked"})
"""Refusals that say that what is asked for holds already."""


class Prioritised(Known, Asking):
    """An issue to be given a priority; with a ticket, it gets it."""


class Routed(Known, Asking):
    """An issue to be routed; with a ticket, it goes there."""

    team: Name | None = None
    specialist_id: Name | None = named(
        "specialist_id", "specialist", "assigned_agent", "person", default=None
    )


def classify_issue(call: Call, params: Issue) -> Answer:
    """What an issue is about, with everything that was weighed."""
    found = weighed(call, params)
    verdict = triage.classify(found.seen, call.policy)
    target = call.policy.sla.targets[found.priority]
    return Answer(
        {
            "classification": {
                "category": verdict.category,
                "confidence": verdict.confidence,
                "priority": found.priority,
                "tags": list(found.seen.tags),
                "estimated_resolution_time": target.estimated_minutes,
                "all_classifications": [
                    {"category": name, "confidence": score} for name, score in found.seen.categories
                ],
                "out_of_scope": found.seen.out_of_scope,
                "reasons": verdict.reasons,
            }
        }
    )


def assign_priority(call: Call, params: Prioritised) -> Answer:
    """How pressing an issue is: every rule's proposal, and the winner; a ticket is given it."""
    offered = weighed(call, params).proposals
    if params.priority is not None:
        offered = [Proposed("asked_for", params.priority), *offered]
    winner = offered[0]
    if params.ticket_id is None:
        return Answer({"priority_assignment": _assigned(call, winner, offered, None)})
    event = PriorityAsked.model_validate(
        {**about(call, params, params.ticket_id), "priority": winner.priority}
    )
    outcome = done(call, asked(call, params, event), but=HOLDS)
    first = outcome.record.event
    assert isinstance(first, PriorityAsked)
    if first.priority != winner.priority:  # a repeat: what was asked the first time counts
        winner = Proposed("asked_for", first.priority)
    return Answer(
        {"priority_assignment": _assigned(call, winner, offered, params.ticket_id)},
        tuple(outcome.record_ids),
        outcome.settled,
    )


def _assigned(
    call: Call, winner: Proposed, offered: list[Proposed], ticket_id: str | None
) -> dict[str, Any]:
    target = call.policy.sla.targets[winner.priority]
    return {
        "priority": winner.priority,
        "winner": winner.source,
        "proposals": [{"source": one.source, "priority": one.priority} for one in offered],
        "sla_target_hours": target.resolution_minutes / 60,
        "sla_first_reply_hours": target.first_reply_minutes / 60,
        "ticket_id": ticket_id,
    }


def route_to_specialist(call: Call, params: Routed) -> Answer:
    """Which team, skill and language an issue needs; a ticket goes to that team or person."""
    chosen = route_of(call, weighed(call, params))
    named_one = params.team is not None or params.specialist_id is not None
    routing: dict[str, Any] = {
        "team": params.team or chosen.team,
        "specialist_id": params.specialist_id,
        "skills": chosen.skills,
        "language": chosen.language,
        "senior": chosen.senior,
        "reasons": ["asked_for"] if named_one else chosen.reasons,
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
    given = event_of(outcome, SpecialistAssigned, params.ticket_id)
    ticket = ticket_after(outcome, params.ticket_id)
    if given is not None:
        routing["specialist_id"] = given.specialist_id
    if ticket is not None and ticket.team is not None:
        routing["team"] = ticket.team
    return Answer({"routing": routing}, tuple(outcome.record_ids), outcome.settled)


def detect_escalation_needs(call: Call, params: Known) -> Answer:
    """Whether an issue must reach a person with authority, and which triggers say so."""
    found = weighed(call, params, latest=True)
    priority = params.priority or (found.ticket.priority if found.ticket else found.priority)
    fired = triage.triggers(found.seen, priority=priority, vip=found.vip, policy=call.policy)
    return Answer(
        {
            "escalation_needs": {
                "needed": bool(fired),
                "triggers": [str(one) for one in fired],
                "priority": priority,
                "sentiment_score": found.seen.sentiment,
                "ticket_id": params.ticket_id,
            }
        }
    )


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
        Known,
        detect_escalation_needs,
    ),
)
