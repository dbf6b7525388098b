"""Escalation's actions: who should take a ticket, who is free, the context, the news."""

from __future__ import annotations

from typing import Any

import msgspec

from agents.duty import availability, has_room, on_duty
from agents.escalation import choose, eligible
from agents.handover import requested
from agents.languages import speaks
from projections.desk import Desk, Person, Request, request_of
from schemas.events.choices import ContextTransferred, EscalationNotified
from schemas.events.decisions import TeamAlertRequested
from schemas.events.intents import EscalationAsked, HandoverAsked, TeamAlertAsked
from schemas.events.tickets import TicketEscalated
from schemas.topics import DESK_KEY
from schemas.vocabulary import Trigger, rfc3339
from streams.errors import NotFound
from streams.inputs import Name, Text
from streams.pact.action import Action, Answer, Asking, Call, Params, named
from streams.pact.asking import about, asked, done, event_of, first, ticket_after
from streams.pact.issue import Known, route_of, weighed
from streams.pact.reading import case_of, ticket_of

ALREADY = frozenset({"already_escalated"})
"""The refusal after which the team is alerted instead."""


class Needed(Known):
    """A ticket, or what a ticket would need."""

    ENOUGH = (*Known.ENOUGH, "team", "skills", "language", "senior")

    team: Name | None = None
    skills: tuple[Name, ...] | None = None
    senior: bool | None = None


class Asked(Params):
    """Whose availability: of somebody, of a team, or of everybody."""

    specialist_id: Name | None = named(
        "specialist_id", "specialist", "person", "agent_id", default=None
    )
    team: Name | None = None
    skill: Name | None = None
    language: Name | None = None


class HandedOver(Asking):
    """A ticket whose context is handed on."""

    ticket_id: Name
    to: Name | None = named("to", "specialist_id", "specialist", "to_agent", "team", default=None)


class Notified(Asking):
    """A ticket that is escalated."""

    ticket_id: Name
    reason: Text | None = named("escalation_reason", "reason", "text", "message", default=None)
    triggers: tuple[Trigger, ...] = ()


def determine_specialist_needed(call: Call, params: Needed) -> Answer:
    """Who should take a ticket, by the same judgement as at the desk, and everybody weighed."""
    desk = _desk(call)
    request, held_by = _request(call, params)
    choice = choose(request, desk.people, call.now, call.policy)
    mine = {person.id: person for person in eligible(request, desk.people)}
    free = availability(mine, call.now, call.policy)
    target = call.policy.sla.targets[request.priority]
    return Answer(
        {
            "specialist": {
                "specialist_id": choice.person,
                "team": request.team,
                "required_skills": list(request.skills),
                "language": request.language,
                "senior": request.senior,
                "priority_level": request.priority,
                "response_time_target_minutes": target.first_reply_minutes,
                "candidates": [
                    {"specialist_id": name, "score": score} for name, score in choice.scores
                ],
                "reasons": choice.reasons,
                "next_specialist_id": free.next_id,
                "next_at": None if free.next_at is None else rfc3339(free.next_at),
                "assigned": held_by,
                "ticket_id": params.ticket_id,
            }
        }
    )


def _request(call: Call, params: Needed) -> tuple[Request, str | None]:
    """What the desk would be asked for, and who has the ticket already."""
    if params.ticket_id is not None:
        case, ticket = ticket_of(call, params.ticket_id)
        team = call.policy.routing.default_team
        event = requested(case, ticket, call.action, team=team)
        request, held_by = request_of(event, call.now), ticket.specialist_id
    else:
        request, held_by = _request_of_issue(call, params), None
    wanted = {name: getattr(params, name) for name in ("team", "skills", "senior", "priority")}
    changes = {name: value for name, value in wanted.items() if value is not None}
    if params.language is not None:
        changes["language"] = params.language
    return msgspec.structs.replace(request, **changes), held_by


def _request_of_issue(call: Call, params: Needed) -> Request:
    found = weighed(call, params)
    route = route_of(call, found)
    return Request(
        id=call.action,
        customer_id=found.case.customer_id,
        ticket_id="",
        team=route.team,
        at=call.now.timestamp(),
        skills=tuple(route.skills),
        language=route.language,
        senior=route.senior,
        priority=found.priority,
    )


