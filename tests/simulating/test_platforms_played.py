"""What the simulator sends is what the platforms send, by their own code and own bodies."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import pytest
from discord_interactions import verify_key
from slack_sdk.signature import Clock, SignatureVerifier
from twilio.request_validator import RequestValidator

from streams.channels.known import CHANNELS
from streams.settings import load
from streams.simulating.platforms.known import platform_of
from streams.simulating.platforms.platform import Platform, Post, Said
from streams.simulating.talk import talk
from tests.providers import DISCORDS, PROVIDERS, Provider, sent

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)

PLAYED = pytest.mark.parametrize("channel", [*CHANNELS])


def platform(channel: str) -> Platform:
    """A platform, with the settings that tests give the channel."""
    flags = {name.replace("__", "."): value for name, value in PROVIDERS[channel].flags.items()}
    return platform_of(load(flags, {})[0].channels, channel, bytes(DISCORDS).hex())


def said(messages: int = 30, seed: int = 7, **fields: Any) -> list[Said]:
    """What some people say."""
    told = {"text": None, "began": AT, "apart": timedelta(seconds=1), **fields}
    return talk(messages, 3, random.Random(seed), **told)  # noqa: S311  # no secret


def posts(channel: str) -> list[Post]:
    """Everything that a platform sends."""
    one = platform(channel)
    told = [post for each in said() for post in (*one.posts(each), *one.once_more(each))]
    return [*one.greetings(AT), *told]


class _Then(Clock):
    """Slack's clock, which stands."""

    def now(self) -> float:
        return AT.timestamp()


def is_genuine(provider: Provider, post: Post, headers: dict[str, str]) -> bool:
    """Whether the platform's own code, or the tests' own, takes a signature."""
    secrets = provider.settings
    if provider.name == "slack":
        return SignatureVerifier(secrets["signing_secret"], _Then()).is_valid_request(
            post.body, headers
        )
    if provider.name == "phone":
        form = dict(parse_qsl(post.body.decode(), keep_blank_values=True))
        return bool(
            RequestValidator(secrets["auth_token"]).validate(
                secrets["public_url"] + post.path, form, headers["X-Twilio-Signature"]
            )
        )
    if provider.name == "discord":
        return bool(
            verify_key(
                post.body,
                headers["X-Signature-Ed25519"],
                headers["X-Signature-Timestamp"],
                secrets["public_key"],
            )
        )
    signed = provider.signed("", post.body, AT)
    return headers.items() <= signed.items() and bool(headers)


@PLAYED
def test_every_signature_is_one_that_the_platforms_own_code_takes(channel: str) -> None:
    one, provider = platform(channel), PROVIDERS[channel]
    called = [post for post in posts(channel) if post.method == "POST"]
    assert len(called) >= 60
    for post in called:
        headers = dict(one.signed(post, AT))
        assert is_genuine(provider, post, headers) is not post.forged
        changed = post._replace(body=post.body[:-2] + b"?}")
        assert not is_genuine(provider, changed, headers)


@PLAYED
def test_only_signatures_that_have_a_time_differ_by_it(channel: str) -> None:
    one = platform(channel)
    post = one.posts(said()[0])[0]
    later = AT + timedelta(seconds=1)
    assert (one.signed(post, AT) != one.signed(post, later)) is one.timed
    assert one.timed is PROVIDERS[channel].timed


RECORDED = {
    "message": ("slack", "message.json"),
    "app_mention": ("slack", "app_mention.json"),
    "button": ("slack", "block_actions.json"),
    "dm.received": ("twitter", "received.json"),
    "direct_message_events": ("twitter", "legacy.json"),
    "command": ("discord", "command.json"),
    "sms": ("phone", "sms.txt"),
    "voice": ("phone", "call.txt"),
    "recording": ("phone", "recording.txt"),
    "transcription": ("phone", "transcription.txt"),
}
"""Bodies as the platforms send them, by what they are."""

BY_CHANNEL = {
    ("whatsapp", "message"): ("whatsapp", "text.json"),
    ("facebook", "message"): ("facebook", "text.json"),
}


def document(body: bytes) -> Any:
    """A body, read."""
    try:
        return json.loads(body)
    except ValueError:
        form = parse_qs(body.decode(), keep_blank_values=True)
        return json.loads(form["payload"][0]) if "payload" in form else form


def places(told: Any, path: str = "") -> Iterable[str]:
    """Where in a document there is something; people's ids in the path are one."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield from places(value, f"{path}.{'*' if name.isdigit() else name}")
    elif isinstance(told, list):
        for value in told:
            yield from places(value, f"{path}[]")
    else:
        yield path


@PLAYED
def test_bodies_have_nothing_that_the_platforms_own_bodies_do_not_have(channel: str) -> None:
    compared = set()
    for post in posts(channel):
        recorded = BY_CHANNEL.get((channel, post.what), RECORDED.get(post.what))
        if recorded is None or recorded[0] != channel:
            continue
        compared.add(post.what)
        extra = {*places(document(post.body))} - {*places(document(sent(*recorded)))}
        assert extra == set(), post.what
    assert (
        compared
        == {
            "slack": {"message", "app_mention", "button"},
            "whatsapp": {"message"},
            "phone": {"sms", "voice", "recording", "transcription"},
            "twitter": {"dm.received", "direct_message_events"},
            "facebook": {"message"},
            "discord": {"command"},
        }[channel]
    )


@PLAYED
def test_a_message_told_another_time_is_the_same_message(channel: str) -> None:
    one = platform(channel)
    for each in said():
        assert one.once_more(each)[-1].message == one.posts(each)[-1].message != ""


@PLAYED
def test_no_two_messages_of_two_plays_have_one_name(channel: str) -> None:
    one = platform(channel)
    both = [*said(), *said(began=AT + timedelta(minutes=1))]
    names = [one.posts(each)[-1].message for each in both]
    assert len({*names}) == len(names) == 60


def test_slack_says_that_it_tries_again_and_nobody_else_does() -> None:
    assert platform("slack").again(2) == {
        "X-Slack-Retry-Num": "2",
        "X-Slack-Retry-Reason": "http_timeout",
    }
    assert [*(name for name in CHANNELS if platform(name).again(1))] == ["slack"]


def test_the_same_seed_is_the_same_talk_at_another_time() -> None:
    first, again = said(), said(began=AT + timedelta(days=1))
    assert [one._replace(at=AT) for one in first] == [one._replace(at=AT) for one in again]
    assert first != said(seed=8)


def test_people_go_through_dialogues_and_each_has_turns_of_its_own() -> None:
    told = said(60)
    for person in range(3):
        mine = [one for one in told if one.person == person]
        assert [one.turn for one in mine] == [*range(len(mine))]
        assert len({one.name for one in mine}) == 1
        assert len({one.text for one in mine}) > 3


def test_everybody_says_what_was_asked_for() -> None:
    assert {one.text for one in said(text="Where is it?")} == {"Where is it?"}
