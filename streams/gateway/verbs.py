"""What people at the desk do, over HTTP: each appends an intent and answers with the ruling."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from streams.gateway import replying
from streams.gateway.bodies import answer, document
from streams.gateway.problems import Problem, bad_request
from streams.gateway.route import Call, Handler, Route
from streams.inputs import INTENTS, ReplyInput, StartInput
from streams.rulings import Ruling, ask

if TYPE_CHECKING:
    from streams.engines import AnyDesk

STALE = "stale"
"""The rule that refuses what was asked of an earlier state of a ticket."""

_PATHS = {"reply": "replies", "note": "notes"}
"""What is called otherwise than its verb: these make something that stays."""

_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')
"""A ticket's tag; proxies that compress an answer make it a weak one, of the same revision."""

ON_CUSTOMERS = frozenset({StartInput.TYPE, "link", "unlink"})
"""Verbs about a customer; the others are about a ticket."""


def _verb(name: str, subject: str) -> Handler:
    read = replying.reply if name == ReplyInput.TYPE else _said

    async def handler(call: Call) -> web.StreamResponse:
        asked = {
            **await read(call),
            "type": name,
            subject: call.path("id"),
        }
        asked.setdefault("by", call.caller.name)
        headers = call.request.headers
        if "Idempotency-Key" in headers:
            asked.setdefault("idempotency_key", headers["Idempotency-Key"])
        tag = headers.get("If-Match", "*").strip()
        if tag != "*" and subject == "ticket_id":  # the star is any revision of one that is there
            asked["expected_revision"] = revision_in(tag)
        ruling, position = await call.house.ask(lambda desk: (ask(desk, asked), desk.position()))
        if not ruling.accepted:
            raise await _refused(call, asked, ruling)
        settled = ruling.status != "accepted"
        return answer(
            msgspec.to_builtins(ruling),
            status=HTTPStatus.OK if settled else HTTPStatus.ACCEPTED,
            position=position,
        )

    return handler


async def _said(call: Call) -> dict[str, Any]:
    return await document(call.request)


def etag_of(revision: int) -> str:
    """The entity tag of a ticket at a revision."""
    return f'"{revision}"'


def revision_in(etag: str) -> int:
    """The revision that an If-Match names; raises `Problem` where it names none."""
    found = _ETAG.match(etag)
    if found is None:
        raise bad_request(
            "If-Match is no entity tag of a ticket", "send the ETag of an earlier answer"
        )
    return int(found[1])


async def _refused(call: Call, asked: dict[str, Any], ruling: Ruling) -> Problem:
    """How a refusal is told; of a stale request also what changed meanwhile."""
    more: dict[str, Any] = {"reason": ruling.reason, "record_ids": ruling.record_ids}
    if ruling.reason == STALE:
        ticket, since = str(asked["ticket_id"]), int(asked["expected_revision"])
        more |= await call.house.read(lambda desk: _changed(desk, ticket, since))
    return Problem(
        HTTPStatus.CONFLICT,
        f"{asked['type']} was refused, for the rule {ruling.reason!r} says no",
        ruling.remedy,
        **more,
    )


def _changed(desk: AnyDesk, ticket: str, since: int) -> dict[str, Any]:
    """The ticket's revision by now, and its events since an earlier one."""
    found = desk.changes_of(ticket, since)
    return {
        "revision": found[-1].revision if found else since,
        "changes": msgspec.to_builtins(found),
    }


_HEADERS = {"Idempotency-Key": "The same key is the same request: it happens once"}
_IF_MATCH = {"If-Match": "The ETag of the ticket as it was seen: else 409 with what changed"}


def _route(name: str) -> Route:
    kind = INTENTS[name]
    customers = name in ON_CUSTOMERS
    subject = "customer_id" if customers else "ticket_id"
    base = "customers" if customers else "tickets"
    return Route(
        "POST",
        f"/api/v1/{base}/{{id}}/{_PATHS.get(name, name)}",
        _verb(name, subject),
        "desk",
        (kind.__doc__ or "").strip().splitlines()[0].rstrip("."),
        body={"$ref": f"#/components/schemas/{kind.__name__}"},
        form=replying.FORM_SCHEMA if kind is ReplyInput else None,
        answers={
            200: {"$ref": "#/components/schemas/Ruling"},
            202: {"$ref": "#/components/schemas/Ruling"},
            404: None,
            409: None,
            422: None,
        },
        tag=base,
        headers=_HEADERS if customers else _HEADERS | _IF_MATCH,
    )


ROUTES = tuple(_route(name) for name in INTENTS)
