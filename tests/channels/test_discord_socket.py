"""Discord's Gateway over a socket: every message is one contact, whatever breaks on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from msgspec.structs import replace

from streams.channels import discord_gateway, discord_socket, sockets
from streams.embedded.database import Database
from streams.errors import Unavailable
from streams.gateway import alone
from streams.gateway.taking import Taking
from tests.discords import APPLICATION, DiscordServer, connected, told
from tests.gateways import gateway
from tests.real import until


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


@pytest.mark.parametrize("way", [4000, 1000, 1001, 4008, "reconnect", "cut", "invalid"])
def test_a_session_is_resumed_and_what_was_missed_comes_in_its_order(
    tmp_path: Path, server: DiscordServer, way: int | str
) -> None:
    with connected(tmp_path, server):
        server.stood()
        server.writes(1)
        told(tmp_path, "message 1")
        server.writes(2, 3, quietly=True)
        if isinstance(way, int):
            server.hang_up(way)
        elif way == "cut":
            server.cut()
        elif way == "reconnect":
            server.tells(7)
        else:
            server.tells(9, what=True)
        told(tmp_path, "message 1", "message 2", "message 3")
        server.writes(4)
        told(tmp_path, *(f"message {number}" for number in (1, 2, 3, 4)))
    assert [one["seq"] for one in server.heard(6)] == [2]
    assert len(server.heard(2)) == server.asked == 1


@pytest.mark.parametrize("way", ["forgotten", "invalid", 4007, 4009])
def test_a_session_that_is_over_is_begun_anew(
    tmp_path: Path, server: DiscordServer, way: int | str
) -> None:
    with connected(tmp_path, server):
        server.stood()
        server.writes(1)
        if way == "forgotten":
            server.forgets = True
            server.hang_up(4000)
        elif way == "invalid":
            server.tells(9, what=False)
        else:
            assert isinstance(way, int)
            server.hang_up(way)
        until(lambda: len(server.heard(2)) == 2, 60, "another session")
        server.writes(2)
        told(tmp_path, "message 1", "message 2")


def test_who_answers_heartbeats_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord_gateway, "first_beat", lambda _interval: 0.0)
    with DiscordServer(beat=3.0) as server, connected(tmp_path, server):
        until(lambda: len(server.heard(1)) > 1, 60, "two heartbeats")
        assert server.heard(1)[-1] == 1
        assert server.opened == 1


def test_who_does_not_answer_heartbeats_is_left_and_the_session_resumed(tmp_path: Path) -> None:
    with (
        DiscordServer(beat=0.05) as server,
        structlog.testing.capture_logs() as logs,
        connected(tmp_path, server),
    ):
        server.stood()
        server.mute = True
        until(lambda: server.opened > 1, 60, "another connection")
        server.writes(1, quietly=True)
        server.cut()
        server.mute = False
        told(tmp_path, "message 1")
    errors = {one["error"] for one in logs if one["event"] == "not connected"}
    assert "Discord's Gateway does not answer any more" in errors
    assert len(server.heard(2)) == 1


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
        until(lambda: "connected" in str(logs), 60, "it stands")
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
        server.writes(1)
        told(tmp_path, "message 1")
        server.writes(2, quietly=True)
        server.hang_up(4000)
        told(tmp_path, "message 1", "message 2")
    assert len(server.heard(6)) == 1


def test_a_restart_resumes_behind_what_is_durable(tmp_path: Path, server: DiscordServer) -> None:
    with connected(tmp_path, server):
        server.stood()
        server.writes(1)
        told(tmp_path, "message 1")
    server.writes(2, 3, quietly=True)
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
        server.writes(1, 2)
        until(lambda: [one for one in logs if one["event"] == "not taken yet"], 60, "it is tried")
        server.say({"op": 1, "d": None, "s": None, "t": None})
        until(lambda: server.heard(1), 60, "a heartbeat")
        assert server.heard(1) == [1]
        away.clear()
        told(tmp_path, "message 1", "message 2")
        server.hang_up(4000)
        until(lambda: server.heard(6), 60, "it is resumed")
    assert server.heard(6)[0]["seq"] == 3


def test_a_store_that_is_away_costs_no_event_even_of_a_session_that_is_over(
    tmp_path: Path, server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_meta, away = Database.set_meta, [True, True]

    def noted(database: Database, name: str, value: str) -> None:
        if away and '"seq":2' in value:
            away.pop()
            raise Unavailable("the store is away", "bring it back")
        set_meta(database, name, value)

    monkeypatch.setattr(Database, "set_meta", noted)
    with connected(tmp_path, server):
        server.stood()
        server.writes(1, 2, 3)
        server.tells(9, what=False)
        until(lambda: len(server.heard(2)) == 2, 60, "another session")
        told(tmp_path, "message 1", "message 2", "message 3")
    assert away == []


def test_events_that_came_before_a_session_is_over_are_taken(
    tmp_path: Path, server: DiscordServer
) -> None:
    with connected(tmp_path, server):
        server.stood()
        server.writes(*range(50))
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
        server.writes(1)
        told(tmp_path, "message 1")
        with connected(tmp_path, server):
            until(lambda: [one for one in logs if one["event"] == "waits"], 60, "one waits")
            assert server.opened == 1
            server.writes(2, quietly=True)  # before: the other may follow while this one closes
            first.close()
            told(tmp_path, "message 1", "message 2")
    assert (len(server.heard(2)), len(server.heard(6))) == (1, 1)
    assert [one["work"] for one in logs if one["event"] == "waits"] == ["discord"]
