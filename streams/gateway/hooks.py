"""What providers send: verified over its bytes, understood, durable, and only then acknowledged."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from pydantic import ConfigDict

from schemas.record import derived_id
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339
from streams.channels.channel import Channel, Hook, Told, Unverified
from streams.channels.known import CHANNELS, lacking
from streams.channels.receipts import noted
from streams.deadletters import HOOKS, DeadLetter
from streams.errors import Unreadable
from streams.gateway.bodies import body
from streams.gateway.problems import Problem
from streams.gateway.route import Call, Handler, Parameters, Route
from streams.intake import line_of

_log = structlog.get_logger(__name__)


class Anything(Parameters):
    """Query parameters are the provider's."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _received(channel: Channel, path: str) -> Handler:
    async def handler(call: Call) -> web.StreamResponse:
        settings = getattr(call.house.settings.channels, channel.name)
        if lacking(call.house.settings.channels, channel.name):
            raise Problem(
                HTTPStatus.NOT_FOUND,
                f"the channel {channel.name} is off",
                "set its secrets; `pactdesk doctor` says which are missing",
            )
        hook = _hook(call, path, await body(call.request), settings)
        try:
            told = channel.verify(settings, hook)
        except Unverified as error:
            _log.warning("not verified", channel=channel.name, path=path, reason=error.reason)
            raise Problem(
                error.status, "this request is not signed by the channel's provider", "see the log"
            ) from error
        if told is None:
            told = await _taken(call, channel, settings, hook)
        return web.Response(body=told.body, status=told.status, content_type=told.media)

    return handler


def _hook(call: Call, path: str, content: bytes, settings: Any) -> Hook:
    request, house = call.request, call.house
    public = getattr(settings, "public_url", None) or f"{request.scheme}://{request.host}"
    return Hook(
        method=request.method,
        path=path,
        url=f"{public.rstrip('/')}{request.raw_path}",
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=content,
        at=house.clock.now(),
    )


async def _taken(call: Call, channel: Channel, settings: Any, hook: Hook) -> Told:
    """Make durable what a verified hook says; what cannot be understood is kept and accepted.

    Sending it again would not make it readable, so that the provider is not asked to.
    """
    try:
        heard = channel.parse(settings, hook)
    except Unreadable as error:
        letter = _letter(channel, hook, error)
        await call.house.ask(lambda desk: desk.intake.keep(letter))
        _log.warning("not understood", channel=channel.name, letter=letter.id, error=error.what)
        return Told()
    if heard.inputs:
        await call.house.way_in.take([line_of(one) for one in heard.inputs])
    if heard.receipts:
        await call.house.ask(lambda desk: noted(desk, channel.name, heard.receipts, hook.at))
    for one in heard.missed:
        _log.info("not for us", channel=channel.name, what=one)
    return heard.told


def _letter(channel: Channel, hook: Hook, error: Unreadable) -> DeadLetter:
    return DeadLetter(
        id=derived_id("hook", channel.name, hook.path, hook.body.decode("latin-1")),
        topic=CONTACTS.name,
        origin=f"{HOOKS}{channel.name}/{hook.path}",
        handler=f"{HOOKS}{channel.name}",
        error=error.what,
        remedy=error.remedy,
        attempts=1,
        at=rfc3339(hook.at),
        value=hook.body,
    )


ROUTES = tuple(
    Route(
        method,
        f"/channels/{channel.name}" + (f"/{path}" if path else ""),
        _received(channel, path),
        None,
        f"What the provider of {channel.name} sends",
        parameters=Anything,
        answers={200: None, 401: None, 403: None, 404: None},
        tag="channels",
    )
    for channel in CHANNELS.values()
    for path in channel.paths
    for method in channel.methods
)
