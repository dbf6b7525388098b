"""Discord's Gateway over a socket: every message is one contact, whatever breaks on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from msgspec.structs import replace

from schemas.events.contacts import ContactReceived
from streams.channels import discord_gateway, discord_socket, sockets
from streams.errors import Unavailable
from streams.gateway import alone
from streams.gateway.metrics import REGISTRY
from streams.gateway.taking import Taking
from tests.discords import ANN, APPLICATION, HELP, ME, DiscordServer, in_a_server, message
from tests.gateways import Client, gateway
from tests.real import until
from tests.stores import a_desk


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for that need not be."""
    monkeypatch.setattr(sockets, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(discord_socket, "INVALID_SECONDS", (0.0, 0.01))
    monkeypatch.setattr(alone, "LOOK_SECONDS", 0.05)


@pytest.fixture
def server() -> Iterator[DiscordServer]:
    with DiscordServer() as one:
        yield one


@contextlib.contextmanager
def connected(data: Path, server: DiscordServer, **more: object) -> Iterator[Client]:
    """A gateway that has a session of Discord's, or tries to get one."""
    settings = {f"channels__discord__{name}": value for name, value in more.items()}
    with gateway(data, **{**server.settings, **settings}) as client:
        yield client


def contacts(data: Path) -> list[ContactReceived]:
    with a_desk(data) as desk:
        return [one.event for one in desk.events() if isinstance(one.event, ContactReceived)]


def told(data: Path, *messages: str) -> None:
    """Wait until these messages have come, and see that no other ones have, in this order."""
    until(lambda: len(contacts(data)) >= len(messages), 60, lambda: f"{messages}: {contacts(data)}")
    assert [one.message for one in contacts(data)] == [*messages]


def writes(server: DiscordServer, *numbers: int, quietly: bool = False) -> None:
    for number in numbers:
        server.happens("MESSAGE_CREATE", message(number), quietly=quietly)


def stands() -> float | None:
    return REGISTRY.get_sample_value("pactdesk_channel_connected", {"channel": "discord"})


def test_what_somebody_writes_is_one_contact(tmp_path: Path, server: DiscordServer) -> None:
    with connected(tmp_path, server):
        server.stood()
        writes(server, 1)
        told(tmp_path, "message 1")
        assert stands() == 1
    assert stands() == 0
    (contact,) = contacts(tmp_path)
    assert (contact.handle, contact.channel) == (ANN, "discord")
    assert contact.provider_id.startswith("645027906669510999:14779")
    (hello,) = server.heard(2)
    assert hello["intents"] == discord_gateway.INTENTS == 37376


def test_the_same_message_twice_is_one_contact(tmp_path: Path, server: DiscordServer) -> None:
    with connected(tmp_path, server):
        server.stood()
        writes(server, 1, 1, 2)
        told(tmp_path, "message 1", "message 2")


def test_in_a_server_only_what_names_us_or_is_in_a_channel_of_support_is_for_us(
    tmp_path: Path, server: DiscordServer
) -> None:
    us = {"id": ME, "username": "support", "discriminator": "0001", "avatar": None,
          "global_name": None, "bot": True}  # fmt: skip
    with connected(tmp_path, server, guild_channels=f"1, {HELP}"):
        server.stood()
        for one in (
            in_a_server(1, content="in another channel", channel_id="2"),
            in_a_server(2, content="in our channel"),
            in_a_server(3, content=f"<@{ME}> elsewhere", channel_id="2", mentions=[us]),
            in_a_server(4, content="we ourselves", author=us),
        ):
            server.happens("MESSAGE_CREATE", one)
        writes(server, 9)
        told(tmp_path, "in our channel", "@support elsewhere", "message 9")


def test_an_edit_is_a_message_of_its_own_and_a_preview_is_not(
    tmp_path: Path, server: DiscordServer
) -> None:
    edited = {**message(1, "thrice"), "edited_timestamp": "2026-03-02T09:05:00.123000+00:00"}
    with connected(tmp_path, server):
        server.stood()
        writes(server, 1)
        server.happens("MESSAGE_UPDATE", message(1))
        server.happens("MESSAGE_UPDATE", edited)
        server.happens("MESSAGE_UPDATE", {**edited, "pinned": True})
        server.happens("MESSAGE_DELETE", {"id": message(1)["id"], "channel_id": "1"})
        writes(server, 2)
        told(tmp_path, "message 1", "Edited: thrice", "message 2")
    first, edit, _ = contacts(tmp_path)
    assert edit.in_reply_to == first.provider_id
    assert edit.provider_id == f"{first.provider_id}:1772442300123"


def test_a_reply_answers_what_it_names_and_brings_its_files(
    tmp_path: Path, server: DiscordServer
) -> None:
    file = {
        "id": "7",
        "filename": "crack.jpg",
        "size": 48120,
        "url": "https://cdn.example/crack.jpg",
        "proxy_url": "https://media.example/crack.jpg",
        "content_type": "image/jpeg",
    }
    reply = {"message_id": "5", "channel_id": HELP, "guild_id": "3"}
    with connected(tmp_path, server):
        server.stood()
        server.happens(
            "MESSAGE_CREATE", message(1, type=19, message_reference=reply, attachments=[file])
        )
        told(tmp_path, "message 1")
    (contact,) = contacts(tmp_path)
    assert contact.in_reply_to == f"{HELP}:5"
    (kept,) = contact.attachments
    assert (kept.name, kept.media_type, kept.size, kept.url) == (
        "crack.jpg",
        "image/jpeg",
        48120,
        "https://cdn.example/crack.jpg",
    )


def test_what_cannot_be_understood_is_kept_and_holds_nothing_up(
    tmp_path: Path, server: DiscordServer
) -> None:
    with connected(tmp_path, server):
        server.stood()
        for what in ({"mentions": 7, "guild_id": "1"}, {"id": "x"}):
            server.events.append({"op": 0, "t": "MESSAGE_CREATE", "s": 2, "d": what})
            server.say(server.events[-1])
        writes(server, 4)
        told(tmp_path, "message 4")
    with a_desk(tmp_path) as desk:
        letters = desk.letters()
    assert [one.origin for one in letters] == ["channels/discord/gateway"] * 2


@pytest.mark.parametrize("way", [4000, 1000, 1001, 4008, "reconnect", "cut", "invalid"])
def test_a_session_is_resumed_and_what_was_missed_comes_in_its_order(
    tmp_path: Path, server: DiscordServer, way: int | str
) -> None:
    with connected(tmp_path, server):
        server.stood()
        writes(server, 1)
        told(tmp_path, "message 1")
        writes(server, 2, 3, quietly=True)
        if isinstance(way, int):
            server.hang_up(way)
        elif way == "cut":
            server.cut()
        elif way == "reconnect":
            server.tells(7)
        else:
            server.tells(9, what=True)
        told(tmp_path, "message 1", "message 2", "message 3")
        writes(server, 4)
        told(tmp_path, *(f"message {number}" for number in (1, 2, 3, 4)))
    assert [one["seq"] for one in server.heard(6)] == [2]
    assert len(server.heard(2)) == server.asked == 1


@pytest.mark.parametrize("way", ["forgotten", "invalid", 4007, 4009])
def test_a_session_that_is_over_is_begun_anew(
    tmp_path: Path, server: DiscordServer, way: int | str
) -> None:
    with connected(tmp_path, server):
        server.stood()
        writes(server, 1)
        if way == "forgotten":
            server.forgets = True
            server.hang_up(4000)
        elif way == "invalid":
            server.tells(9, what=False)
        else:
            assert isinstance(way, int)
            server.hang_up(way)
        until(lambda: len(server.heard(2)) == 2, 60, "another session")
        writes(server, 2)
        told(tmp_path, "message 1", "message 2")


def test_who_does_not_answer_heartbeats_is_left_and_the_session_resumed(tmp_path: Path) -> None:
    with (
        DiscordServer(beat=0.05) as server,
        structlog.testing.capture_logs() as logs,
        connected(tmp_path, server),
    ):
        until(lambda: len(server.heard(1)) > 3, 60, "heartbeats")
        assert server.opened == 1
        assert server.heard(1)[-1] == 1
        server.mute = True
        writes(server, 1, quietly=True)
        until(lambda: server.opened > 1, 60, "another connection")
        server.mute = False
        told(tmp_path, "message 1")
    errors = [one["error"] for one in logs if one["event"] == "not connected"]
    assert errors == ["Discord's Gateway does not answer any more"]


def test_a_heartbeat_that_is_asked_for_is_given(tmp_path: Path, server: DiscordServer) -> None:
    with connected(tmp_path, server):
        server.stood()
        server.say({"op": 1, "d": None, "s": None, "t": None})
        until(lambda: server.heard(1), 60, "a heartbeat")


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
def test_what_a_person_must_mend_is_told_once_with_what_to_do(
    tmp_path: Path, server: DiscordServer, code: int
) -> None:
    server.refuses = code
    with structlog.testing.capture_logs() as logs, connected(tmp_path, server) as client:
        (said,) = until(lambda: [one for one in logs if one["event"] == "cut off"], 60, "it says")
        assert client.get("/health").status == 200
    assert said["error"].endswith(f"({code})")
    assert said["remedy"]
    assert server.opened == 1
    assert "MTE5" not in str(logs)


def test_a_token_of_another_application_is_told(tmp_path: Path, server: DiscordServer) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        connected(tmp_path, server, application_id="1"),
    ):
        (said,) = until(lambda: [one for one in logs if one["event"] == "cut off"], 60, "it says")
    assert APPLICATION in said["error"]
    assert server.opened == 1


