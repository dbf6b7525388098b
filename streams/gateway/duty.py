"""Who of the team is on duty, over HTTP."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from streams.gateway.bodies import answer
from streams.gateway.route import Call, Handler, Route
from streams.people import report_duty


def _report(*, available: bool) -> Handler:
    async def handler(call: Call) -> web.StreamResponse:
        who, by = call.path("id"), call.caller.name
        ruling, position = await call.house.ask(
            lambda desk: (report_duty(desk, who, by, available=available), desk.position())
        )
        settled = ruling.status != "accepted"
        return answer(
            msgspec.to_builtins(ruling),
            status=HTTPStatus.OK if settled else HTTPStatus.ACCEPTED,
            position=position,
        )

    return handler


def _route(word: str, summary: str, *, available: bool) -> Route:
    ruling = {"$ref": "#/components/schemas/Ruling"}
    return Route(
        "POST",
        f"/api/v1/specialists/{{id}}/{word}",
        _report(available=available),
        "desk",
        summary,
        answers={200: ruling, 202: ruling, 404: None},
        tag="specialists",
    )


ROUTES = (
    _route("away", "Somebody goes off duty: new tickets go to others", available=False),
    _route("back", "Somebody is on duty again: what waits may be theirs", available=True),
)
