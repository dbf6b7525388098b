from __future__ import annotations

from typing import Any

import pytest

from streams.desk import Desk
from tests.pact_world import CHARGED, FORGOT


def call(desk: Desk, action: str, **params: Any) -> dict[str, Any]:
    return desk.pact(f"channel.{action}", params)


def test_a_message_opens_a_ticket_and_says_what_was_understood(desk: Desk) -> None:
    result = call(
        desk,
        "receive_message",
        channel="email",
        handle="zoe@x.org",
        content=CHARGED,
        subject="Money",
    )
    processed = result["processed_message"]
    (ticket,) = desk.query("SELECT * FROM v1_tickets WHERE ticket_id = ?", [processed["ticket_id"]])
    assert processed["is_new_ticket"] is True
    for name in ("status", "priority", "category", "customer_id", "channel"):
        assert processed[name] == ticket[name]
    assert processed["language"] == "en"
    assert 0 <= processed["sentiment_score"] <= 1
    assert processed["word_count"] == len(CHARGED.split())
    assert processed["has_attachments"] is False
    assert processed["processing_timestamp"] == "2026-03-02T09:00:00.000Z"
    assert processed["contact_id"] == result["record_ids"][0]


def test_a_further_message_says_which_ticket_it_joined(desk: Desk, ann: str) -> None:
    processed = call(
        desk,
        "receive_message",
        channel="email",
        customer_id="ann",
        message="Any news about the double charge for order #4711?",
    )["processed_message"]
    assert processed["ticket_id"] == ann
    assert processed["is_new_ticket"] is False


def test_a_rejected_message_has_no_ticket_and_says_why(desk: Desk) -> None:
    processed = call(desk, "receive_message", channel="email", handle="z@x.org", message=" ")
    assert processed["processed_message"]["status"] == "rejected"
    assert processed["processed_message"]["reasons"] == ["empty"]
    assert processed["processed_message"]["ticket_id"] is None
    assert processed["processed_message"]["sentiment_score"] is None


def test_the_same_provider_id_with_another_text_is_a_conflict(desk: Desk) -> None:
    contact = {"channel": "email", "handle": "z@x.org", "provider_id": "p1"}
    first = call(desk, "receive_message", **contact, message="One")
    assert call(desk, "receive_message", **contact, message="One") == first
    result = call(desk, "receive_message", **contact, message="Two")
    assert result["success"] is False
    assert "another message" in result["error"]
    (letter,) = desk.query("SELECT error FROM v1_dead_letters")
    assert "another message" in letter["error"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"channel": "fax"}, "channel"),
        ({"at": "2026-03-02T08:00:00"}, "at"),
        ({"attachments": [{"name": "x"}]}, "attachments.0"),
        ({"message": "a\x00b"}, "message"),
        ({"handle": None, "customer_id": None}, "customer_id or handle"),
    ],
)
def test_a_contact_that_breaks_the_contract_is_refused(
    wrong: dict[str, Any], named: str, desk: Desk
) -> None:
    before = desk.log.last_seq()
    contact = {"channel": "email", "handle": "z@x.org", "message": "Hi"}
    result = call(desk, "receive_message", **{**contact, **wrong})
    assert result["success"] is False
    assert named in result["error"]
    assert desk.log.last_seq() == before


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("slack", "*Hello* <https://example.org|there>"),
        ("whatsapp", "*Hello* there: https://example.org"),
        ("phone", "Hello there: https://example.org"),
        ("discord", "**Hello** [there](https://example.org)"),
    ],
)
def test_a_text_is_marked_up_as_the_platform_takes_it(
    channel: str, shown: str, empty: Desk
) -> None:
    text = "**Hello** [there](https://example.org)"
    result = call(empty, "format_for_platform", channel=channel, content=text)
    assert result["formatted_content"] == shown
    assert result["parts"] == [shown]


def test_a_long_text_comes_in_parts_within_the_limit(empty: Desk) -> None:
    result = call(empty, "format_for_platform", platform="discord", text="word " * 2000)
    assert len(result["parts"]) > 1
    assert all(len(part) <= result["limit"] for part in result["parts"])
    assert result["formatted_content"] == "\n\n".join(result["parts"])


def test_a_reply_goes_to_the_customer_and_says_how_far_it_came(desk: Desk, ann: str) -> None:
    result = call(desk, "send_response", ticket_id=ann, content="Paid back.", agent_id="bo")
    (row,) = desk.query(
        "SELECT * FROM v1_interactions WHERE interaction_id = ?", [result["message_id"]]
    )
    assert row["message_content"] == "Paid back."
    assert row["agent_id"] == "bo"
    assert result["delivery_status"] == row["delivery"] == "sent"
    assert result["channel"] == "email"


def test_a_reply_that_a_rule_refuses_fails_with_reason_and_remedy(desk: Desk, ann: str) -> None:
    call_params = {"ticket_id": ann, "text": "Hello"}
    nowhere = call(desk, "send_response", **call_params, channel="slack")
    assert nowhere["success"] is False
    assert nowhere["reason"] == "no_address"
    assert nowhere["remedy"] in nowhere["error"] or "address on slack" in nowhere["error"]
    assert [r.type for r in desk.events() if r.id in nowhere["record_ids"]] == [
        "ReplyWritten",
        "IntentRefused",
    ]
    silent = call(desk, "send_response", ticket_id=ann, text="  ")
    assert silent["reason"] == "empty_text"


def test_validation_warns_of_what_is_odd_but_valid(empty: Desk) -> None:
    photo = {"name": "a.png", "media_type": "image/png", "size": 3}
    result = call(empty, "validate_message", message="", attachments=[photo])
    assert result["validation"] == {
        "is_valid": True,
        "issues": [],
        "warnings": ["attachments_only"],
    }
    assert call(empty, "validate_message", content=FORGOT)["validation"]["is_valid"] is True
