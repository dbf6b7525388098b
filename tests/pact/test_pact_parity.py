"""A call and the workflow cannot disagree: the same message, customer or ticket is judged alike."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

import pactdesk
from schemas.event import Event
from schemas.events.choices import AvailabilityChecked, CommonIssueFound, SpecialistChosen
from schemas.events.decisions import (
    ContactAccepted,
    ContactRejected,
    EscalationTriggered,
    IssueClassified,
    MessageUnderstood,
    PriorityChosen,
    ReplyRequested,
    RouteChosen,
    SatisfactionScored,
    SolutionsFound,
    VipRecognised,
)
from streams.clock import ManualClock
from streams.desk import Desk
from tests.pact_world import CHARGED, FORGOT, example

_E = TypeVar("_E", bound=Event)

TEXTS = (
    CHARGED,
    FORGOT,
    "My invoice is wrong again and I am furious, this is the worst company. I will sue you!",
    "Let me talk to a real person please, it is urgent",
    "The weather is nice in Lisbon",
    "Ich habe mein Passwort vergessen und komme nicht mehr in mein Konto",
    "ok",
)


def receive(desk: Desk, message: str, **more: Any) -> str:
    """A new customer writes; returns the id of the contact."""
    contact = {"channel": "email", "handle": f"{abs(hash(message))}@example.org", **more}
    result = desk.pact("channel.receive_message", {**contact, "message": message})
    return str(result["processed_message"]["contact_id"])


def said(desk: Desk, contact_id: str, kind: type[_E]) -> list[_E]:
    """What the agents said in a contact's turn, of one type."""
    events = [entry.record().event for entry in desk.log.family(contact_id)]
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("text", TEXTS)
def test_triage_is_the_same_by_call_and_in_the_workflow(text: str, desk: Desk) -> None:
    issue = {"description": text, "subject": "A question"}
    classification = desk.pact("triage.classify_issue", issue)["classification"]
    assignment = desk.pact("triage.assign_priority", issue)["priority_assignment"]
    routing = desk.pact("triage.route_to_specialist", issue)["routing"]
    needs = desk.pact("triage.detect_escalation_needs", issue)["escalation_needs"]
    contact = receive(desk, text, subject="A question")
    (classified,) = said(desk, contact, IssueClassified)
    (chosen,) = said(desk, contact, PriorityChosen)
    (route,) = said(desk, contact, RouteChosen)
    escalated = said(desk, contact, EscalationTriggered)
    assert classification["category"] == classified.category
    assert classification["confidence"] == classified.confidence
    assert classification["estimated_resolution_time"] == classified.estimated_resolution_minutes
    assert [(c["category"], c["confidence"]) for c in classification["all_classifications"]] == [
        (c.name, c.score) for c in classified.candidates
    ]
    assert assignment["priority"] == classification["priority"] == chosen.priority
    assert assignment["winner"] == chosen.reasons[0]
    assert [f"{p['source']}:{p['priority']}" for p in assignment["proposals"]] == [
        c.name for c in chosen.candidates
    ]
    assert assignment["sla_target_hours"] * 60 == chosen.sla_resolution_minutes
    assert {name: routing[name] for name in ("team", "skills", "language", "senior")} == {
        name: getattr(route, name) for name in ("team", "skills", "language", "senior")
    }
    assert needs["triggers"] == [t for event in escalated for t in event.triggers]
    assert needs["needed"] == bool(escalated)


@pytest.mark.parametrize("text", TEXTS)
def test_knowledge_is_the_same_by_call_and_in_the_workflow(text: str, desk: Desk) -> None:
    found = desk.pact("knowledge.search_solutions", {"query": text})["solutions"]
    suggested = desk.pact("knowledge.suggest_articles", {"query": text})
    contact = receive(desk, text)
    (decided,) = said(desk, contact, SolutionsFound)
    assert [(one["id"], one["confidence"]) for one in found] == [
        (one.name, one.confidence) for one in decided.solutions
    ]
    assert suggested["outcome"] == decided.outcome
    assert suggested["reasons"] == decided.reasons


@pytest.mark.parametrize("text", TEXTS)
def test_a_message_is_understood_the_same_by_call_and_in_the_workflow(
    text: str, desk: Desk
) -> None:
    (document,) = desk.understand([{"channel": "email", "message": text, "provider_id": "m"}])
    result = desk.pact(
        "channel.receive_message", {"channel": "email", "handle": "new@x.org", "content": text}
    )
    processed = result["processed_message"]
    (event,) = said(desk, processed["contact_id"], MessageUnderstood)
    for name in ("language", "sentiment_score", "urgency_indicators", "tags", "cues", "deadlines"):
        assert document[name] == getattr(event, name) == processed[name]
    assert document["out_of_scope"] == event.out_of_scope
    assert document["categories"] == [one.model_dump() for one in event.categories]
    assert [(s["id"], s["confidence"]) for s in document["solutions"]] == [
        (s.name, s.confidence) for s in event.solutions
    ]
    assert document["facts"] == [one.model_dump() for one in event.facts]
    assert document["clues"] == [one.model_dump() for one in event.clues]
    assert document["model_versions"] == event.model_versions


