"""People at the desk say that they type: the customer hears of it, and so do the others."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.channels import chat
from streams.gateway.bodies import document
from streams.gateway.problems import bad_request
from streams.gateway.route import Call, Route
from streams.gateway.typists import DESK

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class Typing(BaseModel):
    """That somebody types, or no longer does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    typing: bool = Field(default=True, strict=True)


async def at_the_desk(call: Call) -> web.StreamResponse:
    """Somebody at the desk types on a ticket: its customer hears of it, and so do the others."""
    try:
        asked = Typing.model_validate(await document(call.request))
    except ValidationError as error:
        raise bad_request("this says not who types", 'send {"typing": true} or nothing') from error
    ticket, typists = call.path("id"), call.house.typists
    handle = await call.house.read(lambda desk: _handle_on(desk, ticket))
    told = {"by": call.caller.name, "ticket_id": ticket, "typing": asked.typing}
    typists.tell(DESK, told)
    if handle is not None:
        typists.tell(handle, {"by": "person", "typing": asked.typing})
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _handle_on(desk: AnyDesk, ticket_id: str) -> str | None:
    """The address from which somebody wrote last about a ticket in the chat."""
    rows = desk.query(
        "SELECT m.handle FROM v1_interactions i"
        " JOIN v1_messages m ON m.message_id = i.interaction_id"
        " WHERE i.ticket_id = ? AND i.channel = ? AND i.direction = 'in'"
        " ORDER BY i.timestamp DESC LIMIT 1",
        (ticket_id, chat.NAME),
    )
    return None if not rows else rows[0]["handle"]


ROUTES = (
    Route(
        "POST",
        "/api/v1/tickets/{id}/typing",
        at_the_desk,
        "desk",
        "Say that one types on a ticket; kept nowhere",
        body=Typing.model_json_schema(),
        answers={204: None, 404: None},
        tag="tickets",
    ),
)
