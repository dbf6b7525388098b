"""Who uses the chat: let in by their session, from the pages of sites that may use it.

What a page of another site asks needs its browser's consent (CORS): every answer to a site that is
allowed says so, and a foreign one hears nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from streams.channels import chat
from streams.channels.channel import Unverified
from streams.channels.chat import Session
from streams.channels.known import lacking
from streams.channels.settings import ChatWidget
from streams.engines import meaning
from streams.gateway.problems import Problem, problem_of
from streams.gateway.route import Call, Handler

if TYPE_CHECKING:
    from streams.gateway.house import House

INTERNAL = 70
"""The status of what is a fault of ours, which the application tells and logs."""

PREFLIGHT_SECONDS = 600
"""How long a browser need not ask again whether it may ask."""


def settings_of(house: House) -> ChatWidget:
    """The channel's settings; raises `Problem` where it is off."""
    channels = house.settings.channels
    if lacking(channels, chat.NAME):
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"the channel {chat.NAME} is off",
            "set channels.chat_widget.allowed_origins to the sites that may use it",
        )
    return channels.chat_widget


async def key_of(house: House) -> bytes:
    """The key that signs sessions here."""
    if house.visitors.key is None:
        own = await house.read(lambda desk: desk.intake.resolver.key_for(chat.NAME))
        house.visitors.key = chat.session_key(settings_of(house), own)
    return house.visitors.key


async def visitor_of(call: Call, token: str | None = None) -> Session:
    """Who asks.

    Args:
        call: The request.
        token: Their session, where a browser cannot send it as a header.

    Raises:
        Problem: 401, they have no session; 403, the site does not vouch for them and must; 429,
            they ask too often.
    """
    settings, house = settings_of(call.house), call.house
    scheme, _, given = call.request.headers.get("Authorization", "").partition(" ")
    held = given.strip() if scheme.lower() == "bearer" else token
    if held is None:
        raise no_session("no session came with the request")
    try:
        session = chat.opened(held, await key_of(house), house.clock.now())
    except Unverified as error:
        raise no_session(error.reason) from error
    admit(settings, session)
    house.visitors.asks(session)
    return session


BEGIN = "begin one with POST /channels/chat/sessions, and send it as `Authorization: Bearer`"


def no_session(reason: str, remedy: str = BEGIN) -> Problem:
    """Somebody has no session."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        reason,
        remedy,
        headers={"WWW-Authenticate": 'Bearer realm="chat"'},
    )


def admit(settings: ChatWidget, session: Session) -> None:
    """Let somebody in; raises `Problem` where the site must vouch for them and does not."""
    if settings.enforce == "on" and not session.verified:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "only those are let in whom the site knows",
            "sign in on the site; its page then sends an identity",
        )


def _sites(house: House) -> frozenset[str]:
    """The sites that are named, and our own, where it is known how it is called."""
    named = chat.origins(settings_of(house))
    ours = urlsplit(house.settings.gateway.public_url or "")
    return named | {f"{ours.scheme}://{ours.netloc}".lower()} if ours.netloc else named


def consent(call: Call) -> dict[str, str]:
    """The headers with which a page of another site may hear an answer.

    Raises:
        Problem: 403, the site may not use the chat.
    """
    origin = call.request.headers.get("Origin")
    if origin is None:
        return {}
    if origin.lower() not in _sites(call.house):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"pages of {origin[:200]} may not use this chat",
            "add the site to channels.chat_widget.allowed_origins",
        )
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After, X-Request-Id",
        "Vary": "Origin",
    }


def for_pages(handler: Handler) -> Handler:
    """A handler whose answers pages of other sites may hear, also those that say no."""

    async def heard(call: Call) -> web.StreamResponse:
        headers = consent(call)
        try:
            response = await handler(call)
        except Problem as problem:
            problem.headers |= headers
            raise
        except Exception as error:
            known = meaning(error)
            if known is None or known.status == INTERNAL:
                raise
            told = problem_of(known, reading=call.request.method == "GET")
            told.headers |= headers
            raise told from error
        if not response.prepared:
            response.headers.update(headers)
        return response

    return heard


async def preflight(call: Call) -> web.StreamResponse:
    """A browser asks whether a page may ask."""
    headers = consent(call) | {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)
