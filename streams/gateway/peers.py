"""Agents elsewhere: what ours can do for them, which names they use, and whether they are there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web
from pydantic import BaseModel

from streams.gateway.bodies import answer
from streams.gateway.envelopes import Heartbeat, Objection, TranslationEnvelope, raw_in, read
from streams.gateway.pact import REPLY
from streams.gateway.route import Call, Handler, Route
from streams.gateway.vocabulary import mappings, meant
from streams.pact import ACTIONS
from streams.pact.action import Action, names_of

REGISTRY = "pactdesk"
"""What the registry of names is called in a translation."""

_FORMS = {
    **dict.fromkeys(("formatted_content", "message_id", "delivery_status"), "string"),
    **dict.fromkeys(("solutions", "suggested_articles", "common_issues", "insights"), "array"),
}
"""The JSON types of those keys of results that are no objects."""


def capabilities() -> list[dict[str, Any]]:
    """The capability document of each of our agents."""
    found: dict[str, list[dict[str, Any]]] = {}
    for action in ACTIONS.values():
        found.setdefault(action.name.partition(".")[0], []).append(_capability(action))
    return [{"agent_id": name, "capabilities": some} for name, some in found.items()]


def _capability(action: Action) -> dict[str, Any]:
    fields = action.params.model_fields.items()
    return {
        "action": action.name,
        "parameters": {
            "required": [names_of(name, one)[0] for name, one in fields if one.is_required()],
            "optional": [names_of(name, one)[0] for name, one in fields if not one.is_required()],
        },
        "response_format": {
            "success": "boolean",
            **{key: _FORMS.get(key, "object") for key in action.key},
            "record_ids": "array",
        },
        "appends": action.kind != "read",
    }


async def agents(call: Call) -> web.StreamResponse:
    """Our agents with what they can do, and those that were heard of."""
    return answer({"agents": capabilities(), "heard": call.house.heard.agents()})


async def heartbeat(call: Call) -> web.StreamResponse:
    """Remember that an agent is there."""
    beat = read(Heartbeat, await raw_in(call.request))
    call.house.heard.beat(beat.agent_id, beat.status, beat.timestamp)
    return answer({"status": "success"})


async def translate(call: Call) -> web.StreamResponse:
    """Name an intent as it is named here; one that nobody knows passes as it is."""
    raw = await raw_in(call.request)
    payload = read(TranslationEnvelope, raw).payload
    found = meant(payload.intent, payload.entities)
    named = {**raw["payload"], "intent": found.action, "original_intent": payload.intent}
    return answer({"translated_message": {**raw, "payload": named}, "registry_source": REGISTRY})


async def registry(_call: Call) -> web.StreamResponse:
    """Which names stand for which actions."""
    return answer({"source": REGISTRY, "mappings": mappings(), "decompositions": {}})


async def health(call: Call) -> web.StreamResponse:
    """Whether the store answers."""
    position = await call.house.read(lambda desk: desk.position())
    return answer({"status": "healthy"}, position=position)


def _answering(handler: Handler) -> Handler:
    """The handler, with objections answered as PACT does."""

    async def answering(call: Call) -> web.StreamResponse:
        try:
            return await handler(call)
        except Objection as no:
            return answer(msgspec.to_builtins(no.reply), status=no.status)

    return answering


def _reference(kind: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


_OBJECT = {"type": "object"}

ROUTES = (
    Route(
        "GET",
        "/agents",
        agents,
        "pact",
        "The agents with their capability documents",
        answers={HTTPStatus.OK: _OBJECT},
        tag="pact",
    ),
    Route(
        "POST",
        "/agents/heartbeat",
        _answering(heartbeat),
        "pact",
        "Say that an agent is there",
        body=_reference(Heartbeat),
        answers={HTTPStatus.OK: _OBJECT, HTTPStatus.BAD_REQUEST: REPLY},
        tag="pact",
    ),
    Route(
        "POST",
        "/translate",
        _answering(translate),
        "pact",
        "Name an intent as it is named here",
        body=_reference(TranslationEnvelope),
        answers={HTTPStatus.OK: _OBJECT, HTTPStatus.BAD_REQUEST: REPLY},
        tag="pact",
    ),
    Route(
        "GET",
        "/registry",
        registry,
        "pact",
        "Which names stand for which actions",
        answers={HTTPStatus.OK: _OBJECT},
        tag="pact",
    ),
    Route(
        "GET",
        "/health",
        health,
        None,
        "Whether the desk can be asked",
        answers={HTTPStatus.OK: _OBJECT, HTTPStatus.SERVICE_UNAVAILABLE: None},
        tag="pact",
    ),
)
