"""A stand-in for all providers that messages are sent to, on one port.

`api_base_url` of every channel is the stand-in's address, for no two providers have the same path.
It answers as they do, keeps what it took in memory and shows it at `GET /received`, and can be told
what is to go wrong: for the next requests one by one, or by chance.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec
from aiohttp import web

from schemas.vocabulary import rfc3339
from streams.clock import Clock, WallClock
from streams.simulating.faults import Fault, none
from streams.simulating.sides import discord, meta, phone, slack, twitter
from streams.simulating.sides.side import Answer, Asked, Message, Side, read

SIDES: tuple[Side, ...] = (
    slack.SIDE,
    meta.WHATSAPP,
    phone.SIDE,
    twitter.SIDE,
    meta.FACEBOOK,
    discord.SIDE,
)
"""Every provider that messages are sent to over HTTP."""

RECEIVED = "/received"

MOST_BYTES = 32 * 1024 * 1024
"""Bytes that a request may have, with the files in it."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answers = Callable[[Side, Asked], tuple[Answer, Fault | None]]


def _untold(line: dict[str, Any]) -> None:
    """Tell nobody."""


@dataclass
class StandIn:
    """What the providers know, and what is to go wrong with them.

    Attributes:
        clock: What time it is there.
        on_sending: What goes wrong with the next messages, one by one; None is nothing.
        on_looking: What goes wrong with the next look-ups.
        otherwise: What goes wrong with a message when `on_sending` is used up.
        tell: Is told of every request to send, as it comes.
        messages: What was taken, in its order.
        requests: Every request to send, also those that were not taken: as `GET /received` shows
            them.
    """

    clock: Clock = field(default_factory=WallClock)
    on_sending: deque[Fault | None] = field(default_factory=deque)
    on_looking: deque[Fault | None] = field(default_factory=deque)
    otherwise: Callable[[], Fault | None] = none
    tell: Callable[[dict[str, Any]], None] = _untold
    messages: list[Message] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def sent(self, side: Side, asked: Asked) -> tuple[Answer, Fault | None]:
        """The answer to a request to send, and what goes wrong with it."""
        fault = self.on_sending.popleft() if self.on_sending else self.otherwise()
        answer = _by(side, asked, fault, side.takes)
        if answer.message is not None:
            self.messages.append(answer.message)
        self._note(side, asked, answer, fault)
        return answer, fault

    def looked(
        self, side: Side, asked: Asked, finds: Callable[[Asked], Answer]
    ) -> tuple[Answer, Fault | None]:
        """The answer to a look-up, and what goes wrong with it."""
        fault = self.on_looking.popleft() if self.on_looking else None
        return _by(side, asked, fault, finds), fault

    def _note(self, side: Side, asked: Asked, answer: Answer, fault: Fault | None) -> None:
        message = answer.message
        line = {
            "at": rfc3339(asked.at),
            "channel": side.channel,
            "to": message.to if message is not None else None,
            "text": message.text if message is not None else None,
            "provider_message_id": message.provider_message_id if message is not None else None,
            "status": int(answer.status),
            "fault": fault.kind if fault is not None else None,
            "path": dict(asked.named),
            "body": asked.body,
        }
        self.requests.append(line)
        self.tell(line)


def _by(
    side: Side, asked: Asked, fault: Fault | None, answers: Callable[[Asked], Answer]
) -> Answer:
    if not asked.authorisation:
        return side.stranger
    if fault is not None and fault.kind == "429":
        return side.limited(asked, fault.seconds)
    return side.broken if fault is not None and fault.kind == "500" else answers(asked)


def application(stand_in: StandIn) -> web.Application:
    """The stand-in as an application, to be served.

    Args:
        stand_in: What it knows; may be changed while it is served.
    """
    stopping, numbers = asyncio.Event(), count(1)

    def answering(side: Side, answers: Answers) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            asked = Asked(
                named=dict(request.match_info),
                query=dict(request.query),
                authorisation=request.headers.get("Authorization", ""),
                body=read(await request.read(), request.headers.get("Content-Type", "")),
                at=stand_in.clock.now(),
                number=next(numbers),
                taken=[one for one in stand_in.messages if one.channel == side.channel],
            )
            return await _sent(request, *answers(side, asked), stopping)

        return handler

    def looking(finds: Callable[[Asked], Answer]) -> Answers:
        return lambda side, asked: stand_in.looked(side, asked, finds)

    async def received(_request: web.Request) -> web.Response:
        body = msgspec.json.encode(stand_in.requests)
        return web.Response(body=body, content_type="application/json")

    async def stops(_app: web.Application) -> None:
        stopping.set()

    app = web.Application(client_max_size=MOST_BYTES)
    for side in SIDES:
        app.router.add_post(side.path, answering(side, stand_in.sent))
        for path, finds in side.finds.items():
            found = answering(side, looking(finds))
            app.router.add_get(path, found)
            if path != side.path:
                app.router.add_post(path, found)  # Slack may be asked in either way
    app.router.add_get(RECEIVED, received)
    app.on_shutdown.append(stops)
    return app


async def _sent(
    request: web.Request, answer: Answer, fault: Fault | None, stopping: asyncio.Event
) -> web.StreamResponse:
    """Send an answer, and let go wrong what is to."""
    kind = fault.kind if fault is not None else None
    if fault is not None and kind in {"hang", "slow"}:
        with suppress(TimeoutError):
            async with asyncio.timeout(fault.seconds if kind == "slow" else None):
                await stopping.wait()
    content = msgspec.json.encode(answer.document)
    if kind != "close":
        return web.Response(
            body=content,
            status=answer.status,
            content_type="application/json",
            headers=dict(answer.headers),
        )
    cut = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    cut.content_type, cut.content_length = "application/json", len(content)
    await cut.prepare(request)
    await cut.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.close()
    return cut
