"""Discord's Gateway, as tests play it; whatever either side says is judged by a third party."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import discord_typings
from aiohttp import web
from pydantic import TypeAdapter

from schemas.events.contacts import ContactReceived
from tests.gateways import Client, gateway
from tests.providers import sent
from tests.real import until
from tests.socketed import Server
from tests.stores import a_desk

TOKEN = "MTE5"  # noqa: S105  # of nobody
APPLICATION, ME = "775799577604522053", "775799577604522054"
ANN = "53908232506183680"
HELP = "645027906669510667"
"""A channel of a server."""

DIRECT = "645027906669510999"
"""Ann's direct messages with us."""

_OURS = {1: "HeartbeatCommand", 2: "IdentifyCommand", 6: "ResumeCommand"}
_THEIRS = {7: "ReconnectEvent", 9: "InvalidSessionEvent", 10: "HelloEvent", 11: "HeartbeatACKEvent"}
_EVENTS = {
    "READY": "ReadyEvent",
    "RESUMED": "ResumedEvent",
    "MESSAGE_CREATE": "MessageCreateEvent",
    "MESSAGE_UPDATE": "MessageUpdateEvent",
    "MESSAGE_DELETE": "MessageDeleteEvent",
}


@cache
def _described(name: str) -> TypeAdapter[Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(getattr(discord_typings, name))
    adapter.rebuild(_types_namespace={"discord_typings": discord_typings})
    return adapter


def judged(name: str, said: object) -> None:
    """See that something is as `discord_typings` describes it."""
    _described(name).validate_json(json.dumps(said), strict=True)


def message(number: int, text: str | None = None, **changes: Any) -> dict[str, Any]:
    """What Ann writes to us directly, as MESSAGE_CREATE has it; other fields where given."""
    found = json.loads(sent("discord", "message_create.json"))
    for gone in ("guild_id", "member", "message_reference", "referenced_message"):
        del found[gone]
    return {
        **found,
        "id": str(1477954366341120005 + number * 4194304),
        "type": 0,
        "channel_id": DIRECT,
        "content": text or f"message {number}",
        "mentions": [],
        "attachments": [],
        **changes,
    }


def in_a_server(number: int, **changes: Any) -> dict[str, Any]:
    """What Ann writes in a channel of a server."""
    return message(number, **{"guild_id": "290926798626357999", "channel_id": HELP, **changes})


class DiscordServer(Server):
    """Discord, as far as its Gateway goes: it numbers events, and sends again what was not had.

    Attributes:
        said: What we said to it, in our order.
        events: The session's events, by their numbers from 1.
        forgets: Whether it knows no session any more when one is to be resumed.
        mute: Whether it leaves heartbeats without an answer.
        refuses: A code with which it hangs up when somebody introduces themself.
        budgets: What it says of sessions that may be begun, one after the other, the last for ever.
        status: The HTTP status with which it tells where the Gateway is.
        asked: How often it was asked that.
        beat: Seconds between heartbeats.
    """

    def __init__(self, beat: float = 30.0) -> None:
        super().__init__()
        self.said: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.forgets = False
        self.mute = False
        self.refuses: int | None = None
        self.budgets = [{"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}]
        self.status = 200
        self.asked = 0
        self.beat = beat
        self._sessions = 0

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v10/gateway/bot", self._where),
            web.get("/gateway/", self._link),
            web.get("/again/", self._link),
        ]

    @property
    def settings(self) -> dict[str, object]:
        """The settings with which our Gateway is this."""
        settings = {
            "public_key": "0f" * 32,
            "bot_token": TOKEN,
            "application_id": APPLICATION,
            "api_base_url": f"http://{self.address}/api/v10",
        }
        return {f"channels__discord__{name}": value for name, value in settings.items()}

    def heard(self, op: int) -> list[Any]:
        """What we said of a kind."""
        return [one["d"] for one in self.said if one["op"] == op]

    def stood(self, ready: int = 1) -> None:
        """Wait until a session stands that was begun or resumed so often."""
        until(lambda: len(self.heard(2)) + len(self.heard(6)) >= ready, 60, "a session stands")

    def happens(self, kind: str, what: dict[str, Any], *, quietly: bool = False) -> int:
        """An event happens in the session; returns its number.

        Args:
            kind: Its name.
            what: What it says.
            quietly: Whether it never gets through on this connection.
        """

        async def happen() -> dict[str, Any]:  # there, for a session may be resumed meanwhile
            self.events.append(self._event(kind, what, len(self.events) + 1))
            return self.events[-1]

        frame = self.do(happen())
        if not quietly:
            self.say(frame)
        return int(frame["s"])

    def writes(self, *numbers: int, quietly: bool = False) -> None:
        """Ann writes some messages to us directly."""
        for number in numbers:
            self.happens("MESSAGE_CREATE", message(number), quietly=quietly)

    def tells(self, op: int, *, what: bool | None = None) -> None:
        """Say something that is no event."""
        self.say(self._frame(op, what=what))

    def _frame(self, op: int, *, what: object) -> dict[str, Any]:
        frame = {"op": op, "d": what, "s": None, "t": None}
        judged(_THEIRS[op], frame)
        return frame

    def _event(self, kind: str, what: object, number: int) -> dict[str, Any]:
        frame = {"op": 0, "t": kind, "s": number, "d": what}
        if kind in _EVENTS:
            judged(_EVENTS[kind], frame)
        return frame

    async def _where(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bot {TOKEN}"
        self.asked += 1
        budget = self.budgets.pop(0) if len(self.budgets) > 1 else self.budgets[0]
        told = {
            "url": f"ws://{self.address}/gateway",
            "shards": 1,
            "session_start_limit": budget,
        }
        judged("GetGatewayBotData", told)
        return web.json_response(told, status=self.status)

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        assert dict(request.query) == {"v": "10", "encoding": "json"}

        async def greet(socket: web.WebSocketResponse) -> None:
            await socket.send_json(
                self._frame(10, what={"heartbeat_interval": int(self.beat * 1000)})
            )

        socket = await self.held(request, greet, self._answer)
        if not self.hung_up and socket.close_code in {1000, 1001}:
            self.forgets = True  # whoever says goodbye wants nothing more
        return socket

    async def _answer(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        judged(_OURS[said["op"]], said)
        match said["op"]:
            case 1:
                if not self.mute:
                    await socket.send_json(self._frame(11, what=None))
            case _ if self.refuses is not None:
                await socket.close(code=self.refuses)
            case 2:
                await self._begun(socket, said["d"])
            case 6:
                await self._resumed(socket, said["d"])
        self.said.append(said)  # only now: a test goes on when it is there

    async def _begun(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        assert asked["token"] == TOKEN
        self._sessions += 1
        ready = {
            "v": 10,
            "user": {"id": ME, "username": "support", "discriminator": "0001", "avatar": None,
                     "global_name": None, "bot": True},
            "guilds": [],
            "session_id": f"session {self._sessions}",
            "resume_gateway_url": f"ws://{self.address}/again",
            "application": {"id": APPLICATION, "flags": 0},
        }  # fmt: skip
        self.events = [self._event("READY", ready, 1)]
        await socket.send_json(self.events[0])

    async def _resumed(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        if self.forgets or asked["session_id"] != f"session {self._sessions}":
            self.forgets = False
            await socket.send_json(self._frame(9, what=False))
            return
        for event in self.events[asked["seq"] :]:
            await socket.send_json(event)
        self.events.append(self._event("RESUMED", {}, len(self.events) + 1))
        await socket.send_json(self.events[-1])


@contextmanager
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
