"""What providers send: verified over its bytes, understood, durable, and only then acknowledged."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from pydantic import ConfigDict

from streams.channels.channel import Channel, Hook, Unverified
from streams.channels.hearing import taken
from streams.channels.known import CHANNELS, lacking
from streams.gateway.bodies import FAULTS, body
from streams.gateway.problems import Problem
from streams.gateway.route import Call, Handler, Parameters, Route

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
        request = call.request.clone(client_max_size=channel.body_bytes)
        hook = _hook(call, path, await body(request), settings)
        try:
            told = channel.verify(settings, hook)
        except Unverified as error:
            _log.warning("not verified", channel=channel.name, path=path, reason=error.reason)
            raise Problem(
                error.status, "this request is not signed by the channel's provider", "see the log"
            ) from error
        if told is None:
            told = await taken(call.house, channel, settings, hook)
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


ROUTES = tuple(
    Route(
        method,
        f"/channels/{channel.name}" + (f"/{path}" if path else ""),
        _received(channel, path),
        None,
        f"What the provider of {channel.name} sends",
        parameters=Anything,
        answers=dict.fromkeys((200, 401, 403, 404, 503, *FAULTS)),
        tag="channels",
        signed=True,
    )
    for channel in CHANNELS.values()
    for path in channel.paths
    for method in channel.methods
)
