"""Notification's actions: who is told what, and when."""

from __future__ import annotations

from typing import Any

from schemas.events.decisions import (
    ConfirmationRequested,
    CustomerNotified,
    FollowUpScheduled,
    ReplyRequested,
    TeamAlertRequested,
)
from schemas.events.intents import ConfirmationAsked, FollowUpAsked, NoticeAsked, TeamAlertAsked
from schemas.vocabulary import Time, rfc3339
from streams.inputs import Name, Text
from streams.pact.action import Action, Answer, Asking, Call, named
from streams.pact.asking import about, asked, delivery, done, first
from streams.rulings import Outcome

NOTICES = frozenset({"notice", "follow_up"})
"""Kinds of notices that `response_type` may ask for; any other word is a plain notice."""


class Confirmed(Asking):
    """A ticket whose customer is told that it is in hand."""

    ticket_id: Name


class FollowedUp(Asking):
    """A ticket to look at again, at a time or after the policy's delay."""

    ticket_id: Name
    follow_up_time: Time | None = named("follow_up_time", "due_at", default=None)


class Alerted(Asking):
    """A ticket that its team is alerted about."""

    ticket_id: Name
    alert_type: Name = "attention"
    message: Text | None = named("message", "text", "content", default=None)


class Noticed(Asking):
    """Something that the customer of a ticket is told."""

    ticket_id: Name
    text: Text = named("text", "content", "message")
    response_type: Name = "notice"


def send_confirmation(call: Call, params: Confirmed) -> Answer:
    """Tell the customer that the ticket is in hand."""
    event = ConfirmationAsked.model_validate(about(call, params, params.ticket_id))
    outcome = done(call, asked(call, params, event))
    _, confirmed = first(outcome, ConfirmationRequested)
    sent = {
        **_message(call, outcome, params.ticket_id),
        "text": None if confirmed is None else confirmed.text,
    }
    return _answer("confirmation_sent", sent, outcome)


def schedule_follow_up(call: Call, params: FollowedUp) -> Answer:
    """Have a ticket looked at again."""
    event = FollowUpAsked.model_validate(
        {**about(call, params, params.ticket_id), "follow_up_time": params.follow_up_time}
    )
    outcome = done(call, asked(call, params, event))
    record_id, planned = first(outcome, FollowUpScheduled)
    scheduled = {
        "follow_up_id": record_id,
        "ticket_id": params.ticket_id,
        "due_at": None if planned is None else rfc3339(planned.due_at),
    }
    return _answer("follow_up_scheduled", scheduled, outcome)


def alert_team(call: Call, params: Alerted) -> Answer:
    """Alert the team of a ticket."""
    event = TeamAlertAsked.model_validate(
        {
            **about(call, params, params.ticket_id),
            "alert_type": params.alert_type,
            "message": params.message,
        }
    )
    outcome = done(call, asked(call, params, event))
    record_id, alert = first(outcome, TeamAlertRequested)
    told = {
        "alert_id": record_id,
        "ticket_id": params.ticket_id,
        "team": None if alert is None else alert.team,
        "alert_type": params.alert_type if alert is None else alert.alert_type,
        "priority": None if alert is None else alert.priority,
        "text": None if alert is None else alert.text,
    }
    return _answer("team_alert", told, outcome)


def update_customer(call: Call, params: Noticed) -> Answer:
    """Tell the customer of a ticket something."""
    event = NoticeAsked.model_validate(
        {
            **about(call, params, params.ticket_id),
            "text": params.text,
            "kind": params.response_type if params.response_type in NOTICES else "notice",
        }
    )
    outcome = done(call, asked(call, params, event))
    _, notice = first(outcome, CustomerNotified)
    told = {
        **_message(call, outcome, params.ticket_id),
        "kind": None if notice is None else notice.kind,
        "text": None if notice is None else notice.text,
    }
    return _answer("customer_notified", told, outcome)


def _message(call: Call, outcome: Outcome, ticket_id: str) -> dict[str, Any]:
    """The message that went out to the customer."""
    message_id, request = first(outcome, ReplyRequested)
    return {
        "ticket_id": ticket_id,
        "message_id": message_id,
        "channel": None if request is None else request.channel,
        "delivery_status": delivery(call, message_id),
    }


def _answer(key: str, told: dict[str, Any], outcome: Outcome) -> Answer:
    return Answer({key: told}, tuple(outcome.record_ids), outcome.settled)


ACTIONS = (
    Action(
        "notification.send_confirmation",
        "append",
        ("confirmation_sent",),
        Confirmed,
        send_confirmation,
    ),
    Action(
        "notification.schedule_follow_up",
        "append",
        ("follow_up_scheduled",),
        FollowedUp,
        schedule_follow_up,
    ),
    Action("notification.alert_team", "append", ("team_alert",), Alerted, alert_team),
    Action(
        "notification.update_customer",
        "append",
        ("customer_notified",),
        Noticed,
        update_customer,
    ),
)
