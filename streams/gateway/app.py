"""The application: every route behind the same four steps.

A request is given an id, its caller is asked for, what it may do is compared with what it wants,
and whatever goes wrong is told as a problem. What a handler raises decides the status, by family.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from secrets import token_hex

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler as AiohttpHandler

from streams.engines import meaning
from streams.gateway import metrics
from streams.gateway.bodies import BODY_LIMIT
from streams.gateway.callers import ANYBODY, Known
from streams.gateway.connections import HEADERS, noticed
from streams.gateway.house import House
from streams.gateway.problems import Problem, defect, problem_of
from streams.gateway.route import Call, Route, parameters_of

REQUEST_ID = "X-Request-Id"

_log = structlog.get_logger(__name__)


def application(house: House, routes: Sequence[Route], known: Known) -> web.Application:
    """The application of a house.

    Args:
        house: What its handlers ask.
        routes: What can be asked for.
        known: Tells who calls.
    """
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[noticed, _answered])
    app.on_response_prepare.append(_headed)
    for route in routes:
        served = _served(route, house, known)
        app.router.add_route(route.method, route.path, served)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, served)  # the same answer, without its body
    return app


def _served(route: Route, house: House, known: Known) -> AiohttpHandler:
    """A route's handler as aiohttp calls it."""

    async def serve(request: web.Request) -> web.StreamResponse:
        caller = ANYBODY if route.signed else await known(request, route.scope)
        if route.scope is not None and route.scope not in caller.scopes:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"this needs the scope {route.scope}, and {caller.name} does not have it",
                "use a key that has it; `pactdesk keys list` shows them",
            )
        still = partial(known.still, request, route.scope)
        try:
            call = Call(request, house, caller, parameters_of(route, request), still)
            return await route.handler(call)
        except Problem:
            if route.signed:
                await known(request, None)  # says 429 in its place, where there were too many
            raise

    return serve


async def _headed(_request: web.Request, response: web.StreamResponse) -> None:
    """Give an answer the headers that all have; one that may be kept says so itself."""
    for name, value in HEADERS.items():
        if name == "Cache-Control":
            response.headers.setdefault(name, value)
        else:
            response.headers[name] = value


@web.middleware
async def _answered(request: web.Request, handler: AiohttpHandler) -> web.StreamResponse:
    """Answer a request, whatever happens, and say in the log what happened."""
    request_id, began = token_hex(8), time.perf_counter()
    try:
        response = await handler(request)
    except Problem as problem:
        response = problem.response(request.path)
    except web.HTTPException as error:
        response = _of_aiohttp(error).response(request.path)
    except Exception as error:  # noqa: BLE001  # a request ends with an answer, whatever happens
        known = meaning(error)
        if known is None or known.status == 70:
            _log.exception("request failed", request=request_id, path=_told_path(request))
            response = defect().response(request.path)
        else:
            reading = request.method in {"GET", "HEAD"}
            response = problem_of(known, reading=reading).response(request.path)
    if not response.prepared:
        response.headers[REQUEST_ID] = request_id
    seconds = time.perf_counter() - began
    metrics.answered(_route_of(request), request.method, response.status, seconds)
    _log.debug(
        "answered",
        request=request_id,
        method=request.method,
        path=_told_path(request),
        status=response.status,
        seconds=round(seconds, 4),
    )
    return response


def _route_of(request: web.Request) -> str:
    """The path of a request's route as it is declared."""
    resource = request.match_info.route.resource
    return metrics.OTHER if resource is None else resource.canonical


def _told_path(request: web.Request) -> str:
    """A request's path for the log; of a signed link only that it was one, for it opens a door."""
    route = _route_of(request)
    return route if route.endswith("/{token}") else request.path


def _of_aiohttp(error: web.HTTPException) -> Problem:
    """What aiohttp says itself, about paths and methods that there are not."""
    if isinstance(error, web.HTTPNotFound):
        return Problem(error.status, "there is nothing at this path", "see /docs for what there is")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Problem(
            error.status,
            f"{error.method} is not possible here",
            f"use one of {allowed}",
            headers={"Allow": allowed},
        )
    return Problem(error.status, error.reason, headers=dict(error.headers))
