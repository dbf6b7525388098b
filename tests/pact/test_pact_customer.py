from __future__ import annotations

from typing import Any

import pytest

from streams.desk import Desk
from tests.pact_world import example

SEED = (
    "customer_id",
    "name",
    "email",
    "phone",
    "preferred_channel",
    "vip_status",
    "lifetime_value",
    "satisfaction_history",
    "interaction_count",
    "last_interaction",
    "open_tickets",
    "resolved_tickets",
    "escalation_history",
)


def call(desk: Desk, action: str, **params: Any) -> dict[str, Any]:
    return desk.pact(f"customer.{action}", params)


def test_a_profile_is_the_customer_as_the_view_has_them(desk: Desk) -> None:
    profile = call(desk, "get_profile", customer_id="ann")["customer_profile"]
    (row,) = desk.query("SELECT * FROM v1_customers WHERE customer_id = 'ann'")
    assert profile == row
    assert tuple(profile)[: len(SEED)] == SEED
    assert profile["vip_status"] is True
    assert profile["open_tickets"] == 1


@pytest.mark.parametrize("by", ["ticket", "handle"])
def test_a_profile_is_found_by_ticket_and_by_address(by: str, desk: Desk, ann: str) -> None:
    ways = {
        "ticket": {"ticket_id": ann},
        "handle": {"channel": "email", "handle": "ann@example.org"},
    }
    assert call(desk, "get_profile", **ways[by])["customer_profile"]["customer_id"] == "ann"


def test_a_customer_must_be_named_somehow(desk: Desk) -> None:
    for action in ("get_profile", "calculate_satisfaction_score", "identify_vip_status"):
        result = call(desk, action)
        assert result["success"] is False
        assert "customer_id" in result["error"]


def test_an_interaction_from_elsewhere_becomes_history(desk: Desk, ann: str) -> None:
    result = call(
        desk,
        "update_interaction_history",
        customer_id="ann",
        ticket_id=ann,
        interaction={"type": "call", "content": "She rang"},
    )
    recorded = result["interaction_recorded"]
    assert recorded == {
        "interaction_id": result["record_ids"][0],
        "customer_id": "ann",
        "ticket_id": ann,
        "kind": "call",
        "recorded": True,
        "recorded_at": "2026-03-02T09:00:00.000Z",
    }
    (row,) = desk.query(
        "SELECT * FROM v1_decisions WHERE cause_id = ?", [recorded["interaction_id"]]
    )
    assert row["action"] == "customer.update_interaction_history"
    assert row["outcome"] == "call"


def test_an_interaction_may_be_told_as_text_or_by_its_fields(desk: Desk, ben: str) -> None:
    as_text = call(desk, "update_interaction_history", customer_id="ben", interaction="He rang")
    by_fields = call(
        desk, "update_interaction_history", ticket_id=ben, kind="visit", content="He came"
    )
    assert as_text["interaction_recorded"]["kind"] == "interaction"
    assert by_fields["interaction_recorded"]["kind"] == "visit"
    assert by_fields["interaction_recorded"]["customer_id"] == "ben"
    torn = call(desk, "update_interaction_history", customer_id="ben", interaction="a\x00b")
    assert "interaction: it holds a NUL character" in torn["error"]
    assert "function" not in torn["error"]
    nothing = call(desk, "update_interaction_history", customer_id="ben")
    assert nothing["success"] is False
    assert "interaction is missing" in nothing["error"]


def test_ratings_weigh_more_than_tones_and_give_the_trend(desk: Desk, ann: str) -> None:
    before = call(desk, "calculate_satisfaction_score", customer_id="ann")
    desk.produce(
        {"type": "start", "customer_id": "ann", "channel": "email", "text": "Hello", "by": "bo"}
    )
    desk.run()
    (other,) = desk.query("SELECT ticket_id FROM v1_tickets WHERE origin = 'person'")
    desk.produce({"type": "resolve", "ticket_id": ann})
    desk.run()
    for ticket, score in ((ann, 2), (other["ticket_id"], 5)):
        desk.produce({"type": "survey", "ticket_id": ticket, "score": score})
        desk.run()
    after = call(desk, "calculate_satisfaction_score", ticket_id=ann)["satisfaction_analysis"]
    assert before["satisfaction_analysis"]["data_points"] == 1
    assert after["ratings"] == [2, 5]
    assert after["data_points"] == 3
    assert after["trend"] == "improving"


