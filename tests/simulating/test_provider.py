"""The stand-in for providers answers as they do, also when something goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from slack_sdk import WebClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.rest import Client as TwilioClient

from schemas.events.decisions import ReplyRequested
from streams.channels.channel import Accepted, Channel, Rejected, Response, Sending
from streams.channels.known import CHANNELS
from streams.clock import ManualClock
from streams.delivery.calling import came_of
from streams.settings import load
from streams.simulating.faults import Fault, by_chance
from streams.simulating.provider import SIDES, StandIn
from streams.simulating.serving import Served
from tests.providers import PROVIDERS
from tests.real import until

AT = "2026-03-02T09:00:00Z"

HANDLES = {
    "slack": "T1/U1",
    "whatsapp": "4915550001",
    "phone": "+15550001",
    "twitter": "3001969357",
    "facebook": "6001",
    "discord": "2001",
}

SECRETS = {
    name: [value for key, value in one.settings.items() if key.endswith(("token", "secret"))]
    for name, one in PROVIDERS.items()
}
"""What nobody else may come to know."""

ALL = pytest.mark.parametrize("channel", [*CHANNELS.values()], ids=lambda one: one.name)


@pytest.fixture
def stand_in() -> StandIn:
    """What is played."""
    return StandIn(clock=ManualClock(AT))


@pytest.fixture
def address(stand_in: StandIn) -> Iterator[str]:
    """Where it is played."""
    with Served(stand_in, port=0) as served:
        yield served.address


def settings(channel: Channel, address: str) -> Any:
    """A channel's settings, with the stand-in as its provider."""
    flags = {
        name.replace("__", "."): value for name, value in PROVIDERS[channel.name].flags.items()
    }
    flags[f"channels.{channel.name}.api_base_url"] = address
    return getattr(load(flags, {})[0].channels, channel.name)


def rendered(channel: Channel, address: str, *parts: str) -> list[Sending]:
    """The requests that send a reply; what authorises them holds at the stand-in's time."""
    known = settings(channel, address)
    request = ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": channel.name,
            "policy_version": "1",
            "channel": channel.name,
            "handle": HANDLES[channel.name],
            "kind": "solution",
            "author": "knowledge",
            "parts": list(parts or ["We looked."]),
            "in_reply_to": "100:200" if channel.name == "discord" else None,
        }
    )
    sendings = channel.render(known, request, "request-1")
    if channel.stamp is None:
        return sendings
    moment = datetime.fromisoformat(AT)
    return [channel.stamp(known, one, moment) for one in sendings]


def go(sending: Sending) -> Response:
    """Make a request."""
    parts = urlsplit(sending.url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(sending.method, path, sending.body, dict(sending.headers))
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, named, answer.read())
    finally:
        connection.close()


def outcome(channel: Channel, address: str) -> Accepted | Rejected:
    """What becomes of a reply."""
    (sending,) = rendered(channel, address)
    return channel.outcome(settings(channel, address), go(sending))


def test_every_provider_that_is_sent_to_over_http_has_a_side() -> None:
    assert [side.channel for side in SIDES] == [*CHANNELS]


@ALL
def test_what_a_channel_sends_is_taken_and_shown(
    channel: Channel, address: str, stand_in: StandIn
) -> None:
    first, second = (
        channel.outcome(settings(channel, address), go(one))
        for one in rendered(channel, address, "One", "Two")
    )
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert [one.text for one in stand_in.messages] == ["One", "Two"]
    found = [one.provider_message_id for one in stand_in.messages]
    assert found == [first.provider_message_id, second.provider_message_id]
    shown = json.loads(go(Sending("GET", f"{address}/received", {})).body)
    assert [(one["channel"], one["text"], one["status"] < 300) for one in shown] == [
        (channel.name, "One", True),
        (channel.name, "Two", True),
    ]
    told = json.dumps(shown)
    assert not [one for one in SECRETS[channel.name] if one in told]


@ALL
def test_who_does_not_say_who_they_are_is_refused(
    channel: Channel, address: str, stand_in: StandIn
) -> None:
    (sending,) = rendered(channel, address)
    stranger = sending._replace(headers={"Content-Type": sending.headers["Content-Type"]})
    found = came_of(go(stranger), partial(channel.outcome, settings(channel, address)))
    assert isinstance(found, Rejected)
    assert not found.final, "the operator mends it, and the message waits"
    assert stand_in.messages == []


