"""X: who wrote what, what became of ours, and how a reply is sent."""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import quote, unquote

import pytest

from schemas.events.decisions import ReplyRequested
from streams.channels import twitter
from streams.channels.channel import (
    Accepted,
    Heard,
    Hook,
    Receipt,
    Rejected,
    Response,
    Sending,
    Sent,
    Unverified,
)
from streams.channels.settings import Twitter
from streams.errors import Unreadable
from tests.providers import TWITTER, sent

SETTINGS = Twitter(**TWITTER.settings)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def hook(body: bytes = b"") -> Hook:
    return Hook("POST", "", "https://desk.example/channels/twitter", {}, {}, body, AT)


def challenged(token: str | None) -> Hook:
    query = {} if token is None else {"crc_token": token}
    return hook()._replace(method="GET", query=query)


def heard(name: str) -> Heard:
    return twitter.parse(SETTINGS, hook(sent("twitter", f"{name}.json")))


def active(kind: str, payload: object) -> Heard:
    told = {"event_uuid": "1", "filter": {"user_id": "4337869213"}, "event_type": kind}
    return twitter.parse(
        SETTINGS, hook(json.dumps({"data": {**told, "payload": payload}}).encode())
    )


def request(**more: Any) -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "twitter",
            "policy_version": "1",
            "channel": "twitter",
            "handle": "3001969357",
            "kind": "agent_reply",
            "author": "bo",
            "parts": ["We looked."],
            **more,
        }
    )


def test_a_challenge_is_answered_with_its_signature() -> None:
    told = twitter.verify(SETTINGS, challenged("9b4507b3-9040-4669-9ca3-6b94edb50553"))
    assert told is not None
    assert told.media == "application/json"
    assert json.loads(told.body) == {
        "response_token": "sha256=RXCNwI/JOHs1hfojpGXMgllPtvrnVtpj7MtRIneMIJE="
    }


@pytest.mark.parametrize("token", [None, "", '{"for_user_id": "1"}'])
def test_nothing_that_could_be_a_body_is_signed_for_who_asks(token: str | None) -> None:
    with pytest.raises(Unverified) as told:
        twitter.verify(SETTINGS, challenged(token))
    assert told.value.status == 403


@pytest.mark.parametrize("name", ["received", "legacy"])
def test_both_shapes_say_who_wrote_what_and_when(name: str) -> None:
    (contact,) = heard(name).inputs
    assert contact["handle"] == "3001969357"
    assert contact["message"] == "I was charged twice for one order"
    assert contact["provider_id"] == "954491830116155396"
    assert contact["at"] == "2026-03-02T09:00:00.123Z"
    assert contact["metadata"]["name"] == "Ann Archer"
    assert contact["metadata"]["username"] == "annarcher"
    assert heard(name).missed == []


def test_what_we_wrote_is_passed_over() -> None:
    assert [one["handle"] for one in heard("two_people").inputs] == ["3001969357", "1111169357"]


def test_an_image_is_an_attachment() -> None:
    _, second = heard("two_people").inputs
    (attachment,) = second["attachments"]
    assert attachment["url"] == "https://ton.twitter.com/1.1/ton/data/dm/954/broken.jpg"
    assert attachment["media_type"] == "image/*"


def test_what_they_read_is_a_receipt_and_what_we_read_is_none() -> None:
    found = heard("read")
    assert found.receipts == [Receipt("read", "954491830116155500")]
    assert (found.inputs, found.missed) == ([], [])


def test_reading_is_told_in_the_other_shape_too() -> None:
    payload = json.loads(sent("twitter", "read.json"))
    assert active("dm.read", payload).receipts == [Receipt("read", "954491830116155500")]


def test_what_is_encrypted_is_named() -> None:
    found = active("chat.received", {"encoded_event": "c2VjcmV0"})
    assert found.inputs == []
    assert found.missed == ["chat.received: X Chat is encrypted, answer it in X itself"]


@pytest.mark.parametrize(
    ("kind", "missed"),
    [("dm.sent", []), ("dm.indicate_typing", []), ("post.mention.create", ["post.mention.create"])],
)
def test_what_is_no_message_to_us_is_passed_over(kind: str, missed: list[str]) -> None:
    payload = json.loads(sent("twitter", "received.json"))["data"]["payload"]
    found = active(kind, payload)
    assert (found.inputs, found.receipts, found.missed) == ([], [], missed)


def test_other_events_of_an_account_are_named() -> None:
    body = b'{"for_user_id": "1", "tweet_create_events": [], "user_has_blocked": false}'
    assert twitter.parse(SETTINGS, hook(body)).missed == ["tweet_create_events"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"data": []}',
        b'{"data": {"event_type": "dm.received"}}',
        b'{"data": {"event_type": "dm.received", "filter": {"user_id": "1"}, "payload": {}}}',
        b'{"for_user_id": "1", "direct_message_events": [{}]}',
        b'{"for_user_id": "1", "direct_message_mark_read_events": [{"sender_id": "2"}]}',
    ],
)
def test_a_body_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="notification of X"):
        twitter.parse(SETTINGS, hook(body))


