"""Slack by Socket Mode: the same contacts, acknowledged when they are durable and not before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from slack_sdk.socket_mode.request import SocketModeRequest

from schemas.events.contacts import ContactReceived
from streams.channels import slack, slack_socket, sockets
from streams.channels.channel import Hook, Told, Unverified
from streams.channels.settings import Slack
from streams.channels.slack_events import parse
from streams.channels.slack_socket import answer_of, hook_of
from streams.errors import Unavailable
from streams.gateway.metrics import REGISTRY
from streams.gateway.taking import Taking
from tests.gateways import Client, gateway
from tests.providers import sent
from tests.real import until
from tests.socketed import SlackServer
from tests.stores import a_desk

TOKENS = {"app_token": "xapp-ours", "bot_token": "xoxb-ours"}
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for that need not be."""
    monkeypatch.setattr(sockets, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(slack_socket, "PING_SECONDS", 1.0)


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer() as one:
        yield one


@contextmanager
def connected(data: Path, server: SlackServer, **more: str) -> Iterator[Client]:
    """A gateway that has a socket of Slack's, or tries to get one."""
    settings = {**TOKENS, "api_base_url": server.api, **more}
    with gateway(data, **{f"channels__slack__{k}": v for k, v in settings.items()}) as client:
        yield client


def envelope(name: str, number: int = 1, kind: str = "events_api") -> dict[str, Any]:
    payload = json.loads(sent("slack", name))
    more = {"retry_attempt": 0, "retry_reason": ""} if kind == "events_api" else {}
    return {
        "envelope_id": f"e{number}",
        "type": kind,
        "accepts_response_payload": kind != "events_api",
        "payload": payload,
        **more,
    }


def written(number: int) -> dict[str, Any]:
    """An envelope in which Ann writes something else each time."""
    one = envelope("message.json", number)
    one["payload"]["event"] |= {"text": f"message {number}", "ts": f"1772442{number:03}.000200"}
    return one


def contacts(data: Path) -> list[ContactReceived]:
    with a_desk(data) as desk:
        return [one.event for one in desk.events() if isinstance(one.event, ContactReceived)]


def stands() -> float | None:
    return REGISTRY.get_sample_value("pactdesk_channel_connected", {"channel": "slack"})


def test_an_event_is_what_it_is_over_http() -> None:
    hook = hook_of("events_api", json.loads(sent("slack", "message.json")), NOW)
    assert hook is not None
    (contact,) = parse(Slack(), hook).inputs
    over_http = Hook("POST", "events", "", {}, {}, sent("slack", "message.json"), NOW)
    assert [contact] == parse(Slack(), over_http).inputs


def test_an_interaction_is_what_it_is_over_http() -> None:
    hook = hook_of("interactive", json.loads(sent("slack", "block_actions.json")), NOW)
    assert hook is not None
    (contact,) = parse(Slack(), hook).inputs
    assert contact["message"] == "I need more help"


def test_a_command_is_what_it_was_given_to_say_and_is_acknowledged_with_thanks() -> None:
    payload = json.loads(sent("slack", "slash_command.json"))
    hook = hook_of("slash_commands", payload, NOW)
    assert hook is not None
    heard = parse(Slack(), hook)
    (contact,) = heard.inputs
    kept = contact.pop("metadata")["command"]
    assert not {"token", "response_url"} & {*kept}
    assert contact == {
        "channel": "slack",
        "handle": "T061EG9R6/U2147483697",
        "message": "I was charged twice",
        "provider_id": "T061EG9R6:13345224609.738474920.8088930838d88f008e0",
        "at": "2026-03-02T09:00:00.000Z",
    }
    request = SocketModeRequest("slash_commands", "e1", payload, accepts_response_payload=True)
    answer = answer_of(request, heard.told).to_dict()
    assert answer["payload"]["response_type"] == "ephemeral"
    request.accepts_response_payload = False
    assert answer_of(request, heard.told).to_dict() == {"envelope_id": "e1"}


def test_a_command_without_words_is_its_name() -> None:
    payload = {**json.loads(sent("slack", "slash_command.json")), "text": " "}
    hook = hook_of("slash_commands", payload, NOW)
    assert hook is not None
    assert parse(Slack(), hook).inputs[0]["message"] == "/support"


def test_what_slack_says_by_a_socket_alone_is_not_let_in_over_http() -> None:
    hook = Hook("POST", "events", "", {}, {}, b"{}", NOW)
    with pytest.raises(Unverified, match="signing_secret"):
        slack.verify(Slack(**TOKENS), hook)


def test_what_somebody_writes_is_one_contact_and_is_acknowledged(
    tmp_path: Path, server: SlackServer
) -> None:
    with connected(tmp_path, server):
        assert server.brings(envelope("message.json")) == {"envelope_id": "e1"}
        (contact,) = contacts(tmp_path)
        assert contact.message.startswith("@U0LAN0Z89 I was charged twice")
        assert stands() == 1
    assert server.asked == ["Bearer xapp-ours"]
    assert stands() == 0


def test_buttons_and_commands_come_too(tmp_path: Path, server: SlackServer) -> None:
    with connected(tmp_path, server):
        assert server.brings(envelope("block_actions.json", 1, "interactive")) == {
            "envelope_id": "e1"
        }
        thanks = server.brings(envelope("slash_command.json", 2, "slash_commands"))
        assert thanks["payload"]["text"].startswith("Thank you.")
    assert [one.message for one in contacts(tmp_path)] == [
        "I need more help",
        "I was charged twice",
    ]


def test_what_comes_again_is_acknowledged_again_and_nothing_more(
    tmp_path: Path, server: SlackServer
) -> None:
    with connected(tmp_path, server):
        server.brings(envelope("message.json", 1))
        again = {**envelope("message.json", 2), "retry_attempt": 1, "retry_reason": "timeout"}
        server.brings(again)
        server.brings(envelope("app_mention.json", 3))
    assert len(contacts(tmp_path)) == 1


def test_what_cannot_be_understood_is_kept_and_acknowledged(
    tmp_path: Path, server: SlackServer
) -> None:
    with connected(tmp_path, server):
        server.brings({**envelope("message.json"), "payload": {"well": "formed"}})
        server.brings({**envelope("message.json", 2), "type": "of_tomorrow"})
    with a_desk(tmp_path) as desk:
        (letter,) = desk.letters()
    assert (letter.handler, letter.origin) == ("channels/slack", "channels/slack/events")


def test_nothing_is_acknowledged_before_it_is_durable(
    tmp_path: Path, server: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, away = Taking.take, [True]

    async def taking(self: Taking, lines: Any) -> Any:
        if away:
            away.pop()
            raise Unavailable("the store is away", "bring it back")
        receipt = await take(self, lines)
        assert server.acknowledged == []
        return receipt

    monkeypatch.setattr(Taking, "take", taking)
    with connected(tmp_path, server), structlog.testing.capture_logs() as logs:
        server.brings(envelope("message.json"))
    assert len(contacts(tmp_path)) == 1
    assert [one["event"] for one in logs if one["log_level"] == "warning"] == ["not taken yet"]


@pytest.mark.parametrize("way", ["refresh", "close", "cut"])
def test_another_connection_follows_and_nothing_is_lost(
    tmp_path: Path, server: SlackServer, way: str
) -> None:
    with connected(tmp_path, server):
        server.brings(written(1))
        if way == "refresh":
            server.say({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
        elif way == "close":
            server.do(server.stands().close())
        else:
            server.cut()
        until(lambda: server.opened == 2 and server.sockets, 60, "another connection")
        server.brings(written(2))
    assert [one.message for one in contacts(tmp_path)] == ["message 1", "message 2"]


def test_what_came_before_a_refresh_is_acknowledged_before_the_connection_ends(
    tmp_path: Path, server: SlackServer
) -> None:
    with connected(tmp_path, server):
        first = server.stands()
        for number in range(20):
            server.do(first.send_json(written(number)))
        server.do(first.send_json({"type": "disconnect", "reason": "warning"}))
        until(lambda: server.opened == 2, 60, "another connection")
        assert {one["envelope_id"] for one in server.acknowledged} == {f"e{n}" for n in range(20)}
    assert len(contacts(tmp_path)) == 20


def test_slack_is_tried_until_it_is_there_and_its_absence_told_once(
    tmp_path: Path, server: SlackServer
) -> None:
    server.error = "internal_error"
    with structlog.testing.capture_logs() as logs, connected(tmp_path, server):
        until(lambda: len(server.asked) > 4, 60, "it is tried again")
        server.error = None
        server.brings(envelope("message.json"))
    told = [(one["event"], one.get("error")) for one in logs if one.get("channel") == "slack"]
    assert told == [
        ("not connected", "Slack opens no socket (internal_error)"),
        ("connected", None),
    ]


def test_a_socket_that_is_switched_off_is_told_and_tried_on(
    tmp_path: Path, server: SlackServer
) -> None:
    with structlog.testing.capture_logs() as logs, connected(tmp_path, server):
        server.say({"type": "disconnect", "reason": "link_disabled", "debug_info": {}})
        until(lambda: server.opened == 2 and server.sockets, 60, "another connection")
    errors = [one["error"] for one in logs if one["event"] == "not connected"]
    assert errors == ["Slack has Socket Mode switched off for this app"]


def test_a_token_that_opens_nothing_is_told_with_what_to_do_and_tried_no_more(
    tmp_path: Path, server: SlackServer
) -> None:
    server.error = "invalid_auth"
    with structlog.testing.capture_logs() as logs, connected(tmp_path, server) as client:
        (told,) = until(lambda: [one for one in logs if one["event"] == "cut off"], 60, "it says")
        assert client.get("/health").status == 200
    assert "xapp-" in told["remedy"]
    assert "xapp-ours" not in str(logs)
    assert len(server.asked) == 1


def test_without_a_token_no_socket_is_opened(tmp_path: Path, server: SlackServer) -> None:
    settings = {"signing_secret": "s", "bot_token": "b", "api_base_url": server.api}
    with gateway(tmp_path, **{f"channels__slack__{k}": v for k, v in settings.items()}) as client:
        assert client.get("/health").status == 200
    assert server.asked == []


def test_a_told_of_another_kind_is_no_answer() -> None:
    request = SocketModeRequest("interactive", "e1", {}, accepts_response_payload=True)
    assert answer_of(request, Told(b"thanks")).to_dict() == {"envelope_id": "e1"}
