"""What the team is told, word for word, and which team is."""

from __future__ import annotations

from typing import Any

import pytest

from agents import alerts, channel
from agents.policy import default_policy
from projections.case import Case, Ticket
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.events import tickets as became
from schemas.events.decisions import ContactHeld, TeamAlertRequested, WorkflowFailed
from streams.testing import START, given
from tests.anyevent import example

CASE = Case(
    "ann",
    tickets={
        "T": Ticket(
            id="T",
            status="escalated",
            priority="urgent",
            channel="email",
            opened_at=1.0,
            updated_at=2.0,
            subject="My bill",
            team="money",
        ),
        "U": Ticket(
            id="U", status="triaged", priority="low", channel="email", opened_at=1.0, updated_at=2.0
        ),
    },
)
DEFAULT = default_policy().routing.default_team


def told(kind: type[Event], case: Case = CASE, **fields: object) -> list[TeamAlertRequested]:
    """The alerts on an event in which nothing is left out."""
    given_ = {"ticket_id": "T", "customer_id": "ann", **fields}
    known = {name: value for name, value in given_.items() if name in kind.model_fields}
    event = example(kind, full=True).model_copy(update=known)
    return given(agents=alerts.AGENTS, state=case).when(event).all(TeamAlertRequested)


@pytest.mark.parametrize(
    ("kind", "fields", "alert_type", "text"),
    [
        (
            became.TicketEscalated, {"reason": "rude", "triggers": ["vip"]},
            "escalation", "escalated for rude: My bill",
        ),
        (
            became.TicketEscalated, {"reason": None, "triggers": ["vip", "complaint"]},
            "escalation", "escalated for vip, complaint: My bill",
        ),
        (became.SlaWarned, {"target": "first_reply"}, "sla_warning",
         "first_reply is close: My bill"),
        (became.SlaBreached, {"target": "resolution"}, "sla_breach",
         "resolution is missed: My bill"),
        (
            inbox.SpecialistUnavailable,
            {"reasons": ["nobody_free"], "next_specialist_id": "bo", "next_at": START},
            "nobody_free", "nobody is free, bo comes at 2026-03-02T09:00:00.000Z: My bill",
        ),
        (
            inbox.SpecialistUnavailable,
            {"reasons": ["nobody_free"], "next_specialist_id": None, "next_at": START},
            "nobody_free", "nobody is free, and nobody is known to come: My bill",
        ),
        (
            inbox.SpecialistUnavailable,
            {"reasons": ["nobody_free"], "next_specialist_id": "bo", "next_at": None},
            "nobody_free", "nobody is free, and nobody is known to come: My bill",
        ),
        (inbox.ReplyFailed, {"final": True}, "delivery", "a reply did not get through: My bill"),
        (inbox.ReplyUnconfirmed, {}, "delivery",
         "nobody can tell whether a reply got through: My bill"),
    ],
)  # fmt: skip
def test_the_team_that_has_the_ticket_is_told_what_happened_to_it(
    kind: type[Event], fields: dict[str, Any], alert_type: str, text: str
) -> None:
    (alert,) = told(kind, **fields)
    assert (alert.alert_type, alert.text) == (alert_type, text)
    assert (alert.customer_id, alert.ticket_id) == ("ann", "T")
    assert (alert.team, alert.outcome, alert.reasons) == ("money", "money", [alert_type])
    assert (alert.priority, alert.policy_version) == ("urgent", default_policy().version)


def test_of_a_ticket_without_a_team_the_default_team_is_told() -> None:
    (alert,) = told(inbox.ReplyUnconfirmed, ticket_id="U")
    assert (alert.team, alert.outcome, alert.priority) == (DEFAULT, DEFAULT, "low")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (became.TicketEscalated, {"ticket_id": "elsewhere"}),
        (became.SlaWarned, {"ticket_id": "elsewhere"}),
        (inbox.ReplyUnconfirmed, {"ticket_id": "elsewhere"}),
        (inbox.ReplyFailed, {"final": False}),
        (inbox.SpecialistUnavailable, {"reasons": ["nobody_free", "still_waiting"]}),
        (inbox.SpecialistUnavailable, {"reasons": ["no_specialists"]}),
        (inbox.SpecialistUnavailable, {"reasons": ["too_many_wait"]}),
        (ContactHeld, {"reasons": ["flood"]}),
    ],
)
def test_the_team_is_not_told_of_what_is_no_news_or_nobodys_ticket(
    kind: type[Event], fields: dict[str, Any]
) -> None:
    assert told(kind, **fields) == []


def test_a_flood_is_told_to_the_default_team() -> None:
    (alert,) = told(ContactHeld, reasons=["flood", channel.FLOOD_BEGINS])
    most = default_policy().limits.flood_per_minute
    assert alert.text == f"more than {most} contacts in a minute"
    assert (alert.alert_type, alert.reasons, alert.priority) == ("flood", ["flood"], "high")
    assert (alert.team, alert.outcome, alert.ticket_id) == (DEFAULT, DEFAULT, None)


def test_a_failure_that_no_ticket_is_escalated_for_is_told_to_the_default_team() -> None:
    failed = {"failed_agent": "triage", "record_type": "CustomerDescribed", "error": "no"}
    (alert,) = told(WorkflowFailed, Case("ann"), ticket_id=None, **failed)
    assert alert.text == "triage failed on CustomerDescribed: no"
    assert (alert.alert_type, alert.priority) == ("workflow_failure", "high")
    assert (alert.team, alert.outcome, alert.reasons) == (DEFAULT, DEFAULT, ["workflow_failure"])
