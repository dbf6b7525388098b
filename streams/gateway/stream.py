"""The log as server-sent events: each record as it is appended, resumed where a client left off."""

from __future__ import annotations

from aiohttp import web

from streams.filters import Filter
from streams.gateway.route import Call, Parameters, Route
from streams.gateway.sse import Send, event, quiet, streamed
from streams.gateway.typists import DESK
from streams.showing import record_line


class Watching(Parameters):
    """What is streamed.

    Attributes:
        topic: Only this topic.
        customer: Only this customer's line, and records that name them.
        ticket: Only records that name this ticket.
        type: Only this event type.
        after: A position: what lies behind it comes first. Last-Event-ID goes before it.
        typing: Whether it is also said who types, as events without an id.
    """

    topic: str | None = None
    customer: str | None = None
    ticket: str | None = None
    type: str | None = None
    after: str | None = None
    typing: bool = False


async def stream(call: Call) -> web.StreamResponse:
    """Records as they are appended; each event's id is the position behind it."""
    asked, house = call.asked(Watching), call.house
    wanted = Filter(
        customer=asked.customer, topic=asked.topic, ticket=asked.ticket, type=asked.type
    ).checked()
    after = call.request.headers.get("Last-Event-ID") or asked.after
    if after is None:
        after = await house.tail.end()  # before the client hears that it may rely on what follows
    else:
        await house.read(lambda desk: desk.progress.shows(after))  # refuses what is no position

    async def records(send: Send) -> None:
        async for entry, position in house.tail.watch(wanted, after):
            if entry is None:
                await send(quiet(position))
            else:
                line = record_line(entry, position)
                await send(event(line["type"], line, position))

    async def typists(send: Send) -> None:
        with house.typists.heard(DESK) as ear:
            while True:
                await send(event("typing", await ear.get()))

    return await streamed(call, (records, typists) if asked.typing else (records,))


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
