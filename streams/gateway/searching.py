"""Full-text search over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web
from pydantic import Field

from schemas.vocabulary import Channel, TicketStatus
from streams.gateway.bodies import answer
from streams.gateway.route import Call, Route
from streams.gateway.waiting import Since, reached
from streams.search import FEW, MANY, Wanted, kinds_of, terms_of


class Searching(Since):
    """What a search takes.

    Attributes:
        q: The words; "several" in quotes as they stand.
        places: `in`: tickets, messages, customers, articles, separated by commas.
        status: Only tickets, or messages of tickets, of this status.
        channel: Only what came or went on this channel.
        customer_id: Only what is this customer's.
        limit: So many at most.
    """

    q: str
    places: Annotated[str | None, Field(alias="in")] = None
    status: TicketStatus | None = None
    channel: Channel | None = None
    customer_id: str | None = None
    limit: Annotated[int, Field(ge=1, le=MANY)] = FEW


async def search(call: Call) -> web.StreamResponse:
    """What a text is found in, the best first."""
    asked = call.asked(Searching)
    wanted = Wanted(
        terms=terms_of(asked.q),
        kinds=kinds_of(asked.places),
        status=asked.status,
        channel=asked.channel,
        customer_id=asked.customer_id,
        limit=asked.limit,
    )
    await reached(call.house, asked)
    found, position = await call.house.read(
        lambda desk: (desk.search(wanted), desk.progress.shown())
    )
    document = {"items": msgspec.to_builtins(found), "position": position}
    return answer(document, position=position)


ROUTES = (
    Route(
        "GET",
        "/api/v1/search",
        search,
        "read",
        "Full-text search over tickets, messages, customers and articles",
        parameters=Searching,
        answers={
            200: {
                "type": "object",
                "required": ["items", "position"],
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}},
                    "position": {"type": "string"},
                },
            }
        },
        tag="search",
    ),
)
