"""What we say to Discord's Gateway, and what its words mean, without a socket."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from streams.channels.channel import Hook
from streams.channels.discord_events import GATEWAY, parse
from streams.channels.discord_gateway import (
    MINUTE,
    WORDS,
    Allowance,
    Frame,
    Session,
    address_of,
    addressed,
    begun,
    ended,
    first_beat,
    for_us,
    heartbeat,
    identify,
    let_in,
    resume,
)
from streams.channels.settings import Discord
from streams.errors import Misconfigured, Unavailable, Unreadable
from tests.discords import HELP, ME, in_a_server, judged, message

SESSION = Session("session 1", "wss://gateway.example", 7, ME)
SETTINGS = Discord(guild_channels="1 , 2")


def hook(event: object) -> Hook:
    content = json.dumps(event).encode()
    return Hook("POST", GATEWAY, "", {}, {}, content, datetime(2026, 3, 2, tzinfo=UTC))


def test_what_we_say_is_as_a_third_party_describes_it() -> None:
    judged("IdentifyCommand", identify("secret"))
    judged("ResumeCommand", resume("secret", SESSION))
    judged("HeartbeatCommand", heartbeat(SESSION))
    judged("HeartbeatCommand", heartbeat(None))
    assert resume("secret", SESSION)["d"] == {
        "token": "secret",
        "session_id": "session 1",
        "seq": 7,
    }
    assert heartbeat(SESSION)["d"] == 7


@pytest.mark.parametrize("url", ["wss://gateway.example", "wss://gateway.example/"])
def test_the_version_is_part_of_the_address(url: str) -> None:
    assert address_of(url) == "wss://gateway.example/?v=10&encoding=json"


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 4000, 4001, 4002, 4003, 4005, 4008])
def test_after_most_codes_a_session_is_resumed(code: int | None) -> None:
    assert ended(code) == "resume"


@pytest.mark.parametrize("code", [4007, 4009])
def test_after_some_there_is_nothing_to_resume(code: int) -> None:
    assert ended(code) == "anew"


@pytest.mark.parametrize(
    ("code", "told"),
    [(4004, "Reset Token"), (4010, "report it"), (4011, "2,500"), (4012, "newer"),
     (4013, "newer"), (4014, "Message Content Intent")],
)  # fmt: skip
def test_after_others_a_person_is_told_what_to_do(code: int, told: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        ended(code)
    assert told in raised.value.remedy


def ready(**more: Any) -> Frame:
    told = {
        "user": {"id": ME},
        "application": {"id": "9"},
        "session_id": "session 1",
        "resume_gateway_url": "wss://gateway.example",
    }
    return Frame(0, {**told, **more}, 1, "READY")


@pytest.mark.parametrize("application", [None, "9"])
def test_a_session_begins_with_who_we_are(application: str | None) -> None:
    assert begun(ready(), application) == Session("session 1", "wss://gateway.example", 1, ME)


def test_a_session_of_another_application_does_not_begin() -> None:
    with pytest.raises(Misconfigured, match="application 9"):
        begun(ready(), "8")


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        ({}, 0.0),
        ({"session_start_limit": {"remaining": 1, "reset_after": 5000}}, 0.0),
        ({"session_start_limit": {"remaining": 0, "reset_after": 5000}}, 5.0),
    ],
)
def test_a_session_is_begun_as_soon_as_it_may_be(limit: dict[str, Any], seconds: float) -> None:
    assert let_in(200, {"url": "wss://g", **limit}) == ("wss://g", seconds)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"message": "401: Unauthorized"}, Misconfigured),
        (429, {"retry_after": 1}, Unavailable),
        (502, {}, Unavailable),
        (200, {}, Unavailable),
    ],
)
def test_where_discord_does_not_say_where_its_gateway_is(
    status: int, body: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        let_in(status, body)


OURS = {"id": ME}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (message(1), True),
        (in_a_server(1), False),
        (in_a_server(1, channel_id="2"), True),
        (in_a_server(1, mentions=[{"id": "1"}, OURS]), True),
        (in_a_server(1, mentions=[{"id": "1"}]), False),
        (in_a_server(1, referenced_message={"author": OURS}), True),
        (in_a_server(1, referenced_message=None), False),
    ],
    ids=["direct", "elsewhere", "support", "named", "another named", "answered", "answer gone"],
)
def test_which_messages_are_for_us(said: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  # a parameter of the test's
    assert addressed(SETTINGS, ME, said) is expected


def test_without_channels_of_support_there_are_none() -> None:
    assert Discord().support_channels == frozenset()
    assert SETTINGS.support_channels == {"1", "2"}
    assert not addressed(Discord(), ME, in_a_server(1, channel_id=HELP))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (Frame(0, message(1), 2, "MESSAGE_CREATE"), True),
        (Frame(0, message(1), 2, "MESSAGE_UPDATE"), True),
        (Frame(0, {"id": "1", "channel_id": "2"}, 2, "MESSAGE_DELETE"), False),
        (Frame(0, {"user_id": "1"}, 2, "TYPING_START"), False),
        (Frame(0, in_a_server(1), 2, "MESSAGE_CREATE"), False),
        (Frame(0, {"guild_id": "1", "mentions": 7}, 2, "MESSAGE_CREATE"), True),
        (Frame(0, None, 2, "MESSAGE_CREATE"), True),
    ],
)
def test_which_events_are_taken_in(frame: Frame, expected: bool) -> None:  # noqa: FBT001  # a parameter of the test's
    assert for_us(SETTINGS, SESSION, frame) is expected


def test_an_event_is_its_message() -> None:
    (contact,) = parse(Discord(), hook({"op": 0, "t": "MESSAGE_CREATE", "d": message(1)})).inputs
    assert contact["message"] == "message 1"


def test_an_edit_is_a_message_of_its_own_in_answer_to_the_first() -> None:
    edited = message(1, edited_timestamp="2026-03-02T09:05:00.123000+00:00")
    (contact,) = parse(Discord(), hook({"t": "MESSAGE_UPDATE", "d": edited})).inputs
    first = f"{edited['channel_id']}:{edited['id']}"
    assert contact["message"] == "Edited: message 1"
    assert contact["in_reply_to"] == first
    assert contact["provider_id"] == f"{first}:1772442300123"
    assert contact["at"] == "2026-03-02T09:05:00.123Z"


@pytest.mark.parametrize(
    ("event", "missed"),
    [
        (
            {"t": "MESSAGE_UPDATE", "d": message(1)},
            "MESSAGE_UPDATE: its words are the same",
        ),
        (
            {"t": "MESSAGE_CREATE", "d": message(1, webhook_id="1")},
            "MESSAGE_CREATE: nobody wrote it",
        ),
    ],
)
def test_what_nobody_wrote_is_named_and_passed_over(event: dict[str, Any], missed: str) -> None:
    heard = parse(Discord(), hook(event))
    assert (heard.inputs, heard.missed) == ([], [missed])


@pytest.mark.parametrize("event", [[], {}, {"t": "MESSAGE_CREATE", "d": 7}, {"t": "X", "d": {}}])
def test_an_event_of_another_shape_is_unreadable(event: object) -> None:
    with pytest.raises(Unreadable, match="Discord"):
        parse(Discord(), hook(event))


def test_no_more_is_said_than_discord_listens_to() -> None:
    allowance = Allowance()
    assert [allowance.take(float(number) / WORDS) for number in range(WORDS)] == [0.0] * WORDS
    assert allowance.take(10.0) == MINUTE - 10.0
    assert allowance.take(MINUTE + 1.0) == 0.0


def test_the_first_heartbeat_is_somewhere_in_its_interval() -> None:
    beats = {first_beat(40.0) for _ in range(50)}
    assert len(beats) > 1
    assert all(0.0 <= one < 40.0 for one in beats)