@ALL
def test_a_message_without_words_is_refused(
    channel: Channel, address: str, stand_in: StandIn
) -> None:
    (sending,) = rendered(channel, address)
    found = channel.outcome(settings(channel, address), go(sending._replace(body=b"")))
    assert isinstance(found, Rejected)
    assert found.final
    assert stand_in.messages == []


@ALL
@pytest.mark.parametrize("kind", ["429", "500"])
def test_what_is_refused_for_a_while_is_taken_the_next_time(
    channel: Channel, address: str, stand_in: StandIn, kind: Any
) -> None:
    stand_in.on_sending.append(Fault(kind, seconds=7))
    found = outcome(channel, address)
    assert isinstance(found, Rejected)
    assert not found.final
    if kind == "429":
        assert found.retry_after is not None
    assert stand_in.messages == []
    assert isinstance(outcome(channel, address), Accepted)
    assert [one["fault"] for one in stand_in.requests] == [kind, None]


@ALL
def test_after_how_long_to_try_again_is_told(
    channel: Channel, address: str, stand_in: StandIn
) -> None:
    stand_in.on_sending.append(Fault("429", seconds=7))
    (sending,) = rendered(channel, address)
    answer = go(sending)
    assert answer.status == 429
    assert answer.headers["retry-after"] == "7"


