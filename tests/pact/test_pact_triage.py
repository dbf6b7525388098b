from __future__ import annotations

from typing import Any

import pytest

from streams.desk import Desk
from tests.pact_world import CHARGED


def call(desk: Desk, action: str, **params: Any) -> dict[str, Any]:
    return desk.pact(f"triage.{action}", params)


def test_an_issue_is_classified_with_all_that_was_weighed(desk: Desk) -> None:
    found = call(desk, "classify_issue", subject="Charged", description=CHARGED)["classification"]
    assert found["category"] == "billing"
    assert found["all_classifications"][0] == {
        "category": "billing",
        "confidence": found["confidence"],
    }
    scores = [one["confidence"] for one in found["all_classifications"]]
    assert scores == sorted(scores, reverse=True)
    assert found["priority"] == "high"
    assert found["estimated_resolution_time"] == 120


def test_an_empty_store_classifies_nothing(empty: Desk) -> None:
    found = call(empty, "classify_issue", text=CHARGED)["classification"]
    assert found["category"] is None
    assert found["confidence"] is None
    assert found["all_classifications"] == []
    assert found["priority"] == "medium"


def test_a_ticket_is_classified_by_its_first_message(desk: Desk, ann: str) -> None:
    desk.pact(
        "channel.receive_message",
        {"channel": "email", "customer_id": "ann", "message": "And #4711 cannot log in either"},
    )
    by_ticket = call(desk, "classify_issue", ticket_id=ann)["classification"]
    by_text = call(
        desk, "classify_issue", subject="Charged twice", message=CHARGED, customer_id="ann"
    )["classification"]
    assert by_ticket == by_text


def test_every_proposal_is_kept_and_the_highest_wins(desk: Desk) -> None:
    found = call(
        desk,
        "assign_priority",
        category="billing",
        sentiment_score=0.1,
        urgency_indicators=["deadline"],
        lifetime_value=50000,
    )["priority_assignment"]
    assert found["priority"] == "urgent"
    assert found["winner"] == "vip"
    assert {one["source"] for one in found["proposals"]} == {
        "vip",
        "category",
        "tone",
        "urgency",
        "default",
    }
    assert found["sla_target_hours"] == 4.0
    assert found["sla_first_reply_hours"] == 1.0


def test_a_customer_alone_is_enough_to_propose_a_priority(desk: Desk) -> None:
    ann = call(desk, "assign_priority", customer_id="ann")["priority_assignment"]
    ben = call(desk, "assign_priority", customer_id="ben")["priority_assignment"]
    assert (ann["priority"], ben["priority"]) == ("urgent", "medium")


def test_a_ticket_gets_the_priority_that_is_asked_for(desk: Desk, ann: str) -> None:
    found = call(desk, "assign_priority", ticket_id=ann, priority="critical", by="bo")
    assert found["priority_assignment"]["winner"] == "asked_for"
    (row,) = desk.query("SELECT priority FROM v1_tickets WHERE ticket_id = ?", [ann])
    assert row["priority"] == found["priority_assignment"]["priority"] == "critical"


def test_a_ticket_without_a_wish_gets_the_priority_that_is_proposed(desk: Desk, ann: str) -> None:
    call(desk, "assign_priority", ticket_id=ann, priority="low")
    found = call(desk, "assign_priority", ticket_id=ann)["priority_assignment"]
    (row,) = desk.query("SELECT priority FROM v1_tickets WHERE ticket_id = ?", [ann])
    assert row["priority"] == found["priority"] == "urgent"
    assert found["winner"] == "vip"


@pytest.mark.parametrize(
    ("action", "params", "key"),
    [
        ("assign_priority", {"priority": "urgent"}, "priority_assignment"),
        ("route_to_specialist", {"team": "money"}, "routing"),
        ("route_to_specialist", {"specialist_id": "bo"}, "routing"),
    ],
)
def test_what_holds_already_is_no_failure(
    action: str, params: dict[str, str], key: str, desk: Desk, ann: str
) -> None:
    result = call(desk, action, ticket_id=ann, **params)
    assert result["success"] is True
    assert params.items() <= result[key].items()
    assert [r.type for r in desk.events() if r.id in result["record_ids"]][-1] == "IntentRefused"


