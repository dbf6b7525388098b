"""Discord's Gateway, over a socket: messages come in once and in their order, whatever breaks.

An event is taken in, and only then its number is ours: with that number the session is resumed, on
another connection or by another process, and Discord sends again what lies behind it. What it sends
twice is a repeat. What `discord_gateway` says without a socket is said there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from aiohttp import (
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
)

from streams.channels import discord_gateway as told
from streams.channels.channel import Hook
from streams.channels.discord import CHANNEL
from streams.channels.discord_events import GATEWAY
from streams.channels.discord_gateway import Allowance, Frame, Session
from streams.channels.hearing import taken
from streams.channels.known import lacking
from streams.channels.settings import Discord
from streams.channels.sockets import ANSWER_SECONDS, Up, Visit, insisted
from streams.errors import Unavailable

if TYPE_CHECKING:
    from streams.gateway.house import House

INVALID_SECONDS = (1.0, 5.0)
"""Between these Discord wants us to wait when a session is of no use."""

BEHIND = 10_000
"""Events that wait to be taken in; with more the connection is ended, and resumed when they are."""

CLOSE_SECONDS = 2.0
"""How long Discord may take to hang up too."""

KEPT_EVERY = 100
"""After how many events without a contact the number of the last one is kept."""

_AGENT = "DiscordBot (pactdesk, 1)"

_log = structlog.get_logger(__name__)


def visit_of(house: House) -> Visit | None:
    """What opens a connection; None where none is wanted."""
    settings = house.settings.channels.discord
    if settings.application_id is None or lacking(house.settings.channels, CHANNEL.name):
        return None
    return _Gateway(settings, house).visit


class _Gateway:
    """Opens connections to the Gateway, one after the other, and keeps the session between them.

    Args:
        settings: The channel's settings.
        house: Takes messages in, and keeps the session.
    """

    def __init__(self, settings: Discord, house: House) -> None:
        self._settings = settings
        self._house = house
        self._name = f"discord.session.{settings.application_id}"
        self._astray = False

    async def visit(self, up: Up) -> None:
        """Speak over one connection, until it is over."""
        session = await self._kept()
        async with ClientSession(
            headers={"User-Agent": _AGENT}, timeout=ClientTimeout(ANSWER_SECONDS)
        ) as http:
            # Where a session was to be resumed there may be nothing any more.
            elsewhere, self._astray = self._astray, True
            url = session.url if session and not elsewhere else await self._found(http)
            if url is None:
                return
            async with http.ws_connect(
                told.address_of(url),
                max_msg_size=0,
                timeout=ClientWSTimeout(ws_close=CLOSE_SECONDS),
            ) as socket:
                self._astray = False
                line = _Connection(socket, self._settings, self._house, session, up, self._keep)
                anew = await line.spoken()
        if anew:
            await self._keep(None)
            await asyncio.sleep(random.uniform(*INVALID_SECONDS))  # noqa: S311  # spreads

    async def _found(self, http: ClientSession) -> str | None:
        """Where the Gateway is; None after having waited until a session may be begun again."""
        if self._settings.gateway_url is not None:
            return self._settings.gateway_url
        headers = {"Authorization": f"Bot {self._settings.bot_token}"}
        async with http.get(
            f"{self._settings.api_base_url}/gateway/bot", headers=headers
        ) as answer:
            body = await answer.json() if answer.status == HTTPStatus.OK else {}
        url, seconds = told.let_in(answer.status, body)
        if not seconds:
            return url
        _log.warning("too many sessions were begun", channel=CHANNEL.name, seconds=seconds)
        await asyncio.sleep(seconds)
        return None

    async def _kept(self) -> Session | None:
        kept = await self._house.ask(lambda desk: desk.database.meta(self._name))
        return None if kept is None else msgspec.json.decode(kept, type=Session | None)

    async def _keep(self, session: Session | None) -> None:
        kept = msgspec.json.encode(session).decode()
        await self._house.ask(lambda desk: desk.database.set_meta(self._name, kept))


class _Connection:
    """One connection: it listens, beats, and takes in what comes, each by itself.

    Args:
        socket: What it speaks over.
        settings: The channel's settings.
        house: Takes messages in.
        session: The session to resume, if there is one.
        up: Is called once the session stands.
        keep: Keeps the session, for another connection or process.

    Attributes:
        session: The session as far as its events are durable.
    """

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        settings: Discord,
        house: House,
        session: Session | None,
        up: Up,
        keep: Callable[[Session], Awaitable[None]],
    ) -> None:
        assert settings.bot_token is not None
        self.session = session
        self._token = settings.bot_token
        self._socket, self._settings, self._house = socket, settings, house
        self._up, self._keep = up, keep
        self._came: asyncio.Queue[tuple[Frame, bytes] | None] = asyncio.Queue()
        self._allowance = Allowance()
        self._answered = True

    async def spoken(self) -> bool:
        """Speak until the connection is over and what came is durable.

        Returns:
            Whether the session is over as well.

        Raises:
            Misconfigured: Somebody must mend something.
            Unavailable: Discord does not answer any more.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            hello = msgspec.json.decode(await self._socket.receive_str(), type=Frame)
        if hello.op != told.HELLO:
            raise Unavailable("Discord's Gateway says no hello", "it is tried on")
        await self._say(
            told.identify(self._token)
            if self.session is None
            else told.resume(self._token, self.session)
        )
        taking = asyncio.create_task(self._take())
        listening = asyncio.create_task(self._listen())
        beating = asyncio.create_task(self._beat(hello.d["heartbeat_interval"] / 1000))
        parts = (taking, listening, beating)
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            listening.cancel()
            beating.cancel()
            over = await asyncio.gather(listening, beating, return_exceptions=True)
            await self._socket.close(code=told.NOT_OVER)
            self._came.put_nowait(None)
            await taking  # before the session is given up: nobody would send it again
        finally:
            for task in parts:
                task.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            await self._socket.close(code=told.NOT_OVER)
        for one in over:
            if isinstance(one, Exception):
                raise one
        return over[0] is True

    async def _listen(self) -> bool:
        """Hear what Discord says until it is over; returns whether the session is as well."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            raw = message.data.encode()
            frame = msgspec.json.decode(raw, type=Frame)
            match frame.op:
                case told.DISPATCH:
                    self._came.put_nowait((frame, raw))
                    if self._came.qsize() > BEHIND:
                        return False
                case told.HEARTBEAT:
                    await self._say(told.heartbeat(self.session))
                case told.ACK:
                    self._answered = True
                case told.RECONNECT:
                    return False
                case told.INVALID if frame.d is True:
                    await asyncio.sleep(random.uniform(*INVALID_SECONDS))  # noqa: S311  # spreads
                    return False
                case told.INVALID:
                    return True
                case _:
                    pass  # a kind of tomorrow
        return told.ended(self._socket.close_code) == "anew"

    async def _beat(self, interval: float) -> None:
        """Say that we are there, for as long as Discord answers to that."""
        await asyncio.sleep(told.first_beat(interval))
        while self._answered:
            self._answered = False
            await self._say(told.heartbeat(self.session))
            await asyncio.sleep(interval)
        raise Unavailable("Discord's Gateway does not answer any more", "it is tried on")

    async def _say(self, frame: dict[str, Any]) -> None:
        wait = self._allowance.take(asyncio.get_running_loop().time())
        if wait:
            await asyncio.sleep(wait)
        await self._socket.send_json(frame)

    async def _take(self) -> None:
        """Take in what came, in its order; each event's number is ours when it is durable."""
        since = 0
        while (one := await self._came.get()) is not None:
            frame, raw = one
            begins = frame.t == "READY"
            session = told.begun(frame, self._settings.application_id) if begins else self.session
            if frame.t in {"READY", "RESUMED"}:
                self._up()
            if session is None or frame.s is None:
                continue
            contact = told.for_us(self._settings, session, frame)
            if contact:
                await self._durable(raw)
            self.session = msgspec.structs.replace(session, seq=frame.s)
            since += 1
            if begins or contact or since >= KEPT_EVERY:
                await insisted(CHANNEL.name, partial(self._keep, self.session))
                since = 0
        if since and self.session is not None:
            await insisted(CHANNEL.name, partial(self._keep, self.session))

    async def _durable(self, raw: bytes) -> None:
        hook = Hook("POST", GATEWAY, "", {}, {}, raw, self._house.clock.now())
        job = partial(taken, self._house, CHANNEL, self._settings, hook)
        await insisted(CHANNEL.name, job)