@ALL
@pytest.mark.parametrize("fault", [Fault("hang"), Fault("slow", seconds=3600)])
def test_a_message_that_is_not_answered_was_taken(
    channel: Channel, address: str, stand_in: StandIn, fault: Fault
) -> None:
    stand_in.on_sending.append(fault)
    (sending,) = rendered(channel, address)
    parts = urlsplit(sending.url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request(sending.method, parts.path, sending.body, dict(sending.headers))
    until(lambda: stand_in.messages, 60, "it is taken")
    connection.sock.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    assert [one.text for one in stand_in.messages] == ["We looked."]
    assert stand_in.requests[0]["fault"] == fault.kind


@ALL
def test_a_message_whose_answer_breaks_off_was_taken(
    channel: Channel, address: str, stand_in: StandIn
) -> None:
    stand_in.on_sending.append(Fault("close"))
    (sending,) = rendered(channel, address)
    with pytest.raises((HTTPException, ConnectionError)):
        go(sending)
    assert [one.text for one in stand_in.messages] == ["We looked."]


def test_an_answer_may_come_late(address: str, stand_in: StandIn) -> None:
    stand_in.on_sending.append(Fault("slow", seconds=0.01))
    assert isinstance(outcome(CHANNELS["facebook"], address), Accepted)


def test_a_share_of_the_answers_has_a_fault_and_the_same_ones_for_a_seed() -> None:
    fault = Fault("500")
    first, second, other = (by_chance(fault, 0.2, seed) for seed in (1, 1, 2))
    found = [first() for _ in range(1000)]
    assert 150 < sum(one is fault for one in found) < 250
    assert found == [second() for _ in range(1000)]
    assert found != [other() for _ in range(1000)]


def test_what_goes_wrong_by_chance_waits_until_what_was_planned_did(
    address: str, stand_in: StandIn
) -> None:
    stand_in.otherwise = by_chance(Fault("500"), 1, 1)
    stand_in.on_sending.append(None)
    assert isinstance(outcome(CHANNELS["slack"], address), Accepted)
    assert isinstance(outcome(CHANNELS["slack"], address), Rejected)


def test_a_look_up_has_faults_of_its_own(address: str, stand_in: StandIn) -> None:
    stand_in.on_looking.append(Fault("429", seconds=3))
    assert isinstance(outcome(CHANNELS["slack"], address), Accepted)
    looking = Sending(
        "GET", f"{address}/conversations.history?channel=D1", {"Authorization": "Bearer xoxb-ours"}
    )
    assert go(looking).headers["retry-after"] == "3"
    assert go(looking).document["ok"] is True
    assert go(looking._replace(headers={})).document["error"] == "not_authed"


def test_slacks_own_client_finds_a_message_by_its_metadata(address: str) -> None:
    assert isinstance(outcome(CHANNELS["slack"], address), Accepted)
    client = WebClient("xoxb-ours", base_url=f"{address}/")
    found = client.conversations_history(channel="D1", include_all_metadata=True)
    (message,) = found["messages"]
    assert message["metadata"]["event_payload"] == {"request_id": "request-1"}
    assert "metadata" not in client.conversations_history(channel="D1")["messages"][0]
    ts = message["ts"]
    assert not client.conversations_history(channel="D1", oldest=ts)["messages"]
    assert client.conversations_history(channel="D1", oldest=ts, inclusive=True)["messages"]
    assert not client.conversations_history(channel="C2")["messages"]


def test_slacks_own_client_finds_what_was_said_in_a_thread(address: str) -> None:
    client = WebClient("xoxb-ours", base_url=f"{address}/")
    for text in ("One", "Two", "Three"):
        client.chat_postMessage(channel="C1", thread_ts="7.1", text=text)
    client.chat_postMessage(channel="C1", text="elsewhere")
    pages = client.conversations_replies(channel="C1", ts="7.1", limit=2)
    assert [[one["text"] for one in page["messages"]] for page in pages] == [
        ["", "One"],
        ["Two", "Three"],
    ]
    assert [one["text"] for one in client.conversations_history(channel="C1")["messages"]] == [
        "elsewhere"
    ]


class _Here(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Twilio's own way of asking, with the stand-in in its place."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def request(self, method: str, url: str, **more: Any) -> TwilioResponse:
        """Ask the stand-in."""
        return super().request(method, url.replace("https://api.twilio.com", self._address), **more)


def test_twilios_own_client_finds_messages_by_whom_they_went_to_and_when(address: str) -> None:
    client = TwilioClient("AC1", "token", http_client=_Here(address))
    sids = [
        client.messages.create(to=to, from_="+15557122661", body=f"to {to}").sid
        for to in ("+1555", "+1666", "+1555")
    ]
    assert [one.sid for one in client.messages.list(to="+1555")] == [sids[2], sids[0]]
    assert [one.sid for one in client.messages.list(to="+1555", page_size=1)] == [sids[2], sids[0]]
    assert client.messages.list(to="+1555", from_="+1777") == []
    moment = datetime.fromisoformat(AT)
    assert len(client.messages.list(date_sent_after=moment)) == 3
    assert client.messages.list(date_sent_before=moment.replace(year=2025)) == []
    assert client.messages.list()[0].date_created == moment


def test_a_direct_message_of_x_is_found_by_whom_it_went_to(address: str) -> None:
    accepted = [outcome(CHANNELS["twitter"], address) for _ in range(3)]
    place = f"{address}/2/dm_conversations/with/{quote(HANDLES['twitter'])}/dm_events"
    knows = {"Authorization": "OAuth …".encode().decode("latin-1")}
    asked = {"dm_event.fields": "sender_id,created_at", "max_results": 2}
    first = go(Sending("GET", f"{place}?{urlencode(asked)}", knows)).document
    assert [one["id"] for one in first["data"]] == [
        one.provider_message_id for one in reversed(accepted[1:]) if isinstance(one, Accepted)
    ]
    assert {one["sender_id"] for one in first["data"]} == {"4337869213"}
    rest = {**asked, "pagination_token": first["meta"]["next_token"]}
    last = go(Sending("GET", f"{place}?{urlencode(rest)}", knows)).document
    assert len(last["data"]) == 1
    assert last["meta"] == {"result_count": 1}
    nobody = go(Sending("GET", place.replace("3001969357", "42"), knows)).document
    assert nobody == {"meta": {"result_count": 0}}


def test_discord_knows_a_message_again_by_its_nonce(address: str, stand_in: StandIn) -> None:
    channel = CHANNELS["discord"]
    first, again = outcome(channel, address), outcome(channel, address)
    assert first == again
    assert len(stand_in.messages) == 1
    assert isinstance(stand_in.clock, ManualClock)
    stand_in.clock.advance(minutes=6)
    assert outcome(channel, address) != first
    assert len(stand_in.messages) == 2
