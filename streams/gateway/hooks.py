"""What providers send: verified over its bytes, understood, durable, and only then acknowledged."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web
from pydantic import ConfigDict

from schemas.event import Event
from schemas.events.contacts import ReplyDelivered, ReplyFailed, ReplyRead
from schemas.record import Record, derived_id
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339
from streams.channels.channel import Channel, Hook, Receipt, Told, Unverified
from streams.channels.known import CHANNELS
from streams.deadletters import HOOKS, DeadLetter
from streams.errors import Unreadable
from streams.gateway.bodies import body
from streams.gateway.problems import Problem
from streams.gateway.route import Call, Handler, Parameters, Route
from streams.intake import line_of

if TYPE_CHECKING:
    from streams.engines import AnyDesk

_log = structlog.get_logger(__name__)


class Anything(Parameters):
    """Query parameters are the provider's."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _received(channel: Channel, path: str) -> Handler:
    async def handler(call: Call) -> web.StreamResponse:
        settings = getattr(call.house.settings.channels, channel.name)
        lacking = [name for name in channel.needs if getattr(settings, name) is None]
        if lacking:
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
        await call.house.ask(lambda desk: _noted(desk, channel, heard.receipts, hook))
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


def _noted(desk: AnyDesk, channel: Channel, receipts: list[Receipt], hook: Hook) -> None:
    """Append what became of our messages; of a message that is not ours, nothing."""
    records = [
        _receipt(channel, one, found, hook)
        for one in receipts
        for found in _sent(desk, channel, one)
    ]
    desk.intake.records(records)


def _receipt(channel: Channel, receipt: Receipt, found: dict[str, Any], hook: Hook) -> Record:
    about = {
        "customer_id": found["customer_id"],
        "ticket_id": found["ticket_id"],
        "request_id": found["request_id"],
    }
    event: Event
    match receipt.state:
        case "delivered":
            event = ReplyDelivered.model_validate(about)
        case "read":
            event = ReplyRead.model_validate(about)
        case "failed":
            error = receipt.error or "the provider does not say why"
            attempt = max(1, found["attempts"])
            more = {"attempt": attempt, "error": error, "final": True}
            event = ReplyFailed.model_validate({**about, **more})
    number = derived_id("receipt", channel.name, found["request_id"], receipt.state)
    return Record(
        id=number,
        key=found["customer_id"],
        at=hook.at,
        by=f"gateway/{channel.name}",
        event=event,
        correlation=number,
    )


_DELIVERIES = (
    "SELECT request_id, customer_id, ticket_id, attempts FROM v1_deliveries WHERE channel = ?"
)


def _sent(desk: AnyDesk, channel: Channel, receipt: Receipt) -> list[dict[str, Any]]:
    """The messages of ours that a receipt is about."""
    if receipt.handle is not None and receipt.until is not None:
        return _sent_until(desk, channel, receipt.handle, receipt.until)
    for column, value in (
        ("request_id", receipt.request_id),
        ("provider_message_id", receipt.provider_message_id),
    ):
        if value is not None:
            rows = desk.query(f"{_DELIVERIES} AND {column} = ?", (channel.name, value))
            if rows:
                return rows[:1]
    return []


def _sent_until(
    desk: AnyDesk, channel: Channel, handle: str, until: datetime
) -> list[dict[str, Any]]:
    """What was sent to a handle up to a time, and is not known to be read.

    A provider's time of a message lies between our attempt and our knowing of its answer.
    """
    customer = desk.intake.resolver.customer_of(channel.name, handle)
    return desk.query(
        f"{_DELIVERIES} AND customer_id = ? AND attempted_at <= ?"
        " AND state IN ('sent', 'delivered')",
        (channel.name, customer, rfc3339(until)),
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
