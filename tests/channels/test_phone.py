"""Phone and SMS: who said or wrote what, what became of ours, and how a reply is sent."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

import pytest
from twilio.request_validator import RequestValidator

from schemas.events.decisions import ReplyRequested
from streams.channels import phone
from streams.channels.channel import (
    Accepted,
    Heard,
    Hook,
    Receipt,
    Rejected,
    Response,
    Sent,
    Unverified,
)
from streams.channels.settings import Phone
from streams.errors import Unreadable
from tests.providers import PHONE, sent

SETTINGS = Phone(**PHONE.settings)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RECORDING = "RE3870404ced4e9b8e3c5f1f9bd7a2cf12"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def hook(
    path: str,
    body: bytes = b"",
    query: dict[str, str] | None = None,
    *,
    url: str | None = None,
    headers: dict[str, str] | None = None,
) -> Hook:
    address = url or f"https://desk.example/channels/phone/{path}"
    return Hook("POST", path, address, query or {}, headers or {}, body, AT)


def heard(path: str, name: str, **query: str) -> Heard:
    return phone.parse(SETTINGS, hook(path, sent("phone", f"{name}.txt"), query))


def changed(name: str, **fields: str) -> bytes:
    return urlencode(
        {**dict(parse_qsl(sent("phone", f"{name}.txt").decode(), keep_blank_values=True)), **fields}
    ).encode()


def twiml(found: Heard) -> ET.Element:
    assert found.told.media == "text/xml"
    return ET.fromstring(found.told.body)  # noqa: S314  # our own


def request(**more: Any) -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "phone",
            "policy_version": "1",
            "channel": "phone",
            "handle": "+14017122661",
            "kind": "agent_reply",
            "author": "bo",
            "parts": ["We looked."],
            **more,
        }
    )


def signature(url: str, form: dict[str, str]) -> str:
    return str(RequestValidator("twilio auth token").compute_signature(url, form))


@pytest.mark.parametrize("signed_with", ["", ":443"])
@pytest.mark.parametrize("called_with", ["", ":443"])
def test_an_address_may_be_signed_with_its_port_or_without(
    signed_with: str, called_with: str
) -> None:
    form = {"Body": "Hello", "From": "+14017122661"}
    given = signature(f"https://desk.example{signed_with}/channels/phone/sms?a=b", form)
    one = hook(
        "sms",
        urlencode(form).encode(),
        url=f"https://desk.example{called_with}/channels/phone/sms?a=b",
        headers={"x-twilio-signature": given, **FORM},
    )
    assert phone.verify(SETTINGS, one) is None


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://desk.example/channels/phone/voice", {"Body": "Hello"}),
        ("http://desk.example/channels/phone/sms", {"Body": "Hello"}),
        ("https://desk.example/channels/phone/sms", {"Body": "Goodbye"}),
    ],
)
def test_another_address_or_form_is_not_signed(url: str, form: dict[str, str]) -> None:
    given = signature("https://desk.example/channels/phone/sms", {"Body": "Hello"})
    headers = {"x-twilio-signature": given, **FORM}
    with pytest.raises(Unverified, match="auth_token"):
        phone.verify(SETTINGS, hook("sms", urlencode(form).encode(), url=url, headers=headers))


def test_an_address_with_another_port_is_not_signed() -> None:
    given = signature("https://desk.example:8443/channels/phone/sms", {})
    with pytest.raises(Unverified, match="auth_token"):
        phone.verify(SETTINGS, hook("sms", headers={"x-twilio-signature": given, **FORM}))


def test_a_parameter_that_comes_twice_is_signed_with_both_values() -> None:
    class Several(dict[str, list[str]]):
        def getall(self, name: str) -> list[str]:
            return self[name]

    form = Several(b=["2", "1", "2"], a=[""])
    given = RequestValidator("twilio auth token").compute_signature("https://desk.example/x", form)
    headers = {"x-twilio-signature": given, **FORM}
    one = hook("sms", b"b=2&a=&b=1&b=2", url="https://desk.example/x", headers=headers)
    assert phone.verify(SETTINGS, one) is None


def test_a_body_that_is_no_form_is_held_to_the_digest_in_the_address() -> None:
    digest = sha256(b'{"a": 1}').hexdigest()
    url = f"https://desk.example/channels/phone/status?bodySHA256={digest}"
    headers = {"x-twilio-signature": signature(url, {}), "content-type": "application/json"}
    right, wrong = (
        hook("status", body, {"bodySHA256": digest}, url=url, headers=headers)
        for body in (b'{"a": 1}', b'{"a": 2}')
    )
    assert phone.verify(SETTINGS, right) is None
    with pytest.raises(Unverified, match="bodySHA256"):
        phone.verify(SETTINGS, wrong)


def test_a_body_that_is_no_form_is_refused_without_a_digest() -> None:
    url = "https://desk.example/channels/phone/sms"
    headers = {"x-twilio-signature": signature(url, {}), "content-type": "application/json"}
    with pytest.raises(Unverified):
        phone.verify(SETTINGS, hook("sms", b'{"a": 1}', headers=headers))


def test_a_message_says_who_wrote_what_and_is_answered_with_nothing() -> None:
    found = heard("sms", "sms")
    (contact,) = found.inputs
    assert contact["handle"] == "+14017122661"
    assert contact["message"] == "I was charged twice & want it back: 20 € + fees"
    assert contact["provider_id"] == "SM1f0e8ae6ade43cb3c0ce4525424e404f"
    assert contact["at"] == "2026-03-02T09:00:00.000Z"
    assert "attachments" not in contact
    assert [*twiml(found)] == []


def test_media_are_attachments() -> None:
    (contact,) = heard("sms", "media").inputs
    assert contact["message"] == ""
    assert [(one["media_type"], one["url"]) for one in contact["attachments"]] == [
        ("image/jpeg", "https://api.twilio.com/media/ME0"),
        ("application/pdf", "https://api.twilio.com/media/ME1"),
    ]


@pytest.mark.parametrize(
    ("fields", "consent"),
    [
        ({"Body": " stop "}, "STOP"),
        ({"Body": "Unsubscribe"}, "STOP"),
        ({"Body": "START"}, "START"),
        ({"Body": "arret", "OptOutType": "STOP"}, "STOP"),
        ({"Body": "please stop charging me"}, None),
    ],
)
def test_words_that_end_and_begin_messages_are_contacts_and_named(
    fields: dict[str, str], consent: str | None
) -> None:
    (contact,) = phone.parse(SETTINGS, hook("sms", changed("sms", **fields))).inputs
    assert contact["message"] == fields["Body"]
    assert contact["metadata"].get("consent") == consent


def test_a_call_is_greeted_and_recorded_and_no_contact() -> None:
    found = heard("voice", "call")
    assert found.inputs == []
    say, record = twiml(found)
    assert say.text == f"{SETTINGS.greeting} {SETTINGS.consent}"
    assert record.attrib == {
        "maxLength": "120",
        "action": "https://desk.example/channels/phone/recording",
        "transcribe": "true",
        "transcribeCallback": "https://desk.example/channels/phone/transcription",
    }


def test_what_is_said_to_callers_may_hold_any_character() -> None:
    settings = SETTINGS.model_copy(update={"greeting": "<Ann & Bo>", "consent": ""})
    say, _ = twiml(phone.parse(settings, hook("voice", sent("phone", "call.txt"))))
    assert say.text == "<Ann & Bo>"


def test_a_recording_is_one_contact_when_it_is_transcribed() -> None:
    recorded = heard("recording", "recording")
    assert recorded.inputs == []
    assert [one.tag for one in twiml(recorded)] == ["Hangup"]
    (contact,) = heard("transcription", "transcription").inputs
    assert contact["handle"] == "+14017122661"
    assert contact["message"] == "I was charged twice for one order."
    assert contact["provider_id"] == RECORDING
    assert contact["attachments"][0]["url"].endswith(RECORDING)


def test_a_recording_whose_transcription_failed_is_an_attachment() -> None:
    body = changed("transcription", TranscriptionStatus="failed", TranscriptionText="")
    (contact,) = phone.parse(SETTINGS, hook("transcription", body)).inputs
    assert (contact["message"], len(contact["attachments"])) == ("", 1)


@pytest.mark.parametrize(("seconds", "contacts"), [("1", 1), ("2", 1), ("3", 0)])
def test_a_recording_too_short_to_be_transcribed_comes_in_by_itself(
    seconds: str, contacts: int
) -> None:
    body = changed("recording", RecordingDuration=seconds)
    found = phone.parse(SETTINGS, hook("recording", body))
    assert [one["provider_id"] for one in found.inputs] == [RECORDING] * contacts


@pytest.mark.parametrize("hidden", ["anonymous", "+266696687", ""])
def test_who_hides_the_number_is_known_by_the_call(hidden: str) -> None:
    (contact,) = phone.parse(
        SETTINGS, hook("transcription", changed("transcription", From=hidden))
    ).inputs
    assert contact["handle"] == "CA7f4a2ad9f8ac5cba8e9a2a1a3a70be04"


def test_the_status_of_a_call_is_named_and_nothing_else() -> None:
    found = heard("status", "completed")
    assert (found.inputs, found.receipts) == ([], [])
    assert found.missed == ["the call CA7f4a2ad9f8ac5cba8e9a2a1a3a70be04 is completed"]


def test_the_status_of_a_message_is_a_receipt_with_our_own_id() -> None:
    assert heard("status", "undelivered", request="r1").receipts == [
        Receipt("failed", "SMours", "r1", "undelivered (30006)")
    ]


@pytest.mark.parametrize(
    ("status", "states"),
    [("queued", []), ("sent", ["sent"]), ("delivered", ["delivered"]), ("read", ["read"])],
)
def test_a_message_moves_on_when_it_left_or_reached_somebody(
    status: str, states: list[str]
) -> None:
    body = urlencode({"MessageSid": "SMours", "MessageStatus": status}).encode()
    found = phone.parse(SETTINGS, hook("status", body))
    assert [one.state for one in found.receipts] == states


@pytest.mark.parametrize("path", phone.CHANNEL.paths)
@pytest.mark.parametrize("body", [b"", b"{}", b"Body=Hello", b"\xff=\xfe"])
def test_a_form_without_what_its_address_is_for_is_unreadable(path: str, body: bytes) -> None:
    with pytest.raises(Unreadable, match="Twilio"):
        phone.parse(SETTINGS, hook(path, body))


def test_a_reply_is_a_message_whose_status_comes_back_with_our_id() -> None:
    (sending,) = phone.render(SETTINGS, request(), "r1")
    account = "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef"
    assert sending.url == f"{account}/Messages.json"
    kind, _, given = sending.headers["Authorization"].partition(" ")
    assert (kind, base64.b64decode(given)) == ("Basic", b"AC0123456789abcdef:twilio auth token")
    assert dict(parse_qsl(sending.body.decode())) == {
        "To": "+14017122661",
        "From": "+15557122661",
        "Body": "We looked.",
        "StatusCallback": "https://desk.example/channels/phone/status?request=r1",
    }


def test_who_writes_by_another_network_of_twilio_s_is_answered_there() -> None:
    theirs = request(handle="whatsapp:+14017122661")
    (sending,) = phone.render(SETTINGS, theirs, "r1")
    form = dict(parse_qsl(sending.body.decode()))
    assert (form["To"], form["From"]) == ("whatsapp:+14017122661", "whatsapp:+15557122661")
    look_up = phone.CHANNEL.look_up
    assert look_up is not None
    asked = look_up.ask(SETTINGS, Sent(theirs, "We looked.", "r1", datetime.now(UTC)))
    assert "From=whatsapp%3A%2B15557122661" in asked.url


def test_a_place_is_told_in_the_text() -> None:
    place = {"Latitude": "52.5", "Longitude": "13.4", "Label": "Home", "Address": "Mill Lane 1"}
    for body, message in (("", ""), ("I am here", "I am here\n")):
        (contact,) = phone.parse(SETTINGS, hook("sms", changed("sms", Body=body, **place))).inputs
        assert contact["message"] == f"{message}Home Mill Lane 1 (52.5, 13.4)"


def test_each_part_of_a_reply_is_a_message_with_an_id_of_its_own() -> None:
    forms = [
        dict(parse_qsl(one.body.decode()))
        for one in phone.render(SETTINGS, request(parts=["One", "Two"]), "r1")
    ]
    assert [one["Body"] for one in forms] == ["One", "Two"]
    assert [one["StatusCallback"].rpartition("=")[2] for one in forms] == ["r1.0", "r1"]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (201, b'{"sid": "SMnew", "status": "queued", "error_code": null}', Accepted("SMnew")),
        (400, b'{"code": 21610, "message": "Unsubscribed", "status": 400}',
         Rejected("Unsubscribed (21610)", final=True)),
        (400, b'{"code": 20429, "message": "Too many requests", "status": 429}',
         Rejected("Too many requests (20429)", final=False)),
        (429, b"", Rejected("HTTP 429 (None)", final=False)),
        (503, b"oops", Rejected("HTTP 503 (None)", final=False, unsure=True)),
        (401, b'{"code": 20003, "message": "Authenticate"}',
         Rejected("Authenticate (20003)", final=True)),
    ],
)  # fmt: skip
def test_what_the_answer_to_a_message_means(
    status: int, body: bytes, expected: Accepted | Rejected
) -> None:
    assert phone.outcome(SETTINGS, Response(status, {}, body)) == expected


def test_it_says_for_how_long_to_wait() -> None:
    told = phone.outcome(SETTINGS, Response(429, {"retry-after": "7"}, b""))
    assert told == Rejected("HTTP 429 (None)", final=False, retry_after=7.0)