def test_a_reply_is_a_message_to_the_person_for_each_part() -> None:
    sendings = twitter.render(SETTINGS, request(parts=["One", "Two"]), "r1")
    to = "https://api.x.com/2/dm_conversations/with/3001969357/messages"
    assert [(one.method, one.url) for one in sendings] == [("POST", to), ("POST", to)]
    assert [json.loads(one.body) for one in sendings] == [{"text": "One"}, {"text": "Two"}]


def test_a_handle_stays_within_its_part_of_the_address() -> None:
    (sending,) = twitter.render(SETTINGS, request(handle="../1?a=b"), "r1")
    assert sending.url.endswith("/with/..%2F1%3Fa%3Db/messages")


def authorization(sending: Sending) -> dict[str, str]:
    """What a request is authorised with, by name."""
    found = re.findall(r'(\w+)="([^"]*)"', sending.headers["Authorization"])
    return {name: unquote(value) for name, value in found}


def test_a_reply_is_signed_by_app_and_account_when_it_goes_out() -> None:
    (sending,) = twitter.render(SETTINGS, request(), "r1")
    stamped = twitter.stamp(SETTINGS, sending, AT)
    assert stamped._replace(headers=sending.headers) == sending
    told = authorization(stamped)
    given = told.pop("oauth_signature")
    assert told["oauth_consumer_key"] == "app"
    assert told["oauth_token"].partition("-")[0] == "4337869213"
    assert told["oauth_timestamp"] == "1772442000"
    named = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(told.items()))
    base = "&".join(quote(part, safe="") for part in ("POST", sending.url, named))
    key = b"x%20consumer%20secret&x%20access%20secret"
    assert b64decode(given) == hmac.new(key, base.encode(), sha1).digest()


def test_no_two_messages_and_no_two_attempts_have_one_nonce() -> None:
    first, second = twitter.render(SETTINGS, request(parts=["One", "Two"]), "r1")
    later = AT + timedelta(milliseconds=1)
    nonces = {
        authorization(one)["oauth_nonce"]
        for one in (
            twitter.stamp(SETTINGS, first, AT),
            twitter.stamp(SETTINGS, second, AT),
            twitter.stamp(SETTINGS, first, later),
        )
    }
    assert len(nonces) == 3
    assert twitter.stamp(SETTINGS, first, AT) == twitter.stamp(SETTINGS, first, AT)


RESET = {"date": "Mon, 02 Mar 2026 09:00:00 GMT", "x-rate-limit-reset": "1772442090"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (201, {}, b'{"data": {"dm_conversation_id": "1-2", "dm_event_id": "95"}}', Accepted("95")),
        (429, RESET, b'{"title": "Too Many Requests", "status": 429}',
         Rejected("Too Many Requests (429)", final=False, retry_after=90.0)),
        (429, RESET | {"x-rate-limit-reset": "9" * 400}, b"",
         Rejected("X says nothing (429)", final=False)),
        (429, {"x-rate-limit-reset": "1772442090"}, b"",
         Rejected("X says nothing (429)", final=False)),
        (503, {}, b"oops", Rejected("X says nothing (503)", final=False, unsure=True)),
        (403, {}, b'{"title": "Forbidden", "detail": "You cannot write to them"}',
         Rejected("You cannot write to them (403)", final=True)),
    ],
)  # fmt: skip
def test_what_the_answer_to_a_message_means(
    status: int, headers: dict[str, str], body: bytes, expected: Accepted | Rejected
) -> None:
    assert twitter.outcome(SETTINGS, Response(status, headers, body)) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "is_there"),
    [
        ("Rate R&D: https://desk.example/s/1", "Rate R&amp;D: https://t.co/s1", True),
        ("We looked.", "We looked.", True),
        ("We looked.", "We did not look.", False),
    ],
)
def test_a_message_of_ours_is_found_as_x_gives_it_back(
    ours: str, theirs: str, *, is_there: bool
) -> None:
    event = {
        "id": "77",
        "text": theirs,
        "sender_id": "4337869213",
        "created_at": (AT + timedelta(seconds=1)).isoformat(),
    }
    answer = Response(200, {}, json.dumps({"data": [event]}).encode())
    assert twitter.CHANNEL.look_up is not None
    found = twitter.CHANNEL.look_up.found(
        SETTINGS, Sent(request(parts=[ours]), ours, "r1", AT), answer
    )
    assert found == (Accepted("77") if is_there else None)