@pytest.mark.parametrize(
    "contact",
    [
        {"message": CHARGED},
        {"message": "  "},
        {"message": "", "attachments": [{"name": "a.png", "media_type": "image/png", "size": 1}]},
        {"message": "?!"},
        {"message": "I am away", "subject": "Automatic reply: your ticket"},
        {"message": "x", "metadata": {"headers": {"Precedence": "bulk"}}},
        {"message": "I am out of the office until Monday with no access to my mail."},
        {"message": "x", "handle": "mailer-daemon@example.org"},
        {"message": "y" * 200_001},
    ],
)
def test_a_message_is_valid_exactly_when_the_workflow_accepts_it(
    contact: dict[str, Any], desk: Desk
) -> None:
    contact = {"channel": "email", "handle": "new@example.org", **contact}
    verdict = desk.pact("channel.validate_message", contact)["validation"]
    processed = desk.pact("channel.receive_message", contact)["processed_message"]
    accepted = said(desk, processed["contact_id"], ContactAccepted)
    rejected = said(desk, processed["contact_id"], ContactRejected)
    assert verdict["is_valid"] == bool(accepted)
    assert verdict["issues"] == [reason for event in rejected for reason in event.reasons]
    assert all(verdict["warnings"] == event.warnings for event in accepted)
    assert processed["ruling"] == ("accepted" if accepted else "rejected")


@pytest.mark.parametrize("channel", ["email", "chat_widget"])
def test_a_text_is_shaped_as_a_reply_is(channel: str, desk: Desk, ben: str) -> None:
    text = "**Bold** and [a link](https://example.org). " * 300
    shaped = desk.pact("channel.format_for_platform", {"channel": channel, "text": text})
    handles = {"email": ["ben@example.org"]}
    desk.produce({"type": "customer", "customer_id": "ben", "handles": handles})
    sent = desk.pact("channel.send_response", {"ticket_id": ben, "text": text, "channel": channel})
    entry = desk.log.find(sent["message_id"])
    assert entry is not None
    request = entry.record().event
    assert isinstance(request, ReplyRequested)
    assert shaped["parts"] == request.parts == sent["parts"]
    assert all(len(part) <= shaped["limit"] for part in shaped["parts"])


def test_the_specialist_is_the_one_whom_the_desk_chose(desk: Desk, ann: str) -> None:
    (chosen,) = [r.event for r in desk.events(type="SpecialistChosen", ticket=ann)]
    (checked,) = [r.event for r in desk.events(type="AvailabilityChecked", ticket=ann)]
    assert isinstance(chosen, SpecialistChosen)
    assert isinstance(checked, AvailabilityChecked)
    issue = {"description": CHARGED, "subject": "Charged twice", "customer_id": "ann"}
    wanted = desk.pact("escalation.determine_specialist_needed", issue)["specialist"]
    assert wanted["specialist_id"] == chosen.specialist_id == "bo"
    assert wanted["team"] == chosen.team
    assert wanted["senior"] == chosen.senior
    assert wanted["reasons"] == chosen.reasons
    free = desk.pact("escalation.check_availability", {"team": "money"})["availability"]
    assert free["available"] == checked.available


def test_a_vip_and_their_satisfaction_are_as_the_workflow_said(desk: Desk) -> None:
    (vip,) = [r.event for r in desk.events(type="VipRecognised", customer="ann")]
    *_, scored = [r.event for r in desk.events(type="SatisfactionScored", customer="ann")]
    assert isinstance(vip, VipRecognised)
    assert isinstance(scored, SatisfactionScored)
    analysis = desk.pact("customer.identify_vip_status", {"customer_id": "ann"})["vip_analysis"]
    assert analysis["is_vip"] is analysis["vip_status"] is vip.vip
    assert analysis["lifetime_value"] == vip.lifetime_value
    assert analysis["account_manager"] == vip.account_manager
    found = desk.pact("customer.calculate_satisfaction_score", {"customer_id": "ann"})
    satisfaction = found["satisfaction_analysis"]
    assert satisfaction["current_score"] == scored.score
    assert satisfaction["trend"] == scored.trend
    assert satisfaction["data_points"] == scored.data_points


def test_a_surge_shows_as_common_issue_when_the_workflow_raises_it(desk: Desk) -> None:
    raised: list[Event] = []
    for number in range(20):
        desk.produce(
            {
                "channel": "email",
                "handle": f"c{number}@example.org",
                "message": CHARGED,
                "provider_id": f"surge-{number}",
            }
        )
        desk.run()
        raised = [r.event for r in desk.events(type="CommonIssueFound")]
        issues = desk.pact("analytics.identify_common_issues", {})["common_issues"]
        (billing,) = [one for one in issues if one["category"] == "billing"]
        assert billing["surge"] == bool(raised)
    assert isinstance(raised[0], CommonIssueFound)
    insights = desk.pact("analytics.generate_insights", {"category": "billing"})["insights"]
    assert "surge" in {one["kind"] for one in insights}
    assert isinstance(desk.clock, ManualClock)
    desk.clock.advance(hours=3)  # nobody wrote since, and so no new moment was measured
    (later,) = desk.pact("analytics.identify_common_issues", {"category": "billing"})[
        "common_issues"
    ]
    assert later["surge"] is False


@pytest.mark.parametrize(
    "action",
    [
        "triage.assign_priority",
        "triage.route_to_specialist",
        "channel.send_response",
        "notification.alert_team",
    ],
)
def test_what_a_call_appends_shows_in_the_views_like_anybodys_intent(
    action: str, desk: Desk, ann: str
) -> None:
    result = desk.pact(action, example(action, ann))
    for record_id in result["record_ids"][1:]:
        tree = desk.why(record_id)
        while "cause" in tree:
            tree = tree["cause"]
        assert tree["id"] == result["record_ids"][0]
        assert tree["by"] == "pact/pact"


def test_the_seed_call_uses_the_desk_of_the_settings(
    desk: Desk, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACTDESK_DATA", str(desk.folder))
    result = pactdesk.execute_pact_action("customer.get_profile", {"customer_id": "ann"})
    assert result["customer_profile"]["escalation_history"] == [ann]
