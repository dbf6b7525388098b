"""Facebook Messenger: who wrote what, what became of ours, and how a reply is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.events.decisions import ReplyRequested
from streams.channels import facebook
from streams.channels.channel import Accepted, Heard, Hook, Receipt, Rejected, Response, Unverified
from streams.channels.settings import Facebook
from streams.errors import Unreadable
from tests.providers import FACEBOOK, sent

SETTINGS = Facebook(**FACEBOOK.settings)
ANN = "6789012345678901"


def hook(body: bytes = b"") -> Hook:
    return Hook(
        "POST", "", "https://desk.example/channels/facebook", {}, {}, body, datetime.now(UTC)
    )


def asked(token: str) -> Hook:
    """Meta's handshake."""
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158"}
    return hook()._replace(method="GET", query=query)


def heard(name: str) -> Heard:
    return facebook.parse(SETTINGS, hook(sent("facebook", f"{name}.json")))


def messaging(**told: Any) -> bytes:
    about = {"sender": {"id": ANN}, "recipient": {"id": "page"}, "timestamp": 1772442000123}
    return json.dumps({"object": "page", "entry": [{"messaging": [{**about, **told}]}]}).encode()


def request(**more: Any) -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "facebook",
            "policy_version": "1",
            "channel": "facebook",
            "handle": ANN,
            "kind": "agent_reply",
            "author": "bo",
            "parts": ["We looked."],
            **more,
        }
    )


def test_a_message_says_who_wrote_what_and_when_in_answer_to_which() -> None:
    (contact,) = heard("text").inputs
    assert contact["handle"] == ANN
    assert contact["message"] == "I was charged twice for one order"
    assert contact["provider_id"] == "m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM"
    assert contact["at"] == "2026-03-02T09:00:00.123Z"
    assert contact["in_reply_to"] == "m_ours"
    assert contact["metadata"]["page"] == "1906385232743451"


def test_a_quick_reply_is_its_title() -> None:
    first, _ = heard("two_people").inputs
    assert first["message"] == "I need more help"


def written(**message: Any) -> dict[str, Any]:
    body = json.loads(sent("facebook", "text.json"))
    body["entry"][0]["messaging"][0]["message"] = {"mid": "m1", **message}
    (contact,) = facebook.parse(SETTINGS, hook(json.dumps(body).encode())).inputs
    return contact


def test_a_place_is_told_in_the_text() -> None:
    place = {"coordinates": {"lat": 37.7, "long": -122.4}}
    contact = written(attachments=[{"type": "location", "title": "My home", "payload": place}])
    assert contact["message"] == "My home (37.7, -122.4)"
    assert "attachments" not in contact


def test_goods_that_somebody_asks_about_are_named() -> None:
    lamp = {"id": "1", "retailer_id": "lamp-7", "title": "Lamp", "subtitle": "19.90 EUR"}
    template = {"type": "template", "payload": {"product": {"elements": [lamp]}}}
    contact = written(text="Is it in stock?", attachments=[template])
    assert contact["message"] == "Is it in stock?\nLamp, 19.90 EUR, lamp-7"
    assert "attachments" not in contact


def test_what_messenger_does_not_pass_on_is_a_message_that_says_so() -> None:
    contact = written(is_unsupported=True)
    assert contact["message"] == "[Messenger does not pass on what was sent here: look there]"


def test_a_button_without_a_title_says_what_it_stands_for() -> None:
    body = json.loads(sent("facebook", "text.json"))
    told = body["entry"][0]["messaging"][0]
    del told["message"]
    told["postback"] = {"payload": "START"}
    (contact,) = facebook.parse(SETTINGS, hook(json.dumps(body).encode())).inputs
    assert contact["message"] == "START"


def test_a_file_is_an_attachment_and_a_shared_page_is_told_in_the_text() -> None:
    _, second = heard("two_people").inputs
    assert second["message"] == "This is what came\nOrder (https://shop.example/1)"
    assert [(one["name"], one["media_type"], one["url"]) for one in second["attachments"]] == [
        ("image", "image/*", "https://scontent.example/broken.jpg"),
    ]


@pytest.mark.parametrize(
    ("text", "page", "said"),
    [
        ("", {"payload": {"url": "https://x.example/1"}}, "https://x.example/1"),
        ("", {"payload": None}, ""),
        (
            "see https://x.example/1",
            {"payload": {"url": "https://x.example/1", "title": "X"}},
            "see https://x.example/1",
        ),
    ],
)
def test_a_shared_page_is_told_once(text: str, page: dict[str, Any], said: str) -> None:
    contact = written(text=text, attachments=[{"type": "fallback", **page}])
    assert contact["message"] == said
    assert "attachments" not in contact


def test_what_is_shown_in_a_template_is_told_in_the_text() -> None:
    shown = {"template_type": "generic", "elements": [{"title": "Lamp", "subtitle": "Blue"}]}
    contact = written(attachments=[{"type": "template", "payload": shown}])
    assert contact["message"] == "Lamp, Blue"
    assert "attachments" not in contact


def test_an_edit_is_another_message_that_answers_the_first() -> None:
    body = json.loads(sent("facebook", "text.json"))
    told = body["entry"][0]["messaging"][0]
    del told["message"]
    told["message_edit"] = {"mid": "m1", "text": "The red one", "num_edit": 2}
    found = facebook.parse(SETTINGS, hook(json.dumps(body).encode()))
    (contact,) = found.inputs
    assert contact["message"] == "Edited: The red one"
    assert (contact["provider_id"], contact["in_reply_to"]) == ("m1:2", "m1")
    assert found.missed == []


