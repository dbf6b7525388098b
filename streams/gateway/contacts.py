"""Inputs over HTTP: contacts, one or many, and every other type of line."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from schemas.record import derived_id
from streams import inputs
from streams.errors import Unreadable
from streams.gateway.bodies import NDJSON, answer, body
from streams.gateway.problems import Problem, bad_request
from streams.gateway.route import Call, Parameters, Route
from streams.gateway.waiting import Seconds, followed
from streams.intake import Taken

if TYPE_CHECKING:
    from streams.engines import AnyDesk

MOST = 1000
"""Inputs that one request may bring."""

_raw = msgspec.json.Decoder(list[msgspec.Raw])


class Waiting(Parameters):
    """Whether the answer waits for what becomes of the contacts.

    Attributes:
        wait: For how long; without it the answer comes when they are durable.
    """

    wait: Seconds = 0.0


async def take(call: Call) -> web.StreamResponse:
    """Take contacts in; 202 when they are durable.

    A body that cannot be read is kept as a dead letter, like a line of `pactdesk produce`.

    Raises:
        Problem: 403, it asks for what people at the desk do, and who sends it may not.
    """
    raw = (await body(call.request)).strip()
    if not raw:
        raise bad_request("the body is empty", "send a contact, or a list of them, as JSON")
    by_line = call.request.content_type == NDJSON
    many = by_line or raw[:1] == b"["
    lines = _lines(raw, by_line=by_line) if many else [raw]
    key = call.request.headers.get("Idempotency-Key")
    if key is not None:
        mark = derived_id("idempotency-key", call.caller.name, key)
        lines = [_keyed(lines, mark, many=many)]
    if "desk" not in call.caller.scopes:
        _refuse_verbs(lines, call.caller.name)
    taken, position = await call.house.way_in.take(lines)
    bad = [one for one in taken if one.status == "unreadable"]
    if len(bad) == len(taken):
        raise _unreadable(bad)
    seconds = call.asked(Waiting).wait
    told = [_told(one) for one in taken]
    if seconds:
        await followed(call.house, position, seconds)
        await call.house.read(lambda desk: _add_tickets(desk, told))
        position = await call.house.read(lambda desk: desk.progress.shown())
    document = {"results": told, "position": position} if many else {**told[0]}
    return answer(document, status=HTTPStatus.ACCEPTED, position=position)


def _lines(raw: bytes, *, by_line: bool) -> list[bytes]:
    """The lines of input in a list; what is no JSON is one line, which intake will refuse.

    Args:
        raw: The body.
        by_line: Whether it is NDJSON, and no JSON list.
    """
    try:
        found = raw.split(b"\n") if by_line else [bytes(one) for one in _raw.decode(raw)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [raw]
    lines = [line for line in found if line.strip()]
    if not lines:
        raise bad_request("the list is empty", "send at least one contact")
    if len(lines) > MOST:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the list has {len(lines)} inputs, {MOST} are allowed",
            "send it in several requests",
        )
    return lines


def _refuse_verbs(lines: list[bytes], who: str) -> None:
    """Refuse what only the scope `desk` allows, whichever way it comes in."""
    for line in lines:
        with suppress(Unreadable):
            kind = type(inputs.read(line))
            if kind in inputs.INTENTS.values():
                raise Problem(
                    HTTPStatus.FORBIDDEN,
                    f"{kind.TYPE} needs the scope desk too, and {who} does not have it",
                    "send it with a key that has both; nothing of this request was taken",
                )


def _keyed(lines: list[bytes], mark: str, *, many: bool) -> bytes:
    """An input whose identity is the key of its request, unless it names one itself.

    What only says how the world is has none: said again it changes nothing.

    Args:
        lines: The lines of the request.
        mark: Made of the key and of who sends it: others have keys of their own.
        many: Whether it is a list.
    """
    if many:
        raise bad_request(
            "Idempotency-Key does not go with a list", "give each contact a provider_id"
        )
    (raw,) = lines
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    if not isinstance(document, dict):
        return raw
    if document.get("type", inputs.ContactInput.TYPE) == inputs.ContactInput.TYPE:
        document.setdefault("provider_id", mark)
    elif inputs.takes_a_key(document):
        document.setdefault("idempotency_key", mark)
    return msgspec.json.encode(document)


def _told(one: Taken) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    del found["line"]
    return found


def _unreadable(bad: list[Taken]) -> Problem:
    first = bad[0]
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        first.error or "",
        first.remedy or "",
        dead_letter_id=first.id,
        errors=[{"index": one.line - 1, "detail": one.error, "remedy": one.remedy} for one in bad],
    )


def _add_tickets(desk: AnyDesk, told: list[dict[str, Any]]) -> None:
    """Say of each contact which ticket it is on by now, and how that stands."""
    for one in told:
        found = desk.query(
            "SELECT i.ticket_id, t.status AS ticket_status FROM v1_interactions i"
            " LEFT JOIN v1_tickets t ON t.ticket_id = i.ticket_id WHERE i.interaction_id = ?",
            (one["id"],),
        )
        one.update(found[0] if found else {"ticket_id": None, "ticket_status": None})


_TAKEN = {
    "type": "object",
    "required": ["status", "id"],
    "properties": {
        "status": {"enum": ["accepted", "repeat", "unreadable"]},
        "id": {"type": "string", "description": "The record's id, or the dead letter's"},
        "topic": {"type": "string"},
        "partition": {"type": "integer"},
        "offset": {"type": "integer"},
        "error": {"type": "string"},
        "remedy": {"type": "string"},
        "ticket_id": {"type": ["string", "null"], "description": "With wait: where it is by now"},
        "ticket_status": {"type": ["string", "null"]},
    },
}

ROUTES = (
    Route(
        "POST",
        "/api/v1/contacts",
        take,
        "produce",
        "Take in a contact, or up to 1,000 as a list or as NDJSON; other input types as well",
        parameters=Waiting,
        body={
            "oneOf": [
                {"$ref": "#/components/schemas/Input"},
                {"type": "array", "items": {"$ref": "#/components/schemas/Input"}},
            ]
        },
        answers={
            202: {
                "oneOf": [
                    _TAKEN,
                    {
                        "type": "object",
                        "required": ["results", "position"],
                        "properties": {
                            "results": {"type": "array", "items": _TAKEN},
                            "position": {"type": "string"},
                        },
                    },
                ]
            },
            422: None,
        },
        tag="contacts",
        headers={
            "Idempotency-Key": "The same key is the same input: it is taken once. Of a contact it"
            " stands for the provider_id, else for the idempotency_key, where it has none"
        },
    ),
)