def test_a_closed_ticket_gets_no_priority(desk: Desk, ann: str) -> None:
    desk.produce({"type": "close", "ticket_id": ann})
    desk.run()
    result = call(desk, "assign_priority", ticket_id=ann, priority="low")
    assert result["success"] is False
    assert result["reason"] == "closed"
    assert "reopen the ticket first" in result["error"].lower()


def test_an_unknown_priority_is_named(desk: Desk, ann: str) -> None:
    result = call(desk, "assign_priority", ticket_id=ann, priority="enormous")
    assert result["success"] is False
    assert "priority: Input should be 'low'" in result["error"]


def test_a_route_names_team_skill_language_and_seniority(desk: Desk) -> None:
    routing = call(desk, "route_to_specialist", description=CHARGED, customer_id="ann")["routing"]
    assert routing["team"] == "money"
    assert routing["skills"] == ["billing"]
    assert routing["language"] == "en"
    assert routing["senior"] is True
    assert set(routing["reasons"]) == {"taught_category", "vip_to_senior", "language"}


def test_a_ticket_goes_to_the_team_and_somebody_of_it(desk: Desk, ben: str) -> None:
    routing = call(desk, "route_to_specialist", ticket_id=ben, team="money")["routing"]
    (row,) = desk.query("SELECT team, assigned_agent FROM v1_tickets WHERE ticket_id = ?", [ben])
    assert row == {"team": "money", "assigned_agent": "bo"}
    assert (routing["team"], routing["specialist_id"]) == ("money", "bo")


def test_a_ticket_goes_to_the_person_who_is_named(desk: Desk, ben: str) -> None:
    routing = call(desk, "route_to_specialist", ticket_id=ben, specialist="cy")["routing"]
    (row,) = desk.query("SELECT assigned_agent FROM v1_tickets WHERE ticket_id = ?", [ben])
    assert row["assigned_agent"] == routing["specialist_id"] == "cy"


@pytest.mark.parametrize(
    ("params", "triggers"),
    [
        (
            {"description": "Let me talk to a real person", "sentiment_score": 0.6},
            {"asked_for_person"},
        ),
        ({"sentiment_score": 0.1}, {"negative_sentiment"}),
        ({"priority": "critical"}, {"critical_priority"}),
        ({"customer_id": "ann"}, {"vip"}),
        ({"customer_id": "ben"}, set()),
    ],
)
def test_triggers_are_told_by_name(params: dict[str, Any], triggers: set[str], desk: Desk) -> None:
    needs = call(desk, "detect_escalation_needs", **params)["escalation_needs"]
    assert set(needs["triggers"]) == triggers
    assert needs["needed"] == bool(triggers)


def test_a_ticket_is_held_against_its_latest_message(desk: Desk, ben: str) -> None:
    (ticket,) = desk.query("SELECT * FROM v1_tickets WHERE ticket_id = ?", [ben])
    needs = call(desk, "detect_escalation_needs", ticket_id=ben)["escalation_needs"]
    assert needs["priority"] == ticket["priority"]
    assert needs["sentiment_score"] == ticket["sentiment_score"]
    assert "asked_for_person" not in needs["triggers"]
    desk.clock.advance(minutes=1)  # type: ignore[attr-defined]  # a manual clock
    desk.pact(
        "channel.receive_message",
        {
            "channel": "chat_widget",
            "customer_id": "ben",
            "handle": "ben-7",
            "message": "The login link still does not work, let me talk to a real person",
        },
    )
    needs = call(desk, "detect_escalation_needs", ticket_id=ben)["escalation_needs"]
    assert "asked_for_person" in needs["triggers"]
