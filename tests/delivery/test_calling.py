"""What came of a request to a platform, also where something else answers than the platform."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from streams.channels.channel import Channel, Rejected, Response, Sending
from streams.channels.known import CHANNELS
from streams.channels.settings import ChannelSettings
from streams.delivery.calling import Caller, came_of
from streams.delivery.errand import NoAnswer, Unsent

FOREIGN = [
    b'{"error": "Too Many Requests"}',
    b'{"ok": true}',
    b'{"data": "here you are"}',
    b'{"data": {"id": "1"}}',
    b'{"messages": [1]}',
    b'{"messages": {"id": "1"}}',
    b'{"error": ["no"]}',
    b'{"error": {"code": [1]}, "code": {"a": 1}}',
]
"""What a proxy, a firewall or a release of the platform may answer that nobody here knows."""


def came(channel: Channel, status: int, body: bytes) -> Any:
    settings = getattr(ChannelSettings(), channel.name)
    return came_of(Response(status, {}, body), partial(channel.outcome, settings))


@pytest.mark.parametrize("body", FOREIGN)
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=lambda one: one.name)
def test_of_an_answer_in_foreign_words_the_status_counts(channel: Channel, body: bytes) -> None:
    for status in (429, 500, 503):
        found = came(channel, status, body)
        assert isinstance(found, Rejected)
        assert not found.final


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("slack", b'{"ok": true}'),
        ("whatsapp", b'{"messages": [1]}'),
        ("whatsapp", b'{"error": "maintenance"}'),
        ("facebook", b'{"error": "maintenance"}'),
        ("twitter", b'{"data": "here you are"}'),
        ("whatsapp", b'{"queued": 1}'),
        ("facebook", b'{"recipient_id": "1"}'),
        ("phone", b'{"status": "queued"}'),
        ("discord", b'{"id": "1"}'),
    ],
)
def test_whoever_says_yes_in_foreign_words_may_have_taken_it(channel: str, body: bytes) -> None:
    assert isinstance(came(CHANNELS[channel], 200, body), NoAnswer)


@pytest.mark.parametrize("url", ["http://x..y/", f"http://{'a' * 64}.example/", "http://[::x/"])
def test_an_address_that_is_none_was_never_reached(url: str) -> None:
    async def asked() -> object:
        async with Caller(1.0) as caller:
            return await caller.ask(Sending("POST", url, {}))

    assert isinstance(asyncio.run(asked()), Unsent)


def test_a_no_with_a_status_that_says_yes_is_a_no() -> None:
    found = came(CHANNELS["slack"], 200, b'{"ok": false, "error": "channel_not_found"}')
    assert isinstance(found, Rejected)
    assert found.final


@pytest.mark.parametrize("status", [504, 520, 524])
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=lambda one: one.name)
def test_who_stands_before_a_platform_and_heard_no_answer_knows_nothing(
    channel: Channel, status: int
) -> None:
    assert came(channel, status, b"<html>") == NoAnswer(f"HTTP {status}")
