"""A platform that is played, and a gateway: what was sent is what came in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from schemas.events.contacts import ContactReceived
from streams.channels.known import CHANNELS
from streams.clock import WallClock
from streams.errors import Misconfigured, Refused, Unavailable
from streams.gateway.background import Background, listening, server_of
from streams.settings import load
from streams.simulating import sending
from streams.simulating.channel import Play, Playing
from streams.simulating.plan import Wishes
from streams.simulating.tally import Sent, summed
from tests.gateways import Client, gateway
from tests.providers import DISCORDS, PROVIDERS
from tests.stores import a_desk

PLAYED = pytest.mark.parametrize("channel", [*CHANNELS])
EVERYTHING = Wishes(retries=True, duplicates=True, reorder=True, tamper=True)
KEY = bytes(DISCORDS).hex()


USUAL: dict[str, Any] = {
    "messages": 20,
    "people": 5,
    "seed": 1,
    "wishes": Wishes(),
    "skew": timedelta(),
    "rate": None,
    "text": None,
    "key": KEY,
}


def playing(channel: str, url: str, flags: dict[str, object], **fields: Any) -> Playing:
    """A play with some settings."""
    named = {name.replace("__", "."): value for name, value in flags.items()}
    play = Play(channel=channel, url=url, **{**USUAL, **fields})
    return Playing(play, load(named, {})[0].channels, WallClock())


def played(channel: str, url: str, **fields: Any) -> list[Sent]:
    """Play a channel against whatever is at an address."""
    return playing(channel, url, PROVIDERS[channel].flags, **fields).go(lambda _: None)


@contextmanager
def on(channel: str, data: Path) -> Iterator[Client]:
    """A gateway on which a channel is on."""
    with gateway(data, **PROVIDERS[channel].flags) as client:
        yield client


def came(client: Client) -> list[ContactReceived]:
    """What came in."""
    with a_desk(client.settings.data) as desk:
        assert [*desk.letters()] == []
        return [one.event for one in desk.events() if isinstance(one.event, ContactReceived)]


@PLAYED
def test_whatever_happens_on_the_way_each_message_comes_in_once(
    channel: str, tmp_path: Path
) -> None:
    with on(channel, tmp_path) as client:
        sent = played(channel, client.address, wishes=EVERYTHING)
        found = came(client)
    assert [one.why for one in sent if not one.right] == []
    messages = {one.step.post.message for one in sent if one.step.kind == "first"} - {""}
    assert {one.provider_id for one in found} == messages
    assert len(found) == 20
    assert len({one.customer_id for one in found}) == 5
    assert all(one.message for one in found)
    summary = summed(sent)
    assert summary["contacts"] == 20
    assert summary["repeats"] > 0
    assert summary["refused"] > 0
    assert {one.step.kind for one in sent} >= {"first", "retry", "duplicate", "tampered"}


@PLAYED
def test_the_same_people_write_anew_when_it_is_played_again(channel: str, tmp_path: Path) -> None:
    with on(channel, tmp_path) as client:
        for _ in range(2):
            played(channel, client.address, messages=5, text="Where is my parcel?")
        found = came(client)
    assert len(found) == 10
    assert len({one.customer_id for one in found}) <= 5


@PLAYED
@pytest.mark.parametrize("seconds", [-301, 360])  # ahead, a slow machine makes it less
def test_of_a_clock_that_is_too_far_off_nothing_comes_in_where_signatures_have_a_time(
    channel: str, seconds: int, tmp_path: Path
) -> None:
    with on(channel, tmp_path) as client:
        sent = played(channel, client.address, messages=3, skew=timedelta(seconds=seconds))
        found = came(client)
    assert [one.why for one in sent if not one.right] == []
    assert len(found) == (0 if PROVIDERS[channel].timed else 3)


def test_a_clock_that_is_a_little_off_is_taken(tmp_path: Path) -> None:
    with on("slack", tmp_path) as client:
        played("slack", client.address, messages=3, skew=timedelta(seconds=-200))
        assert len(came(client)) == 3


@PLAYED
def test_of_hundreds_at_once_none_is_lost(channel: str, tmp_path: Path) -> None:
    with on(channel, tmp_path) as client:
        sent = played(channel, client.address, messages=300, people=60, rate=1e6)
    assert [one.why for one in sent if not one.right] == []
    with a_desk(tmp_path) as desk:  # from the disk, when the gateway is gone
        events = [one.event for one in desk.events()]
    found = {one.provider_id for one in events if isinstance(one, ContactReceived)}
    assert found == {one.step.post.message for one in sent} - {""}
    assert len(found) == len(events) == 300


class _Gateway(Background):
    """Something at the other end that is no gateway of ours.

    Args:
        answers: The statuses that it answers with, the last one for ever.
    """

    def __init__(self, *answers: int) -> None:
        super().__init__("another gateway")
        self._answers = [*answers]
        self.retries: list[str | None] = []

    async def _serve(self) -> None:
        async def answer(request: web.Request) -> web.Response:
            self.retries.append(request.headers.get("X-Slack-Retry-Num"))
            status = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            found = re.search(rb'"challenge":"(\w+)"', await request.read())
            return web.Response(status=status, body=found[1] if found else b"")

        app = web.Application()
        app.router.add_route("*", "/channels/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        listener, address = await listening(server_of(runner), "127.0.0.1", 0, "--port")
        await self._told_to_stop(address)
        listener.close()
        await runner.cleanup()


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform does not wait before it tries again."""
    monkeypatch.setattr(sending, "PAUSE_SECONDS", 0.0)