def test_a_file_alone_has_an_empty_message() -> None:
    file = {"mid": "m1", "attachments": [{"type": "audio", "payload": {"url": "https://a"}}]}
    (contact,) = facebook.parse(SETTINGS, hook(messaging(message=file))).inputs
    assert (contact["message"], contact["attachments"][0]["url"]) == ("", "https://a")


def test_a_postback_is_its_title_and_an_echo_is_passed_over() -> None:
    (contact,) = heard("others").inputs
    assert (contact["message"], contact["provider_id"]) == ("Get started", "m_start")


def test_an_echo_of_ours_says_that_the_message_is_there_and_anothers_says_nothing() -> None:
    ours = {"mid": "m_7", "is_echo": True, "app_id": 5, "metadata": "r1", "text": "Yes"}
    found = facebook.parse(SETTINGS, hook(messaging(message=ours)))
    assert found.inputs == []
    assert found.receipts == [Receipt("sent", provider_message_id="m_7", request_id="r1")]
    del ours["metadata"]
    assert facebook.parse(SETTINGS, hook(messaging(message=ours))).receipts == []


def test_a_postback_without_an_id_has_one_of_who_pressed_when() -> None:
    body = messaging(postback={"title": "Get started", "payload": "START"})
    (contact,) = facebook.parse(SETTINGS, hook(body)).inputs
    assert contact["provider_id"] == f"{ANN}.1772442000123"


def test_deliveries_are_receipts_by_message_and_readings_up_to_a_time() -> None:
    assert heard("others").receipts == [
        Receipt("delivered", "m_ours"),
        Receipt("delivered", "m_more"),
        Receipt("delivered", handle=ANN, until=datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)),
        Receipt("read", handle=ANN, until=datetime(2026, 3, 2, 9, 0, 2, 123_000, tzinfo=UTC)),
    ]


def test_what_means_nothing_here_is_named() -> None:
    assert heard("others").missed == ["feed", "reaction", "standby"]


def test_what_is_told_of_instagram_is_named() -> None:
    found = facebook.parse(SETTINGS, hook(b'{"object": "instagram", "entry": []}'))
    assert (found.inputs, found.missed) == ([], ["instagram"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"object": "page"}',
        b"[" * 100_000,
        messaging(message={"text": "without an id"}),
        messaging(message="text"),
        messaging(message={"mid": "m1"}, timestamp=1e300),
        messaging(message={"mid": "m1"}, sender=None),
        messaging(read={}),
    ],
)
def test_a_body_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="Messenger"):
        facebook.parse(SETTINGS, hook(body))


def test_the_handshake_gives_the_challenge_back() -> None:
    told = facebook.verify(SETTINGS, asked("our token"))
    assert told is not None
    assert told.body == b"1158"


def test_a_handshake_with_another_token_is_refused() -> None:
    with pytest.raises(Unverified) as told:
        facebook.verify(SETTINGS, asked("another"))
    assert told.value.status == 403


def test_a_reply_goes_to_the_person_of_this_page() -> None:
    (sending,) = facebook.render(SETTINGS, request(), "r1")
    assert sending.url == "https://graph.facebook.com/v26.0/me/messages"
    assert sending.headers["Authorization"] == "Bearer EAAP"
    assert json.loads(sending.body) == {
        "recipient": {"id": ANN},
        "messaging_type": "RESPONSE",
        "message": {"text": "We looked.", "metadata": "r1"},
    }


def test_what_a_person_sends_late_is_tagged_so() -> None:
    (sending,) = facebook.render(SETTINGS, request(within="human_agent"), "r1")
    assert json.loads(sending.body) == {
        "recipient": {"id": ANN},
        "messaging_type": "MESSAGE_TAG",
        "tag": "HUMAN_AGENT",
        "message": {"text": "We looked.", "metadata": "r1"},
    }


def test_buttons_are_quick_replies_of_the_last_part() -> None:
    long = "I need more help from a person"
    sendings = facebook.render(SETTINGS, request(parts=["One", "Two"], buttons=[long]), "r1")
    first, last = (json.loads(one.body)["message"] for one in sendings)
    assert first == {"text": "One", "metadata": "r1.0"}
    assert last["quick_replies"] == [
        {"content_type": "text", "title": "I need more help fro", "payload": long}
    ]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"recipient_id": "1", "message_id": "m_new"}', Accepted("m_new")),
        (400, b'{"error": {"message": "Outside", "code": 10, "error_subcode": 2018278}}',
         Rejected("Outside (10, 2018278)", final=True)),
        (400, b'{"error": {"message": "Rate", "code": 613}}', Rejected("Rate (613)", final=False)),
        (400, b'{"error": {"message": "App", "code": 4}}', Rejected("App (4)", final=False)),
        (400, b'{"error": {"message": "Page", "code": 32}}', Rejected("Page (32)", final=False)),
        (429, b"", Rejected("HTTP 429 ()", final=False)),
        (502, b"oops", Rejected("HTTP 502 ()", final=False)),
        (401, b'{"error": {"message": "Expired", "code": 190}}',
         Rejected("Expired (190)", final=False)),
        (500, b'{"error": {"message": "Send message failure. Internal error", "code": -1}}',
         Rejected("Send message failure. Internal error (-1)", final=False)),
    ],
)  # fmt: skip
def test_what_the_answer_to_a_message_means(
    status: int, body: bytes, expected: Accepted | Rejected
) -> None:
    assert facebook.outcome(SETTINGS, Response(status, {}, body)) == expected
