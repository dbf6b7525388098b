"""Server-sent events: one answer that stays open, into which several may write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from aiohttp import web

from streams.gateway.bodies import one_line
from streams.gateway.route import Call

RETRY_MILLISECONDS = 1000
"""After how long a client that lost the stream asks for it again."""

SEND_SECONDS = 30.0
"""How long a client may take to read; after that it comes back with its Last-Event-ID."""

Send = Callable[[bytes], Awaitable[None]]
"""Writes to the client; raises once it is gone, reads too slowly, or may read no more."""

Pump = Callable[[Send], Coroutine[Any, Any, None]]
"""Writes for as long as there is something to say; where one ends, the stream does."""


async def streamed(
    call: Call, pumps: tuple[Pump, ...], headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Answer with a stream, until a pump ends or the gateway stops.

    A pump ends with the client, and with the client's key: what comes after that is not sent.

    Args:
        call: The request.
        pumps: What writes to it.
        headers: More headers of the answer.
    """
    told = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no", **(headers or {})}
    if call.request.method == "HEAD":
        return web.Response(headers=told)
    response = web.StreamResponse(headers=told)
    await response.prepare(call.request)
    await response.write(f"retry: {RETRY_MILLISECONDS}\n\n".encode())

    async def send(content: bytes) -> None:
        await call.still()
        async with asyncio.timeout(SEND_SECONDS):
            await response.write(content)

    tasks = [asyncio.create_task(pump(send)) for pump in pumps]
    tasks.append(asyncio.create_task(_until(call.house.stopping)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return response


async def _until(stopping: asyncio.Event) -> None:
    await stopping.wait()


def event(kind: str, content: object, number: str | None = None) -> bytes:
    """One event.

    Args:
        kind: Its name.
        content: What it says, as JSON.
        number: Its id, by which a client says how far it has come; without one that stays.
    """
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {kind}\ndata: ".encode() + one_line(content) + b"\n\n"


def quiet(number: str) -> bytes:
    """That there was nothing up to an id, which a client keeps without hearing of it."""
    return f"id: {number}\n: nothing new\n\n".encode()