@pytest.mark.usefixtures("impatience")
def test_what_is_lost_comes_again_and_says_so() -> None:
    with _Gateway(200, 503, 429, 200) as other:
        sent = played("slack", other.address, messages=1, seed=3, wishes=Wishes(retries=True))
    assert other.retries[:4] == [None, None, "1", "2"]
    assert [one.status for one in sent[:4]] == [200, 503, 429, 200]


@pytest.mark.usefixtures("impatience")
def test_what_is_lost_for_ever_is_wrong() -> None:
    with _Gateway(200, 500) as other:
        sent = played("slack", other.address, messages=1, wishes=Wishes(retries=True))
        assert len(played("slack", other.address, messages=1)) == 2, "nobody asked for retries"
    assert max(one.step.attempt for one in sent) >= 3
    assert summed(sent)["contacts"] == 0
    assert summed(sent)["wrong"] == len(sent) - 1


def test_who_takes_what_was_changed_on_the_way_is_found_out() -> None:
    with _Gateway(200) as other:
        sent = played("slack", other.address, wishes=Wishes(tamper=True))
    wrong = {one.step.kind for one in sent if not one.right}
    assert wrong == {"tampered"}


def test_who_does_not_answer_a_challenge_is_found_out() -> None:
    with _Gateway(200) as other:
        sent = played("twitter", other.address, messages=1)
    assert [one.right for one in sent] == [False, True]


def test_where_nobody_listens_nothing_is_sent() -> None:
    with pytest.raises(Unavailable, match="no gateway answers"):
        played("whatsapp", "http://127.0.0.1:1")


def test_a_channel_that_is_off_says_what_to_set() -> None:
    with pytest.raises(Misconfigured) as told:
        playing("whatsapp", "", {})
    assert "PACTDESK_CHANNELS__WHATSAPP__APP_SECRET" in told.value.remedy
    assert "PACTDESK_CHANNELS__WHATSAPP__PHONE_NUMBER_ID" in told.value.remedy


@pytest.mark.parametrize("key", [None, "00" * 32, "no key"])
def test_discord_is_played_with_a_key_whose_public_half_is_set(key: str | None) -> None:
    with pytest.raises(Misconfigured) as told:
        played("discord", "http://127.0.0.1:1", key=key)
    if key != "no key":
        assert "PACTDESK_CHANNELS__DISCORD__PUBLIC_KEY=" in told.value.remedy
        assert "--discord-private-key" in told.value.remedy


def test_a_key_that_was_made_is_one_to_play_with(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        played("discord", "http://127.0.0.1:1", key=None)
    words = told.value.remedy.replace(",", "").replace(";", "").split()
    public = next(one.partition("=")[2] for one in words if "PUBLIC_KEY=" in one)
    private = words[words.index("--discord-private-key") + 1]
    flags = {**PROVIDERS["discord"].flags, "channels__discord__public_key": public}
    with gateway(tmp_path, **flags) as client:
        one = playing("discord", client.address, flags, messages=3, key=private)
        sent = one.go(lambda _: None)
        assert len(came(client)) == 3
    assert all(one.right for one in sent)


def test_a_channel_without_a_path_of_its_own_is_refused() -> None:
    with pytest.raises(Refused, match="chat_widget"):
        playing("chat_widget", "", {})