def test_sessions_are_begun_only_as_often_as_discord_allows(
    tmp_path: Path, server: DiscordServer
) -> None:
    spent = {"total": 1000, "remaining": 0, "reset_after": 10, "max_concurrency": 1}
    server.budgets.insert(0, spent)
    with structlog.testing.capture_logs() as logs, connected(tmp_path, server):
        server.stood()
    assert (server.asked, server.opened) == (2, 1)
    assert [one["seconds"] for one in logs if one["event"] == "too many sessions were begun"] == [
        0.01
    ]


def test_discord_is_tried_until_it_is_there_and_its_absence_told_once(
    tmp_path: Path, server: DiscordServer
) -> None:
    server.status = 503
    with structlog.testing.capture_logs() as logs, connected(tmp_path, server):
        until(lambda: server.asked > 4, 60, "it is asked again")
        server.status = 200
        server.stood()
        until(stands, 60, "it stands")
    said = [one["event"] for one in logs if one.get("channel") == "discord"]
    assert said == ["not connected", "connected"]


def test_a_gateway_that_is_named_is_not_asked_for(tmp_path: Path, server: DiscordServer) -> None:
    with connected(tmp_path, server, gateway_url=f"ws://{server.address}/gateway"):
        server.stood()
    assert server.asked == 0