def test_of_two_ratings_of_a_ticket_the_last_one_stands_everywhere(desk: Desk, ann: str) -> None:
    desk.produce({"type": "resolve", "ticket_id": ann})
    desk.run()
    for score in (1, 4):
        desk.produce({"type": "survey", "ticket_id": ann, "score": score, "comment": "so"})
        desk.run()
    analysis = call(desk, "calculate_satisfaction_score", ticket_id=ann)["satisfaction_analysis"]
    assert analysis["ratings"] == [4]
    (row,) = desk.query(
        "SELECT satisfaction_history, satisfaction_score FROM v1_customers"
        " WHERE customer_id = 'ann'"
    )
    assert row == {"satisfaction_history": [4], "satisfaction_score": analysis["current_score"]}
    (daily,) = desk.query(
        "SELECT sum(satisfaction_sum) AS given, sum(satisfaction_count) AS n FROM v1_daily"
    )
    assert daily == {"given": 4, "n": 1}
    (metric,) = desk.query(
        "SELECT value FROM v1_metrics WHERE metric = 'customer_satisfaction'"
        " AND period = 'all' AND segment = 'all'"
    )
    assert metric["value"] == 4
    told = [r.event.model_dump()["score"] for r in desk.events(type="SurveyAnswered")]
    assert told == [1, 4]


def test_a_lifetime_value_alone_can_be_judged(empty: Desk) -> None:
    at = call(empty, "identify_vip_status", lifetime_value=10000)["vip_analysis"]
    above = call(empty, "identify_vip_status", lifetime_value=10000.01)["vip_analysis"]
    assert (at["is_vip"], above["is_vip"]) == (False, True)
    assert at["threshold"] == 10000


def test_a_vip_is_known_by_customer_and_by_ticket(desk: Desk, ann: str, ben: str) -> None:
    vip = call(desk, "identify_vip_status", ticket_id=ann)["vip_analysis"]
    assert (vip["customer_id"], vip["is_vip"], vip["account_manager"]) == ("ann", True, "mia")
    assert call(desk, "identify_vip_status", ticket_id=ben)["vip_analysis"]["is_vip"] is False


def test_who_was_merged_is_judged_as_who_they_are_now(desk: Desk) -> None:
    zoe = desk.pact(
        "channel.receive_message",
        {"channel": "slack", "handle": "U1", "message": "Hello, me again"},
    )["processed_message"]
    desk.produce(
        {"type": "link", "customer_id": "ann", "channel": "slack", "handle": "U1", "by": "bo"}
    )
    desk.run()
    former = zoe["customer_id"]
    assert former != "ann"
    assert call(desk, "identify_vip_status", customer_id=former)["vip_analysis"]["is_vip"] is True
    assert (
        call(desk, "get_profile", ticket_id=zoe["ticket_id"])["customer_profile"]["customer_id"]
        == "ann"
    )
    told = call(desk, "update_interaction_history", customer_id=former, interaction="She rang")
    assert told["interaction_recorded"]["customer_id"] == "ann"
    assert told["interaction_recorded"]["recorded"] is True


def test_what_is_asked_of_a_ticket_that_changed_hands_reaches_its_new_line(desk: Desk) -> None:
    zoe = desk.pact(
        "channel.receive_message",
        {"channel": "slack", "handle": "U1", "message": "Hello, me again"},
    )["processed_message"]
    desk.produce(
        {"type": "link", "customer_id": "ann", "channel": "slack", "handle": "U1", "by": "bo"}
    )
    desk.run()
    for action in ("triage.assign_priority", "channel.send_response", "notification.alert_team"):
        assert desk.pact(action, example(action, zoe["ticket_id"]))["success"] is True
