"""The chat of one's own site: sessions, messages, what was read, who types, where to write to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.shaping import units
from schemas.platforms import PLATFORMS
from schemas.vocabulary import rfc3339
from streams.channels import chat
from streams.channels.channel import Receipt, Unverified
from streams.channels.chat import Person
from streams.channels.receipts import noted
from streams.channels.settings import ChatWidget
from streams.gateway import talk
from streams.gateway.bodies import answer, document
from streams.gateway.colleagues import Typing
from streams.gateway.house import House
from streams.gateway.letting_in import (
    admit,
    for_pages,
    key_of,
    no_session,
    preflight,
    settings_of,
    visitor_of,
)
from streams.gateway.problems import Problem, bad_request
from streams.gateway.route import Call, Handler, Route
from streams.gateway.signing_in import held, session_of
from streams.gateway.typists import DESK
from streams.inputs.fields import Body, Name
from streams.intake import line_of

if TYPE_CHECKING:
    from streams.engines import AnyDesk

PATIENCE = 2.0
"""Seconds for which the tables are waited for where somebody speaks of what just happened."""

UNSEEN = frozenset({"queued", "sent", "unconfirmed"})
"""States of a reply of which it is not known that its customer has it."""

Number = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
"""What a page calls a message."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Begin(_Body):
    """Who begins a session."""

    token: str | None = Field(None, max_length=4096, description="The session that the page kept")
    identity: str | None = Field(
        None, max_length=4096, description="For whom the site vouches: a JWT, HS256"
    )
    user_id: str | None = Field(None, max_length=chat.LONGEST, description="With `user_hash`")
    user_hash: str | None = Field(None, max_length=64, description="HMAC-SHA256 of `user_id`, hex")
    website: str = Field("", description="Stays empty: only programs fill it in")


class Say(_Body):
    """A message."""

    id: Number = Field(description="Made by the page: the same one is the same message")
    text: Body
    in_reply_to: Name | None = Field(None, description="The message of ours that it answers")
    website: str = Field("", description="Stays empty: only programs fill it in")


class Read(_Body):
    """What somebody has read."""

    messages: list[Name] = Field(min_length=1, max_length=talk.MOST)


_WORD = r"[^\s@<>,;:()\[\]\\\"]+"
"""A part of an address that needs no quotes, so that what is left is one address."""


class Leave(_Body):
    """Where somebody wants to be written to."""

    email: str = Field(max_length=254, pattern=rf"^{_WORD}@{_WORD}\.{_WORD}$")


M = TypeVar("M", bound=BaseModel)


async def _asked(call: Call, kind: type[M]) -> M:
    """The body of a request; raises `Problem` for another one."""
    try:
        asked = kind.model_validate(await document(call.request))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in fault["loc"]) or "the body"
        known = ", ".join(kind.model_fields)
        raise bad_request(
            f"{name}: {fault['msg'].removeprefix('Value error, ')}", f"it takes {known}"
        ) from error
    if getattr(asked, "website", ""):
        raise bad_request("website is filled in", "leave it empty: people do not see it")
    return asked


async def sessions(call: Call) -> web.StreamResponse:
    """Begin a session, or go on with one; tells what was said before."""
    settings, house = settings_of(call.house), call.house
    asked = await _asked(call, Begin)
    person = _vouched(settings, asked, house)
    session = await session_of(house, await held(house, asked.token), person)
    admit(settings, session)
    house.visitors.asks(session)
    key = await key_of(house)
    position, before = await house.read(
        lambda desk: (
            desk.progress.shown(),
            talk.said(desk, session.handles, talk.handed(desk, house.settings, house.clock.now())),
        )
    )
    await _delivered(house, before)
    return answer(
        {
            "token": chat.signed(session, key),
            "expires_at": rfc3339(session.expires_at),
            "verified": session.verified,
            "messages": before,
            "after": chat.placed(position, key),
        }
    )


def _vouched(settings: ChatWidget, asked: Begin, house: House) -> Person | None:
    try:
        if asked.identity is not None:
            return chat.vouched(settings, asked.identity, house.clock.now())
        if asked.user_id is not None or asked.user_hash is not None:
            return chat.hashed(settings, asked.user_id or "", asked.user_hash or "")
    except Unverified as error:
        raise no_session(
            error.reason,
            "send a JWT that the site's server signed by HS256 with identity_secret, with user_id"
            " and exp; or user_id with its HMAC",
        ) from error
    return None


async def _delivered(house: House, shown: list[dict[str, Any]]) -> None:
    """Note that the replies among some messages are with their customer now."""
    receipts = [
        Receipt("delivered", request_id=one["id"])
        for one in shown
        if one["direction"] == "out" and one["state"] in UNSEEN
    ]
    if receipts:
        now = house.clock.now()
        await house.ask(lambda desk: noted(desk, chat.NAME, receipts, now))