def test_where_a_session_cannot_be_resumed_it_is_at_the_front_door(
    tmp_path: Path, server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = discord_gateway.begun
    monkeypatch.setattr(
        discord_gateway,
        "begun",
        lambda *given: replace(begun(*given), url="ws://127.0.0.1:9/gone"),
    )
    with connected(tmp_path, server):
        server.stood()
        writes(server, 1)
        told(tmp_path, "message 1")
        writes(server, 2, quietly=True)
        server.hang_up(4000)
        told(tmp_path, "message 1", "message 2")
    assert len(server.heard(6)) == 1


def test_a_restart_resumes_behind_what_is_durable(tmp_path: Path, server: DiscordServer) -> None:
    with connected(tmp_path, server):
        server.stood()
        writes(server, 1)
        told(tmp_path, "message 1")
    writes(server, 2, 3, quietly=True)
    with connected(tmp_path, server):
        told(tmp_path, "message 1", "message 2", "message 3")
    assert len(server.heard(2)) == 1
    assert [one["seq"] for one in server.heard(6)] == [2]


def test_no_event_is_behind_us_before_it_is_durable(
    tmp_path: Path, server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, away = Taking.take, [True]

    async def taking(self: Taking, lines: Any) -> Any:
        if away:
            raise Unavailable("the store is away", "bring it back")
        return await take(self, lines)

    monkeypatch.setattr(Taking, "take", taking)
    with structlog.testing.capture_logs() as logs, connected(tmp_path, server):
        server.stood()
        writes(server, 1, 2)
        until(lambda: [one for one in logs if one["event"] == "not taken yet"], 60, "it is tried")
        server.say({"op": 1, "d": None, "s": None, "t": None})
        until(lambda: server.heard(1), 60, "a heartbeat")
        assert server.heard(1) == [1]
        away.clear()
        told(tmp_path, "message 1", "message 2")
        server.hang_up(4000)
        until(lambda: server.heard(6), 60, "it is resumed")
    assert server.heard(6)[0]["seq"] == 3


def test_events_that_came_before_a_session_is_over_are_taken(
    tmp_path: Path, server: DiscordServer
) -> None:
    with connected(tmp_path, server):
        server.stood()
        writes(server, *range(50))
        server.tells(9, what=False)
        until(lambda: len(server.heard(2)) == 2, 60, "another session")
        told(tmp_path, *(f"message {number}" for number in range(50)))


def test_without_an_application_there_is_no_connection(
    tmp_path: Path, server: DiscordServer
) -> None:
    settings = {**server.settings}
    del settings["channels__discord__application_id"]
    with gateway(tmp_path, **settings) as client:
        assert client.get("/health").status == 200
    assert server.asked == server.opened == 0


def test_of_two_gateways_one_has_the_session_and_the_other_follows(
    tmp_path: Path, server: DiscordServer
) -> None:
    with contextlib.ExitStack() as first, structlog.testing.capture_logs() as logs:
        first.enter_context(connected(tmp_path, server))
        server.stood()
        writes(server, 1)
        told(tmp_path, "message 1")
        with connected(tmp_path, server):
            until(lambda: [one for one in logs if one["event"] == "waits"], 60, "one waits")
            assert server.opened == 1
            first.close()
            writes(server, 2, quietly=True)
            told(tmp_path, "message 1", "message 2")
    assert (len(server.heard(2)), len(server.heard(6))) == (1, 1)
    assert [one["work"] for one in logs if one["event"] == "waits"] == ["discord"]