def check_availability(call: Call, params: Asked) -> Answer:
    """Who is on duty with room for one more, and who is next."""
    people = _desk(call).people
    if params.specialist_id is not None:
        if params.specialist_id not in people:
            raise NotFound(
                f"{call.action}: specialist_id: nobody at the desk is {params.specialist_id}",
                "give the id of somebody that `pactdesk team list` shows",
            )
        people = {params.specialist_id: people[params.specialist_id]}
    people = {name: one for name, one in people.items() if _fits(one, params)}
    free = availability(people, call.now, call.policy)
    return Answer(
        {
            "availability": {
                "is_available": bool(free.available),
                "available": free.available,
                "next_specialist_id": free.next_id,
                "next_at": None if free.next_at is None else rfc3339(free.next_at),
                "specialists": [
                    {
                        "specialist_id": one.id,
                        "team": one.team,
                        "on_duty": on_duty(one, call.now, call.policy),
                        "has_room": has_room(one),
                        "load": len(one.tickets),
                        "capacity": one.capacity,
                    }
                    for one in sorted(people.values(), key=lambda person: person.id)
                ],
            }
        }
    )


def _fits(person: Person, params: Asked) -> bool:
    return (
        params.team in {None, person.team}
        and (params.skill is None or params.skill in person.skills)
        and (params.language is None or speaks(person.languages, params.language))
    )


def _desk(call: Call) -> Desk:
    desk: Desk = call.states.of("desk", DESK_KEY)
    return desk


def transfer_context(call: Call, params: HandedOver) -> Answer:
    """Hand everything that is known of a ticket to whoever is named, or has it."""
    event = HandoverAsked.model_validate({**about(call, params, params.ticket_id), "to": params.to})
    outcome = done(call, asked(call, params, event))
    packet = event_of(outcome, ContextTransferred)
    transfer: dict[str, Any] = {"transfer_id": None, "ticket_id": params.ticket_id}
    if packet is not None:
        case = case_of(call, packet.customer_id or "")
        transfer |= {
            "transfer_id": packet.transfer_id,
            "ticket_id": packet.ticket_id,
            "customer_id": packet.customer_id,
            "customer_name": case.name,
            "to": packet.to,
            "summary": packet.summary,
            "facts": msgspec.json.decode(packet.facts),
            "timeline": msgspec.json.decode(packet.timeline),
            "facts_given": packet.facts_given,
            "facts_kept": packet.facts_kept,
            "history": msgspec.json.decode(packet.history),
        }
    return Answer({"context_transfer": transfer}, tuple(outcome.record_ids), outcome.settled)


def notify_escalation(call: Call, params: Notified) -> Answer:
    """Escalate a ticket; if it is escalated already, tell its team once more."""
    fields = about(call, params, params.ticket_id)
    told = {} if params.reason is None else {"reason": params.reason}
    event = EscalationAsked.model_validate({**fields, **told, "triggers": list(params.triggers)})
    outcome = done(call, asked(call, params, event), but=ALREADY)
    ids = tuple(outcome.record_ids)
    if outcome.refusal is not None:
        alert = TeamAlertAsked.model_validate(
            {**fields, "alert_type": "escalation", "message": params.reason}
        )
        outcome = done(call, asked(call, params, alert, step="alert"))
        ids += tuple(outcome.record_ids)
    escalated = event_of(outcome, TicketEscalated, params.ticket_id)
    alert_id, alerted = first(outcome, TeamAlertRequested, params.ticket_id)
    person = event_of(outcome, EscalationNotified, params.ticket_id)
    ticket = ticket_after(outcome, params.ticket_id)
    return Answer(
        {
            "escalation_notification": {
                "ticket_id": params.ticket_id,
                "escalated": escalated is not None,
                "status": "escalated" if ticket is None else ticket.status,
                "triggers": [] if escalated is None else escalated.triggers,
                "reason": params.reason if escalated is None else escalated.reason,
                "alert_id": alert_id,
                "team": None if alerted is None else alerted.team,
                "specialist_id": None if person is None else person.specialist_id,
                "text": None if alerted is None else alerted.text,
            }
        },
        ids,
        outcome.settled,
    )


ACTIONS = (
    Action(
        "escalation.determine_specialist_needed",
        "read",
        ("specialist",),
        Needed,
        determine_specialist_needed,
    ),
    Action("escalation.check_availability", "read", ("availability",), Asked, check_availability),
    Action(
        "escalation.transfer_context", "append", ("context_transfer",), HandedOver, transfer_context
    ),
    Action(
        "escalation.notify_escalation",
        "append",
        ("escalation_notification",),
        Notified,
        notify_escalation,
    ),
)
