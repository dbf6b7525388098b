"""The API described by itself: OpenAPI, and a page for people that needs nothing from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib import resources
from typing import Any

import msgspec
from aiohttp import web

from streams.gateway.bodies import JSON
from streams.gateway.openapi import described
from streams.gateway.route import Call, Route


def routes_with(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Some routes, and those that describe all of them."""
    every: tuple[Route, ...] = ()

    @cache
    def description() -> dict[str, Any]:
        from pactdesk import __version__

        return described(every, __version__)

    async def openapi(_call: Call) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode(description()), content_type=JSON)

    async def page(_call: Call) -> web.StreamResponse:
        return web.Response(
            text=_page(description()),
            content_type="text/html",
            headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )

    every = (
        *routes,
        Route(
            "GET",
            "/openapi.json",
            openapi,
            None,
            "This description, in OpenAPI 3.1",
            answers={200: {"type": "object"}},
            tag="about",
        ),
        Route(
            "GET",
            "/docs",
            page,
            None,
            "This description, for people",
            answers={200: None},
            tag="about",
        ),
    )
    return every


_CODE = re.compile(r"`([^`]+)`")


def _told(text: str) -> str:
    """Words of the description as HTML; what stands in backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _page(description: dict[str, Any]) -> str:
    """The description as one page of HTML, without scripts."""
    style = resources.files("streams.gateway").joinpath("docs.css").read_text("utf-8")
    schemas = description["components"]["schemas"]
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        f"<title>pactdesk API</title><style>{style}</style></head><body><main>",
        f"<h1>pactdesk API <small>{escape(description['info']['version'])}</small></h1>",
        (
            '<p>The same as a machine reads it: <a href="/openapi.json">/openapi.json</a>. Errors'
            " are <code>application/problem+json</code>; every answer names the position of the"
            " log that it shows in <code>Pactdesk-Position</code>.</p>"
        ),
        "<nav>",
        *(f'<a href="#{tag["name"]}">{tag["name"]}</a> ' for tag in description["tags"]),
        "</nav>",
    ]
    for tag in description["tags"]:
        parts.append(f'<h2 id="{tag["name"]}">{tag["name"]}</h2>')
        for path, methods in description["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    parts.append(_operation(path, method, operation))
    parts.append("<h2 id=schemas>Schemas</h2>")
    parts += [_schema(name, schema) for name, schema in schemas.items()]
    return "".join([*parts, "</main></body></html>"])


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code><td>{one['in']}"
        f"<td>{_type(one['schema'])}<td>{_told(one.get('description', ''))}"
        for one in operation["parameters"]
    )
    body = operation.get("requestBody")
    answers = "".join(
        f"<li><b>{status}</b> {escape(answer['description'])}{_contents(answer)}"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<details><summary><b class={method}>{method.upper()}</b> <code>{escape(path)}</code>"
        f" <span>{escape(operation['summary'])}</span></summary>"
        f"<p>{_told(operation.get('description', 'Needs no scope.'))}</p>"
        + (f"<table><tr><th>parameter<th>in<th>type<th>meaning{rows}</table>" if rows else "")
        + (f"<p>Body:{_contents(body)}</p>" if body else "")
        + f"<ul>{answers}</ul></details>"
    )


def _contents(answer: dict[str, Any]) -> str:
    kinds = dict.fromkeys(_type(one["schema"]) for one in answer.get("content", {}).values())
    return f" {', '.join(kinds)}" if kinds else ""


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code><td>{_type(one)}"
        f"<td>{'required' if field in required else ''}<td>{_told(one.get('description', ''))}"
        for field, one in schema.get("properties", {}).items()
    )
    told = f"<p>{_told(schema.get('description', ''))}</p>"
    table = f"<table><tr><th>field<th>type<th><th>meaning{rows}</table>" if rows else _type(schema)
    return (
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"{told}{table}</details>"
    )


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to those that have a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[word]))
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(" or ".join(kind) if isinstance(kind, list) else kind)
