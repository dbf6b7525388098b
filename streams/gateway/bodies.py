"""Reading bodies and writing answers: JSON, NDJSON and CSV."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from streams.cli.output import as_csv
from streams.gateway.problems import Problem, bad_request
from streams.gateway.waiting import POSITION

BODY_LIMIT = 1024 * 1024
"""Bytes that a request may have."""

BODY_SECONDS = 20.0
"""How long a client may take to send a body."""

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"

CUT_OFF = (web.PayloadAccessError, ConnectionResetError)
"""What is raised where the rest of a body does not come: its sender has hung up."""

_ENDS = tuple((chr(end).encode(), f"\\u{end:04x}".encode()) for end in (0x85, 0x2028, 0x2029))
"""What ends a line in Unicode and is not escaped in JSON, each with how it may be."""

_FORMULA = re.compile(r"[=@＝＠\t\r]|[+＋－-](?![\d\s.()/-]*$)")  # read as the others
"""How what spreadsheets take for a formula begins."""

PACKINGS = ("gzip", "deflate")
"""How a body may be packed."""


FAULTS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
"""What may be wrong with any body, by its status."""


async def body(request: web.Request) -> bytes:
    """The body of a request.

    Raises:
        Problem: 413 past the limit, 408 where it does not come in time, 415 where it cannot be
            unpacked, 400 where it is cut off.
    """
    if request.headers.get("Content-Encoding", "identity").lower() not in {"identity", *PACKINGS}:
        raise not_unpacked()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body has more than {request.client_max_size} bytes",
            "send less at a time, and large content as attachments",
        ) from error
    except TimeoutError as error:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the body did not come within {BODY_SECONDS:.0f} seconds",
            "send it at once",
            headers={"Connection": "close"},
        ) from error
    except web.RequestPayloadError as error:
        raise not_unpacked() from error
    except CUT_OFF as error:
        raise bad_request("the body was cut off", "send it whole") from error


def not_unpacked() -> Problem:
    """A body is packed in a way that is not known here, or not in the way that it says."""
    return Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "the body cannot be unpacked as its Content-Encoding says",
        f"send it as it is, without that header, or packed with one of {', '.join(PACKINGS)}",
        headers={"Accept-Encoding": ", ".join(PACKINGS)},
    )


async def document(request: web.Request) -> dict[str, Any]:
    """The JSON object in a body; raises `Problem` where there is none."""
    raw = await body(request)
    if not raw.strip():
        return {}
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"the body is not JSON ({error})", "send one JSON object") from error
    if not isinstance(found, dict):
        raise bad_request("the body is not a JSON object", "send one JSON object")
    return found


def answer(
    found: object,
    *,
    status: int = HTTPStatus.OK,
    position: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A JSON answer.

    Args:
        found: What is answered.
        status: The HTTP status.
        position: The position of the log that it is from.
        headers: More headers.
    """
    more = dict(headers or {})
    if position is not None:
        more[POSITION] = position
    return web.Response(
        body=msgspec.json.encode(found), status=status, content_type=JSON, headers=more
    )


def wanted_form(request: web.Request) -> str:
    """The media type that a client prefers among those of lists.

    Raises:
        Problem: 406, it takes none of them.
    """
    best, form = 0.0, ""
    for part in request.headers.get("Accept", "*/*").lower().split(","):
        name, *options = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(one) for one in options if one.startswith("q=")), 1.0)
        known = JSON if name in {"*/*", "application/*"} else CSV if name == "text/*" else name
        if known in {JSON, NDJSON, CSV} and weight > best:
            best, form = weight, known
    if not form:
        raise Problem(
            HTTPStatus.NOT_ACCEPTABLE,
            "none of the media types that you accept is known here",
            f"accept one of {JSON}, {CSV}, {NDJSON}",
        )
    return form


def _weight(option: str) -> float:
    try:
        return float(option.removeprefix("q="))
    except ValueError:
        return 0.0


def rows(
    found: list[dict[str, Any]], columns: Sequence[str], form: str, headers: Mapping[str, str]
) -> web.Response:
    """Rows in a form other than JSON, without the envelope that JSON has.

    Args:
        found: The rows.
        columns: The names of their columns.
        form: NDJSON or CSV.
        headers: Headers, which say what the envelope would.
    """
    if form == CSV:
        shown = [{name: _no_formula(value) for name, value in row.items()} for row in found]
        content = as_csv(shown, columns).encode()
    else:
        content = b"".join(one_line(row) + b"\n" for row in found)
    return web.Response(body=content, content_type=form, charset="utf-8", headers=dict(headers))


def one_line(found: object) -> bytes:
    """JSON that is one line for every client: some end lines at more than the line feed."""
    told = msgspec.json.encode(found)
    for end, escaped in _ENDS:
        told = told.replace(end, escaped)
    return told


def _no_formula(value: Any) -> Any:
    """A value as a spreadsheet shows it: what customers write is no formula of ours.

    Whoever wants it as it is, takes JSON. Numbers, also of telephones, are harmless.
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
