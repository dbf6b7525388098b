"""The log as server-sent events: each record as it is appended, resumed where a client left off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from streams.entry import Entry
from streams.filters import Filter
from streams.gateway.problems import bad_request
from streams.gateway.route import Call, Parameters, Route
from streams.gateway.tail import Found
from streams.showing import record_line

RETRY_MILLISECONDS = 1000
"""After how long a client that lost the stream asks for it again."""

SEND_SECONDS = 30.0
"""How long a client may take to read; after that it comes back with its Last-Event-ID."""


class Watching(Parameters):
    """What is streamed.

    Attributes:
        topic: Only this topic.
        customer: Only this customer's line, and records that name them.
        ticket: Only records that name this ticket.
        type: Only this event type.
        after: A position: what lies behind it comes first. Last-Event-ID goes before it.
    """

    topic: str | None = None
    customer: str | None = None
    ticket: str | None = None
    type: str | None = None
    after: str | None = None


async def stream(call: Call) -> web.StreamResponse:
    """Records as they are appended; each event's id is the position behind it."""
    asked, house = call.asked(Watching), call.house
    wanted = Filter(
        customer=asked.customer, topic=asked.topic, ticket=asked.ticket, type=asked.type
    )
    if (fault := wanted.fault()) is not None:
        raise bad_request(*fault)
    after = call.request.headers.get("Last-Event-ID") or asked.after
    if after is None:
        after = await house.tail.end()  # before the client hears that it may rely on what follows
    else:
        await house.read(lambda desk: desk.progress.shows(after))  # refuses what is no position
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await response.prepare(call.request)
    pump = asyncio.create_task(_pump(response, house.tail.watch(wanted, after)))
    stopping = asyncio.create_task(house.stopping.wait())
    await asyncio.wait({pump, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (pump, stopping):
        task.cancel()
    await asyncio.gather(pump, stopping, return_exceptions=True)
    return response


async def _pump(response: web.StreamResponse, found: AsyncIterator[Found | None]) -> None:
    """Send what is found until the client is gone."""
    await response.write(f"retry: {RETRY_MILLISECONDS}\n\n".encode())
    async for one in found:
        async with asyncio.timeout(SEND_SECONDS):
            await response.write(b": nothing new\n\n" if one is None else _event(*one))


def _event(entry: Entry, position: str) -> bytes:
    line = record_line(entry, position)
    content = msgspec.json.encode(line).decode()
    return f"id: {position}\nevent: {line['type']}\ndata: {content}\n\n".encode()


ROUTES = (
    Route(
        "GET",
        "/api/v1/stream",
        stream,
        "read",
        "The log as server-sent events",
        parameters=Watching,
        answers={200: None},
        tag="records",
        headers={
            "Last-Event-ID": "The id of the last event that came; what lies behind it is sent"
        },
    ),
)
