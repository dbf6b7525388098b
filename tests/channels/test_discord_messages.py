"""Messages of Discord's, as they come over its Gateway: who wrote what, and what is for us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.channels import discord_events, discord_gateway
from streams.deadletters import DeadLetter
from streams.errors import Unreadable
from streams.gateway.metrics import REGISTRY
from streams.redrive import redrive
from tests.discords import (
    ANN,
    HELP,
    ME,
    DiscordServer,
    connected,
    contacts,
    in_a_server,
    message,
    told,
)
from tests.real import until
from tests.stores import a_desk


@pytest.fixture
def server() -> Iterator[DiscordServer]:
    with DiscordServer() as one:
        yield one


def stands() -> float | None:
    return REGISTRY.get_sample_value("pactdesk_channel_connected", {"channel": "discord"})


def test_what_somebody_writes_is_one_contact(tmp_path: Path, server: DiscordServer) -> None:
    with connected(tmp_path, server):
        server.stood()
        server.writes(1)
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
        server.writes(1, 1, 2)
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
        server.writes(9)
        told(tmp_path, "in our channel", "@support elsewhere", "message 9")


def test_an_edit_is_a_message_of_its_own_and_a_preview_is_not(
    tmp_path: Path, server: DiscordServer
) -> None:
    edited = {**message(1, "thrice"), "edited_timestamp": "2026-03-02T09:05:00.123000+00:00"}
    with connected(tmp_path, server):
        server.stood()
        server.writes(1)
        server.happens("MESSAGE_UPDATE", message(1))
        server.happens("MESSAGE_UPDATE", edited)
        server.happens("MESSAGE_UPDATE", {**edited, "pinned": True})
        server.happens("MESSAGE_DELETE", {"id": message(1)["id"], "channel_id": "1"})
        server.writes(2)
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
        server.writes(4)
        told(tmp_path, "message 4")
    assert [one.origin for one in letters(tmp_path)] == ["channels/discord/gateway"] * 2


def test_what_breaks_its_reader_is_kept_and_holds_nothing_up(
    tmp_path: Path, server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_of = discord_events.contact_of

    def broken(said: dict[str, Any]) -> object:
        if said["content"] == "message 1":
            raise ZeroDivisionError
        return contact_of(said)

    monkeypatch.setattr(discord_events, "contact_of", broken)
    with connected(tmp_path, server):
        server.stood()
        server.writes(1, 2)
        told(tmp_path, "message 2")
    (letter,) = letters(tmp_path)
    assert "ZeroDivisionError" in letter.error


def test_what_can_be_understood_later_is_a_contact_then(
    tmp_path: Path, server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_message: object) -> None:
        raise Unreadable("this is of tomorrow", "wait for it")

    with monkeypatch.context() as patched, connected(tmp_path, server):
        patched.setattr(discord_events, "contact_of", none)
        server.stood()
        server.writes(1)
        until(lambda: letters(tmp_path), 60, "the letter")
    with a_desk(tmp_path) as desk:
        assert [one["status"] for one in redrive(desk, None)] == ["accepted"]
    told(tmp_path, "message 1")


def letters(data: Path) -> list[DeadLetter]:
    with a_desk(data) as desk:
        return desk.letters()