async def messages(call: Call) -> web.StreamResponse:
    """Take a message in; 202 once it is durable."""
    session = await visitor_of(call)
    call.house.visitors.writes(session)
    asked = await _asked(call, Say)
    most = PLATFORMS[chat.NAME].characters
    if units(asked.text) > most:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the message has more than {most} characters",
            "send it in parts",
        )
    if not asked.text.strip():
        raise bad_request("text: it says nothing", "write something")
    line = chat.message(session, asked.id, asked.text, asked.in_reply_to)
    receipt = await call.house.way_in.take([line_of(line)])
    (taken,) = receipt.taken
    if taken.status == "unreadable":
        raise Problem(HTTPStatus.CONFLICT, taken.error or "", taken.remedy or "")
    return answer(
        {"id": taken.id, "message_id": asked.id, "status": taken.status},
        status=HTTPStatus.ACCEPTED,
        position=receipt.position,
    )


async def read(call: Call) -> web.StreamResponse:
    """Note that somebody has read replies of ours."""
    session = await visitor_of(call)
    asked = await _asked(call, Read)
    house, now = call.house, call.house.clock.now()

    def theirs(desk: AnyDesk) -> list[str]:
        rows = {number: talk.whose(desk, number) for number in asked.messages}
        return [number for number, handle in rows.items() if handle in session.handles]

    found = await house.until(lambda desk: theirs(desk) or None, PATIENCE)
    if found is None:
        raise Problem(
            HTTPStatus.NOT_FOUND, "none of these messages is yours", "send ids that the chat showed"
        )
    receipts = [Receipt("read", request_id=one) for one in found]
    await house.ask(lambda desk: noted(desk, chat.NAME, receipts, now))
    return answer({"read": found}, status=HTTPStatus.ACCEPTED)


async def typing(call: Call) -> web.StreamResponse:
    """Tell the desk that somebody types; kept nowhere."""
    session = await visitor_of(call)
    asked = await _asked(call, Typing)
    if call.house.typists.listened(DESK):

        def about(desk: AnyDesk) -> dict[str, Any]:
            customer = desk.intake.resolver.customer_of(chat.NAME, session.handle)
            return {"customer_id": customer, "ticket_id": talk.ticket_of(desk, session.handles)}

        told = await call.house.read(about)
        call.house.typists.tell(DESK, {"by": "customer", "typing": asked.typing, **told})
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def email(call: Call) -> web.StreamResponse:
    """Note where somebody wants to be written to; people at the desk see it on the ticket.

    What they do not read in time goes there.
    """
    session = await visitor_of(call)
    call.house.visitors.writes(session)
    asked = await _asked(call, Leave)
    ticket = await call.house.until(lambda desk: talk.ticket_of(desk, session.handles), PATIENCE)
    if ticket is None:
        raise Problem(
            HTTPStatus.CONFLICT, "there is nothing yet to be answered", "write a message first"
        )
    await call.house.way_in.take([line_of(chat.left_address(session, ticket, asked.email))])
    now = call.house.clock.now()

    def left(desk: AnyDesk) -> None:
        whose = talk.customer_of(desk, ticket)
        desk.intake.records([chat.address_left(ticket, whose, asked.email, now)])

    await call.house.ask(left)
    return answer({"status": "noted"}, status=HTTPStatus.ACCEPTED)


def visiting(path: str) -> str:
    """A path of the chat."""
    return f"/channels/chat/{path}"


_SESSION: dict[str, Any] = {
    "type": "object",
    "required": ["token", "expires_at", "verified", "messages", "after"],
    "properties": {
        "token": {"type": "string", "description": "The session, for `Authorization: Bearer`"},
        "expires_at": {"type": "string", "format": "date-time"},
        "verified": {"type": "boolean", "description": "Whether the site vouches for them"},
        "messages": {"type": "array", "items": {"type": "object"}},
        "after": {"type": "string", "description": "Where the stream goes on"},
    },
}


def _route(
    path: str, handler: Handler, what: str, body: type[BaseModel], status: int, *more: int
) -> Route:
    known = (*more, 400, 401, 403, 404, 429)
    return Route(
        "POST",
        visiting(path),
        for_pages(handler),
        None,
        what,
        body=body.model_json_schema(),
        answers={status: _SESSION if path == "sessions" else None, **dict.fromkeys(known)},
        tag="chat",
    )


ROUTES = (
    _route("sessions", sessions, "Begin a session of the chat, or go on with one", Begin, 200),
    _route("messages", messages, "Write in the chat", Say, 202, 409),
    _route("read", read, "Say that replies were read", Read, 202),
    _route("typing", typing, "Say that one types; kept nowhere", Typing, 204),
    _route("email", email, "Say where one wants to be written to", Leave, 202, 409),
    *(
        Route(
            "OPTIONS",
            visiting(path),
            preflight,
            None,
            "Whether a page of another site may ask",
            answers={204: None, 403: None, 404: None},
            tag="chat",
        )
        for path in ("sessions", "messages", "stream", "read", "typing", "email")
    ),
)
