from __future__ import annotations

from typing import Any

import pytest

import pactdesk
from streams.desk import Desk


def call(desk: Desk, action: str, **params: Any) -> dict[str, Any]:
    return desk.pact(f"notification.{action}", params)


def message(desk: Desk, message_id: str) -> dict[str, Any]:
    (row,) = desk.query("SELECT * FROM v1_interactions WHERE interaction_id = ?", [message_id])
    return row


def test_a_confirmation_tells_the_customer_their_reference(desk: Desk, ann: str) -> None:
    sent = call(desk, "send_confirmation", ticket_id=ann)["confirmation_sent"]
    row = message(desk, sent["message_id"])
    assert ann in sent["text"]
    assert row["message_content"] == sent["text"]
    assert sent["channel"] == "email"
    assert sent["delivery_status"] == row["delivery"] == "sent"


def test_a_follow_up_is_planned_for_the_time_that_is_asked(desk: Desk, ann: str) -> None:
    planned = call(
        desk, "schedule_follow_up", ticket_id=ann, follow_up_time="2026-03-04T10:00:00+01:00"
    )["follow_up_scheduled"]
    (row,) = desk.query(
        "SELECT * FROM v1_follow_ups WHERE follow_up_id = ?", [planned["follow_up_id"]]
    )
    assert planned["due_at"] == row["due_at"] == "2026-03-04T09:00:00.000Z"


def test_a_follow_up_without_a_time_is_due_after_a_day(desk: Desk, ann: str) -> None:
    planned = call(desk, "schedule_follow_up", ticket_id=ann)["follow_up_scheduled"]
    assert planned["due_at"] == "2026-03-03T09:00:00.000Z"


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("2026-03-01T09:00:00Z", "in_the_past"),
        ("2026-03-05T09:00:00", "follow_up_time"),
        ("tomorrow", "follow_up_time"),
    ],
)
def test_a_follow_up_needs_a_sound_time_to_come(when: str, told: str, desk: Desk, ann: str) -> None:
    result = call(desk, "schedule_follow_up", ticket_id=ann, follow_up_time=when)
    assert result["success"] is False
    assert told in result["error"]


def test_the_team_of_a_ticket_is_alerted(desk: Desk, ann: str) -> None:
    told = call(desk, "alert_team", ticket_id=ann, alert_type="fraud", message="Look at the card")[
        "team_alert"
    ]
    (row,) = desk.query("SELECT * FROM v1_alerts WHERE alert_id = ?", [told["alert_id"]])
    assert (told["team"], told["alert_type"], told["text"]) == (
        "money",
        "fraud",
        "Look at the card",
    )
    assert row["recipient"] == "money"
    assert row["priority"] == told["priority"]


@pytest.mark.parametrize(
    ("response_type", "kind"),
    [("follow_up", "follow_up"), ("notice", "notice"), ("status_update", "notice")],
)
def test_a_customer_is_told_of_a_change(
    response_type: str, kind: str, desk: Desk, ann: str
) -> None:
    told = call(
        desk,
        "update_customer",
        ticket_id=ann,
        message="Your refund is on its way.",
        response_type=response_type,
    )["customer_notified"]
    assert told["kind"] == kind
    row = message(desk, told["message_id"])
    assert row["message_content"] == told["text"] == "Your refund is on its way."
    assert row["direction"] == "out"


@pytest.mark.parametrize(
    "action", ["send_confirmation", "schedule_follow_up", "alert_team", "update_customer"]
)
def test_a_closed_ticket_is_left_in_peace(action: str, desk: Desk, ann: str) -> None:
    desk.produce({"type": "close", "ticket_id": ann})
    desk.run()
    result = call(desk, action, ticket_id=ann, text="Hello")
    assert result["success"] is False
    assert result["reason"] == "closed"


def test_an_empty_notice_is_refused(desk: Desk, ann: str) -> None:
    result = call(desk, "update_customer", ticket_id=ann, text=" ")
    assert result["success"] is False
    assert result["reason"] == "empty_text"


def test_the_seed_call_answers_with_failures_and_never_raises(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACTDESK_DATA", str(tmp_path / "data"))
    unknown = pactdesk.execute_pact_action("notification.sing", {})
    assert unknown["success"] is False
    assert len(unknown["supported_actions"]) == 28
    assert not (tmp_path / "data").exists()
    wrong: tuple[Any, ...] = (None, {}, [], "text", {"ticket_id": object()})
    for params in wrong:
        result = pactdesk.execute_pact_action("notification.alert_team", params)
        assert result["success"] is False
        assert result["error"]
    monkeypatch.setenv("PACTDESK_NO_SUCH_SETTING", "1")
    result = pactdesk.execute_pact_action("notification.alert_team", {"ticket_id": "T"})
    assert result["success"] is False
    assert "no_such_setting" in result["error"]
