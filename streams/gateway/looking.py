"""One thing at a time: a ticket, its timeline, a customer, a record and its causes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from aiohttp import web
from pydantic import AfterValidator

from streams.errors import NotFound
from streams.gateway.bodies import answer
from streams.gateway.problems import bad_request
from streams.gateway.route import Call, Parameters, Route
from streams.gateway.verbs import etag_of
from streams.gateway.waiting import Since, reached
from streams.showing import drafts_of, with_files

if TYPE_CHECKING:
    from streams.asof import View
    from streams.engines import AnyDesk


_LOST_PLUS = re.compile(r"(T\d\d:\d\d\S*) (\d\d:?\d\d)$")


def _as_meant(text: str) -> str:
    """A time with its offset: a plus sign that stands in an address as it is is read as a blank."""
    return _LOST_PLUS.sub(r"\1+\2", text)


Moment = Annotated[str, AfterValidator(_as_meant)]
"""A time or position, from an address."""


class Looking(Since):
    """What one thing takes.

    Attributes:
        as_of: A time or position: what is shown as it stood.
        occurred: With the time: by when things happened, not when they were known.
    """

    as_of: Moment | None = None
    occurred: bool = False


def view_of(
    desk: AnyDesk, looking: Looking, *, customer: str | None = None, ticket: str | None = None
) -> AnyDesk | View:
    """The views now, or as they stood at a moment.

    Args:
        desk: The desk.
        looking: The moment.
        customer: Only what is shown of this customer need be there.
        ticket: The same of a ticket.

    Raises:
        Problem: 400, `occurred` without a moment.
        Refused: As `as_of` does.
        NotFound: The same.
    """
    if looking.as_of is not None:
        return desk.as_of(
            looking.as_of, occurred=looking.occurred, customer=customer, ticket=ticket
        )
    if looking.occurred:
        raise bad_request("occurred says how as_of cuts", "give as_of too")
    return desk


def _one(view: AnyDesk | View, kind: str, name: str) -> dict[str, Any]:
    found = view.query(f"SELECT * FROM v1_{kind}s WHERE {kind}_id = ?", (name,))
    if not found:
        raise NotFound(f"there is no {kind} {name}", f"see /api/v1/{kind}s")
    return found[0]


async def ticket(call: Call) -> web.StreamResponse:
    """A ticket as it stands."""
    found, position = await _looked(call, lambda view, name: _one(view, "ticket", name), "ticket")
    return answer(found, position=position, headers={"ETag": etag_of(found["revision"])})


async def timeline(call: Call) -> web.StreamResponse:
    """Everything that was said and done on a ticket, in its order."""
    # Whole: what was decided on a ticket lies on the desk's lines as well as on its customer's.
    found, position = await _looked(call, _timeline)
    return answer({**found, "position": position}, position=position)


def _timeline(view: AnyDesk | View, name: str) -> dict[str, Any]:
    found = _one(view, "ticket", name)
    said = view.query(
        "SELECT *, timestamp AS at FROM v1_interactions WHERE ticket_id = ?"
        " ORDER BY timestamp, direction <> 'in', interaction_id",
        (name,),
    )
    decided = view.query(
        "SELECT * FROM v1_decisions WHERE ticket_id = ? ORDER BY at, record_id", (name,)
    )
    return {
        "ticket": found,
        "interactions": with_files(view, name, said),
        "decisions": decided,
        "drafts": drafts_of(view, name),
    }


async def customer(call: Call) -> web.StreamResponse:
    """A customer with their tickets."""
    found, position = await _looked(call, _customer, "customer")
    return answer(found, position=position)


def _customer(view: AnyDesk | View, name: str) -> dict[str, Any]:
    found = _one(view, "customer", name)
    found["tickets"] = view.query(
        "SELECT * FROM v1_tickets WHERE customer_id = ? ORDER BY created_at, ticket_id", (name,)
    )
    return found


async def _looked(
    call: Call, look: Callable[[AnyDesk | View, str], dict[str, Any]], kind: str | None = None
) -> tuple[dict[str, Any], str]:
    """What a look at the thing in the path gives, and the position that it shows at least.

    Args:
        call: The request.
        look: Looks at the views, now or as they stood, for an id.
        kind: `customer` or `ticket`, where no more is looked at than is shown of one.
    """
    name, looking = call.path("id"), call.asked(Looking)
    await reached(call.house, looking)

    def see(desk: AnyDesk) -> tuple[dict[str, Any], str]:
        position = desk.progress.shown()
        only = {} if kind is None else {kind: name}
        return look(view_of(desk, looking, **only), name), position

    return await (call.house.read if looking.as_of is None else call.house.look_back)(see)


async def record(call: Call) -> web.StreamResponse:
    """A record of the log, as `pactdesk events` prints it."""
    name = call.path("id")
    found = await call.house.look_back(lambda desk: desk.record_line(name))
    if found is None:
        raise NotFound(f"there is no record {name}", "take an id from an answer of this API")
    return answer(found, position=found["position"])


class Asking(Parameters):
    """What may be asked of causes.

    Attributes:
        field: A ticket's field: what set it to what it is.
    """

    field: str | None = None


async def causes(call: Call) -> web.StreamResponse:
    """Every cause of a record or of a metric's row, back to what came from outside."""
    name, asking = call.path("id"), call.asked(Asking)

    def see(desk: AnyDesk) -> tuple[object, str]:
        position = desk.progress.shown()
        return desk.why(name, asking.field), position

    found, position = await call.house.look_back(see)
    return answer(found, position=position)


_TREE = {"type": "object", "description": "The record, and its cause in the same shape"}

ROUTES = (
    Route(
        "GET",
        "/api/v1/tickets/{id}",
        ticket,
        "read",
        "A ticket as it stands",
        parameters=Looking,
        answers={200: {"$ref": "#/components/schemas/v1_tickets"}, 404: None},
        tag="tickets",
    ),
    Route(
        "GET",
        "/api/v1/tickets/{id}/timeline",
        timeline,
        "read",
        "Everything that was said and done on a ticket",
        parameters=Looking,
        answers={200: {"type": "object"}, 404: None},
        tag="tickets",
    ),
    Route(
        "GET",
        "/api/v1/customers/{id}",
        customer,
        "read",
        "A customer with their tickets",
        parameters=Looking,
        answers={200: {"$ref": "#/components/schemas/v1_customers"}, 404: None},
        tag="customers",
    ),
    Route(
        "GET",
        "/api/v1/records/{id}",
        record,
        "read",
        "A record of the log",
        answers={200: {"type": "object"}, 404: None},
        tag="records",
    ),
    Route(
        "GET",
        "/api/v1/records/{id}/why",
        causes,
        "read",
        "Every cause of a record",
        parameters=Asking,
        answers={200: _TREE, 404: None},
        tag="records",
    ),
)
