"""WhatsApp: who wrote what, what became of ours, and how a reply is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.events.decisions import ReplyRequested
from streams.channels import whatsapp
from streams.channels.channel import Accepted, Heard, Hook, Receipt, Rejected, Response, Unverified
from streams.channels.settings import WhatsApp
from streams.errors import Unreadable
from tests.providers import WHATSAPP, sent

SETTINGS = WhatsApp(**WHATSAPP.settings)


def hook(body: bytes = b"", method: str = "POST", **query: str) -> Hook:
    dotted = {name.replace("_", ".", 1): value for name, value in query.items()}
    return Hook(
        method, "", "https://desk.example/channels/whatsapp", dotted, {}, body, datetime.now(UTC)
    )


def heard(name: str) -> Heard:
    return whatsapp.parse(SETTINGS, hook(sent("whatsapp", name)))


def request(**more: Any) -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "whatsapp",
            "policy_version": "1",
            "channel": "whatsapp",
            "handle": "16505551234",
            "kind": "agent_reply",
            "author": "bo",
            "parts": ["We looked."],
            **more,
        }
    )


def bodies(request_: ReplyRequested) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in whatsapp.render(SETTINGS, request_, "r1")]


def test_a_message_says_who_wrote_what_and_when() -> None:
    (contact,) = heard("text.json").inputs
    assert contact["handle"] == "16505551234"
    assert contact["message"] == "I was charged twice for one order"
    assert contact["provider_id"].startswith("wamid.")
    assert contact["at"] == "2026-03-02T09:00:00.000Z"
    assert contact["metadata"]["name"] == "Ann Archer"


def test_somebody_without_a_phone_number_is_known_by_the_id_of_this_business() -> None:
    _, second = heard("two_people.json").inputs
    assert second["handle"] == "DE.11815799212886844830"
    assert second["metadata"]["name"] == "Ben"


def test_a_pressed_button_is_its_words_in_answer_to_our_message() -> None:
    first, _ = heard("two_people.json").inputs
    assert first["message"] == "I need more help"
    assert first["in_reply_to"] == "wamid.ours"


def test_an_image_is_its_caption_with_an_attachment() -> None:
    _, second = heard("two_people.json").inputs
    assert second["message"] == "This is what came"
    (attachment,) = second["attachments"]
    assert attachment["media_type"] == "image/jpeg"
    assert attachment["url"] == "https://graph.facebook.com/v26.0/2754859441498128"


def test_statuses_are_receipts_with_our_own_id_where_it_comes_back() -> None:
    found = heard("statuses.json")
    assert found.inputs == []
    assert found.receipts == [
        Receipt("read", "wamid.read", "REQUEST"),
        Receipt("delivered", "wamid.read", "REQUEST"),
        Receipt("failed", "wamid.lost", None, "Re-engagement message (131047)"),
    ]


def test_why_a_message_failed_is_told_with_its_details() -> None:
    body = json.loads(sent("whatsapp", "statuses.json"))
    for status in body["entry"][0]["changes"][0]["value"]["statuses"]:
        for error in status.get("errors", []):
            error["error_data"] = {"details": "more than 24 hours have passed"}
    last = whatsapp.parse(SETTINGS, hook(json.dumps(body).encode())).receipts[-1]
    assert last.error == "Re-engagement message (131047): more than 24 hours have passed"


@pytest.mark.parametrize("kind", ["reaction", "system"])
def test_what_nobody_wrote_is_no_contact(kind: str) -> None:
    body = json.loads(sent("whatsapp", "text.json"))
    body["entry"][0]["changes"][0]["value"]["messages"][0]["type"] = kind
    found = whatsapp.parse(SETTINGS, hook(json.dumps(body).encode()))
    assert (found.inputs, found.missed) == ([], [kind])


def test_a_fault_that_is_told_of_no_message_is_named() -> None:
    body = json.loads(sent("whatsapp", "text.json"))
    value = body["entry"][0]["changes"][0]["value"]
    value["errors"] = [{"code": 130429, "title": "Rate limit hit"}]
    del value["messages"]
    found = whatsapp.parse(SETTINGS, hook(json.dumps(body).encode()))
    assert (found.inputs, found.missed) == ([], ["Rate limit hit (130429)"])


def test_changes_of_another_kind_are_named_and_passed_over() -> None:
    body = json.loads(sent("whatsapp", "text.json"))
    body["entry"][0]["changes"][0]["field"] = "account_update"
    found = whatsapp.parse(SETTINGS, hook(json.dumps(body).encode()))
    assert (found.inputs, found.missed) == ([], ["account_update"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"entry": [{"changes": [{"field": "messages", "value": {"messages": [{}]}}]}]}',
        b'{"entry": [{"changes": [{"field": "messages", "value": {"contacts": [1]}}]}]}',
        b"[" * 100_000,
    ],
)
def test_a_body_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="WhatsApp"):
        whatsapp.parse(SETTINGS, hook(body))


def test_the_handshake_gives_the_challenge_back() -> None:
    asked = {"hub_mode": "subscribe", "hub_verify_token": "our token"}
    right = hook(b"", "GET", **asked, hub_challenge="1158201444")
    told = whatsapp.verify(SETTINGS, right)
    assert told is not None
    assert told.body == b"1158201444"


@pytest.mark.parametrize(
    ("mode", "token"), [("subscribe", "another"), ("subscribe", ""), ("unsubscribe", "our token")]
)
def test_a_handshake_with_another_token_is_refused(mode: str, token: str) -> None:
    wrong = hook(method="GET", hub_mode=mode, hub_verify_token=token, hub_challenge="1")
    with pytest.raises(Unverified) as told:
        whatsapp.verify(SETTINGS, wrong)
    assert told.value.status == 403


def test_a_reply_goes_to_a_number_and_carries_our_id() -> None:
    (sending,) = whatsapp.render(SETTINGS, request(in_reply_to="wamid.theirs"), "r1")
    assert sending.url == "https://graph.facebook.com/v26.0/106540352242922/messages"
    assert sending.headers["Authorization"] == "Bearer EAAG"
    assert json.loads(sending.body) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "16505551234",
        "biz_opaque_callback_data": "r1",
        "context": {"message_id": "wamid.theirs"},
        "type": "text",
        "text": {"body": "We looked.", "preview_url": False},
    }


def test_a_reply_to_who_has_no_number_goes_to_the_id_of_this_business() -> None:
    (body,) = bodies(request(handle="DE.11815799212886844830"))
    assert body["recipient"] == "DE.11815799212886844830"
    assert "to" not in body


TEMPLATE = {
    "within": "template",
    "template": "our_reply",
    "template_language": "de",
    "parts": ["We looked. All is well."],
}


def test_a_template_has_the_text_in_its_blank() -> None:
    (body,) = bodies(request(**TEMPLATE))
    assert body["type"] == "template"
    assert body["template"] == {
        "name": "our_reply",
        "language": {"code": "de"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "We looked. All is well."}],
            }
        ],
    }
    assert body["biz_opaque_callback_data"] == "r1"
    assert "text" not in body


def test_a_blank_with_a_name_is_filled_by_it() -> None:
    (body,) = bodies(request(**TEMPLATE, template_parameter="reply"))
    (component,) = body["template"]["components"]
    assert component["parameters"] == [
        {"type": "text", "text": "We looked. All is well.", "parameter_name": "reply"}
    ]


def test_each_part_fills_a_template_of_its_own() -> None:
    first, last = bodies(request(**{**TEMPLATE, "parts": ["(1/2) One", "(2/2) Two"]}))
    texts = [one["template"]["components"][0]["parameters"][0]["text"] for one in (first, last)]
    assert texts == ["(1/2) One", "(2/2) Two"]
    assert (first["biz_opaque_callback_data"], last["biz_opaque_callback_data"]) == ("r1.0", "r1")


def test_buttons_stand_on_the_last_part_and_each_part_has_its_own_id() -> None:
    first, last = bodies(request(parts=["One", "Two"], buttons=["That solved it", "More"]))
    assert (first["type"], last["type"]) == ("text", "interactive")
    assert (first["biz_opaque_callback_data"], last["biz_opaque_callback_data"]) == ("r1.0", "r1")
    titles = [one["reply"]["title"] for one in last["interactive"]["action"]["buttons"]]
    assert titles == ["That solved it", "More"]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"messages": [{"id": "wamid.new"}]}', Accepted("wamid.new")),
        (400, b'{"error": {"message": "Re-engagement", "code": 131047}}',
         Rejected("Re-engagement (131047)", final=True)),
        (400, (b'{"error": {"message": "(#131009) Not valid", "code": 131009,'
         b' "error_data": {"details": "Recipient is not a valid number"}}}'),
         Rejected("(#131009) Not valid (131009): Recipient is not a valid number",
                  final=True)),
        (400, b'{"error": {"message": "Rate limit hit", "code": 130429}}',
         Rejected("Rate limit hit (130429)", final=False)),
        (500, b"oops", Rejected("HTTP 500 (None)", final=False)),
        (401, b'{"error": {"message": "Expired", "code": 190}}',
         Rejected("Expired (190)", final=False)),
        (503, b'{"error": {"message": "Service temporarily unavailable", "code": 2}}',
         Rejected("Service temporarily unavailable (2)", final=False)),
        (500, b'{"error": {"message": "An unknown error occurred", "code": 1}}',
         Rejected("An unknown error occurred (1)", final=False)),
        (401, b'{"error": {"message": "Authentication Error", "code": 0}}',
         Rejected("Authentication Error (0)", final=False)),
    ],
)  # fmt: skip
def test_what_the_answer_to_a_message_means(
    status: int, body: bytes, expected: Accepted | Rejected
) -> None:
    assert whatsapp.outcome(SETTINGS, Response(status, {}, body)) == expected
