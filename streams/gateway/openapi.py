"""The description of the API in OpenAPI 3.1, made from the routes, the inputs and the views."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from streams.gateway.bodies import CSV, FAULTS, JSON, NDJSON
from streams.gateway.envelopes import MODELS, Reply
from streams.gateway.problems import MEDIA
from streams.gateway.replying import FORM
from streams.gateway.route import Route
from streams.gateway.waiting import POSITION
from streams.inputs import INTENTS, PLAIN, ContactInput, Input
from streams.query import BOOLEANS, DOCUMENTS, UNITED, views
from streams.rulings import Ruling
from streams.search import Hit

Schema = dict[str, Any]  # JSON

_REFERENCE = "#/components/schemas/{model}"
_IN_PATH = re.compile(r"\{(\w+)\}")
_SUBJECTS = ("ticket_id", "customer_id")
"""Fields of intents that the path holds."""

_PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong and what to do about it (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "remedy": {"type": "string"},
        "reason": {"type": "string", "description": "The rule that said no, by name."},
    },
}

_ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What any route that wants a scope may answer."""

_ELSEWHERE = {"title", "default", "description"}
"""What a model says of a parameter that does not belong to its type."""

_OPEN = (HTTPStatus.TOO_MANY_REQUESTS,)
"""What any other may."""


def described(routes: tuple[Route, ...], version: str) -> Schema:
    """The description of some routes.

    Args:
        routes: The routes, in the order in which they are described.
        version: The version of pactdesk.
    """
    schemas = _schemas()
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pactdesk",
            "version": version,
            "summary": "A customer-support desk on an event log",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, schemas: Schema) -> Schema:
    operation: Schema = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [*_parameters(route)],
        "responses": dict(_responses(route)),
    }
    if route.scope is not None:
        operation["description"] = f"Needs the scope `{route.scope}`."
    if route.body is not None:
        operation["requestBody"] = {
            "required": _needed(route.body, schemas),
            "content": {JSON: {"schema": route.body}},
        }
        if route.form is not None:
            operation["requestBody"]["content"][FORM] = {"schema": route.form}
    return operation


def _needed(body: Mapping[str, Any], schemas: Schema) -> bool:
    """Whether there must be a body: not where each of its fields may be left out."""
    if "$ref" in body:
        body = schemas[body["$ref"].rpartition("/")[2]]
    return "oneOf" in body or bool(body.get("required"))


def _operation_id(route: Route) -> str:
    words = [word for word in re.split(r"[^a-z0-9]+", route.path.lower()) if word]
    return "_".join([route.method.lower(), *(w for w in words if w not in {"api", "v1"})])


def _parameters(route: Route) -> Iterator[Schema]:
    for name in _IN_PATH.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    schema = route.parameters.model_json_schema()
    meanings = _meanings(route.parameters)
    for name, field in schema.get("properties", {}).items():
        known = {key: value for key, value in field.items() if key not in _ELSEWHERE}
        yield {
            "name": name,
            "in": "query",
            "description": field.get("description") or meanings[name],
            "required": name in schema.get("required", []),
            "schema": _one_type(known),
        }
    for name, meaning in route.headers.items():
        if name != "Accept":  # OpenAPI describes it by the media types of the answers
            yield {
                "name": name,
                "in": "header",
                "description": meaning,
                "schema": {"type": "string"},
            }


def _meanings(parameters: type[BaseModel]) -> dict[str, str]:
    """What the class of some parameters says of each, by the name that a request has for it."""
    from streams.reference.markdown import attributes

    names = {field: one.alias or field for field, one in parameters.model_fields.items()}
    return {names.get(field, field): told for field, told in attributes(parameters).items()}


def _one_type(field: Schema) -> Schema:
    """A parameter that may be absent is never null."""
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return field
    return {**{k: v for k, v in field.items() if k != "anyOf"}, **kinds[0]}


def _responses(route: Route) -> Iterator[tuple[str, Schema]]:
    always = [*(_OPEN if route.scope is None else _ALWAYS)]
    if route.body is not None:
        always += FAULTS
    statuses = {**dict.fromkeys(map(int, always)), **route.answers}
    for status, schema in sorted(statuses.items()):
        answer: Schema = {"description": HTTPStatus(status).phrase}
        if status < HTTPStatus.BAD_REQUEST:
            answer["headers"] = {POSITION: {"schema": {"type": "string"}}}
            if schema is not None:
                answer["content"] = _content(route, schema)
        else:
            answer["content"] = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            if schema is not None:
                answer["content"][JSON] = {"schema": schema}
        if route.media is not None:
            answer.setdefault("content", {})[route.media] = {"schema": {"type": "string"}}
        yield str(status), answer


def _content(route: Route, schema: Any) -> Schema:
    content: Schema = {JSON: {"schema": schema}}
    if "Accept" in route.headers:
        content |= {CSV: {"schema": {"type": "string"}}, NDJSON: {"schema": {"type": "string"}}}
    return content


def _schemas() -> Schema:
    kinds: list[type[BaseModel]] = [ContactInput, *PLAIN.values(), *INTENTS.values(), *MODELS]
    _, made = models_json_schema([(kind, "validation") for kind in kinds], ref_template=_REFERENCE)
    found: Schema = made["$defs"]
    for kind in INTENTS.values():
        model = found[kind.__name__]
        for subject in _SUBJECTS:
            model["properties"].pop(subject, None)
        required = [one for one in model.get("required", []) if one not in _SUBJECTS]
        model["required"] = required
        if not required:
            del model["required"]
    inputs: list[type[Input]] = [ContactInput, *PLAIN.values()]
    for one in inputs:
        found[one.__name__]["properties"]["type"] = {"const": one.TYPE}
        if one is not ContactInput:
            found[one.__name__].setdefault("required", []).append("type")
    found[ContactInput.__name__]["anyOf"] = [
        {"required": [who], "properties": {who: {"type": "string"}}}
        for who in ("customer_id", "handle")
    ]
    found["Input"] = {"oneOf": [{"$ref": _REFERENCE.format(model=one.__name__)} for one in inputs]}
    own = _REFERENCE.replace("{model}", "{name}")
    _, more = msgspec.json.schema_components((Ruling, Hit, Reply), ref_template=own)
    found |= more
    for schema in found.values():
        _explain(schema)
    found["Problem"] = _PROBLEM
    for view in views():
        found[view] = _view(view)
    return found


def _explain(schema: Schema) -> None:
    """Put what a docstring says of the fields beside the fields."""
    from streams.reference.markdown import attributes_in

    told, section, _ = schema.get("description", "").partition("Attributes:")
    if section:
        for name, meaning in attributes_in(schema["description"]).items():
            schema["properties"][name]["description"] = meaning
        schema["description"] = told.strip()


def _view(view: str) -> Schema:
    from streams.reference.views import meaning

    return {
        "type": "object",
        "properties": {
            name: {**_type_of(name, view), "description": meaning(view, name)}
            for name in views()[view]
        },
    }


_TYPES = {"TEXT": "string", "BIGINT": "integer", "INTEGER": "integer", "DOUBLE PRECISION": "number"}


def _type_of(name: str, view: str) -> Schema:
    if name in BOOLEANS | UNITED:
        return {"type": ["boolean", "null"]}
    if name in DOCUMENTS:
        return {"type": ["array", "object", "null"]}
    known = _TYPES.get(views()[view][name])
    return {"type": [known, "null"]} if known else {}
