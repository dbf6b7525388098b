"""Outbound webhooks over HTTP, for who administers the desk."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.gateway.bodies import answer, document
from streams.gateway.problems import Problem
from streams.gateway.route import Call, Handler, Route
from streams.subscriptions import kept
from streams.subscriptions.addresses import LONGEST_URL
from streams.subscriptions.kept import Wish
from streams.subscriptions.subscribing import ping, pinged, replayed, shown, subscribed
from streams.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from streams.engines import AnyDesk

T = TypeVar("T", bound=BaseModel)

Words = Annotated[str, Field(min_length=1, max_length=500)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewSubscription(_Body):
    """Who wants to be sent what.

    Attributes:
        url: Where to.
        types: Types of events; none is all.
        topic: The one topic; absent is all.
        customer: The one customer; absent is everybody.
        personal: Whether personal fields are sent, rather than masked.
        start: `from`: where to begin: a position, a time, now or beginning.
    """

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
    types: tuple[Words, ...] = ()
    topic: Words | None = None
    customer: Words | None = None
    personal: Annotated[bool, Field(strict=True)] = False
    start: Annotated[Words, Field(alias="from")] = "now"


class Replay(_Body):
    """From where it is sent again.

    Attributes:
        start: `from`: a position, a time, now or beginning.
    """

    start: Annotated[Words, Field(alias="from")]


async def _asked(call: Call, kind: type[T]) -> T:
    """The body of a request; raises `Problem` where it is none of this kind."""
    try:
        return kind.model_validate(await document(call.request))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in fault["loc"]) or "the body"
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{name}: {fault['msg']}",
            "see /docs for what the body holds",
        ) from error


async def every(call: Call) -> web.StreamResponse:
    """The subscriptions, the oldest first."""
    found = await call.house.read(lambda desk: kept.every(desk.database))
    return answer({"items": [one.told() for one in found]})


async def one(call: Call) -> web.StreamResponse:
    """A subscription, with how far it is."""
    number = call.path("id")
    return answer(await call.house.ask(lambda desk: shown(desk, number)))


async def add(call: Call) -> web.StreamResponse:
    """Make a subscription; the answer is the only one that has its secret."""
    asked, settings = await _asked(call, NewSubscription), call.house.settings
    wish = Wish(asked.url, asked.types, asked.topic, asked.customer, asked.personal)
    made = await call.house.ask(lambda desk: subscribed(desk, settings, wish, asked.start))
    return _with_secret(made, HTTPStatus.CREATED)


async def remove(call: Call) -> web.StreamResponse:
    """Forget a subscription and its secrets."""
    number = call.path("id")
    await call.house.ask(lambda desk: kept.removed(desk.database, number))
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _changes(change: Callable[[AnyDesk, str], Subscription]) -> Handler:
    async def handler(call: Call) -> web.StreamResponse:
        number = call.path("id")
        return answer((await call.house.ask(lambda desk: change(desk, number))).told())

    return handler


async def rotate(call: Call) -> web.StreamResponse:
    """Make a new secret; the one before is valid for a day more."""
    number = call.path("id")
    now = await call.house.ask(lambda desk: kept.rotated(desk.database, number, desk.clock.now()))
    return _with_secret(now, HTTPStatus.OK)


async def replay(call: Call) -> web.StreamResponse:
    """Send again from a moment on."""
    number, asked = call.path("id"), await _asked(call, Replay)
    found = await call.house.ask(lambda desk: replayed(desk, number, asked.start))
    return answer(found.told())


async def test(call: Call) -> web.StreamResponse:
    """Send one ping now, and tell what came of it."""
    number, settings = call.path("id"), call.house.settings
    found, reach = await call.house.ask(lambda desk: pinged(desk, settings, number))
    return answer(await ping(found, reach, call.house.clock.now()))


def _with_secret(found: Subscription, status: int) -> web.Response:
    return answer(
        {**found.told(), "secret": found.secret},
        status=status,
        headers={"Cache-Control": "no-store"},
    )


_TEXT = {"type": ["string", "null"]}
_SUBSCRIPTION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "url", "state", "position"],
    "properties": {
        "id": {"type": "string"},
        "url": {"type": "string"},
        "types": {"type": "array", "items": {"type": "string"}},
        "topic": _TEXT,
        "customer": _TEXT,
        "personal": {"type": "boolean"},
        "created_at": {"type": "string"},
        "state": {"enum": ["active", "paused"]},
        "reason": _TEXT,
        "position": {"type": "string"},
        "acknowledged_at": _TEXT,
        "failures": {"type": "integer"},
        "failing_since": _TEXT,
        "last_error": _TEXT,
        "next_attempt_at": _TEXT,
        "old_secret_until": _TEXT,
        "lag": {"type": "integer"},
        "secret": {"type": "string"},
    },
}
_LIST = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": _SUBSCRIPTION}},
}
_PINGED = {
    "type": "object",
    "required": ["webhook_id", "acknowledged", "status", "answer", "error"],
    "properties": {
        "id": {"type": "string"},
        "webhook_id": {"type": "string"},
        "acknowledged": {"type": "boolean"},
        "status": {"type": ["integer", "null"]},
        "answer": {"type": "string"},
        "error": _TEXT,
    },
}

_BASE = "/api/v1/subscriptions"


def _on_one(name: str, handler: Handler, summary: str, **more: Any) -> Route:
    """What can be done with one subscription."""
    answers = {200: _SUBSCRIPTION, 404: None, **more.pop("answers", {})}
    path = f"{_BASE}/{{id}}/{name}"
    return Route("POST", path, handler, "admin", summary, answers=answers, tag=_TAG, **more)


_TAG = "subscriptions"

ROUTES = (
    Route(
        "GET",
        _BASE,
        every,
        "admin",
        "The outbound webhooks",
        answers={200: _LIST},
        tag=_TAG,
    ),
    Route(
        "POST",
        _BASE,
        add,
        "admin",
        "Send what happens to an address",
        body=NewSubscription.model_json_schema(),
        answers={201: _SUBSCRIPTION, 409: None, 422: None},
        tag=_TAG,
    ),
    Route(
        "GET",
        f"{_BASE}/{{id}}",
        one,
        "admin",
        "A subscription, with how far it is",
        answers={200: _SUBSCRIPTION, 404: None},
        tag=_TAG,
    ),
    Route(
        "DELETE",
        f"{_BASE}/{{id}}",
        remove,
        "admin",
        "Forget a subscription and its secrets",
        answers={204: None, 404: None},
        tag=_TAG,
    ),
    _on_one(
        "pause",
        _changes(lambda desk, number: kept.paused(desk.database, number)),
        "Send nothing more until it is resumed",
    ),
    _on_one(
        "resume",
        _changes(lambda desk, number: kept.resumed(desk.database, number)),
        "Go on where it stopped, at once",
    ),
    _on_one("rotate", rotate, "Make a new secret; the one before is valid for a day more"),
    _on_one(
        "replay",
        replay,
        "Send again from a moment on",
        body=Replay.model_json_schema(),
        answers={409: None, 422: None},
    ),
    _on_one("test", test, "Send one ping now, and tell what came of it", answers={200: _PINGED}),
)
