"""Files that came with contacts or went out: for whoever may read, and never to be run.

Who sent a file is a stranger. So a browser is told what it is only where nothing in it can run, and
to keep it apart from everything else here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from aiohttp import web

from streams.errors import NotFound
from streams.files.kinds import SAFE, TEXT, UNKNOWN
from streams.files.names import plain_name
from streams.files.store import Files
from streams.gateway.problems import Problem
from streams.gateway.route import Call, Route
from streams.gateway.waiting import POSITION, Since, reached

if TYPE_CHECKING:
    from streams.engines import AnyDesk

CHUNK_BYTES = 256 * 1024

SEND_SECONDS = 60.0
"""How long somebody may take to take a piece of a file."""

_FILE = "SELECT * FROM v1_attachments WHERE attachment_id = ?"


class Span(NamedTuple):
    """Some of a file's bytes."""

    start: int
    length: int


async def attachment(call: Call) -> web.StreamResponse:
    """A file, or the part of it that is asked for."""
    number = call.path("id")
    await reached(call.house, call.asked(Since))

    def look(desk: AnyDesk) -> tuple[dict[str, Any], str]:
        position = desk.progress.shown()
        return kept(desk, number), position

    found, position = await call.house.read(look)
    return await sent(call, found, {POSITION: position})


async def sent(
    call: Call, found: dict[str, Any], more: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """A file that is kept, or the part of it that is asked for.

    Args:
        call: The request.
        found: What the desk knows of the file.
        more: More headers.

    Raises:
        NotFound: It is not in the store.
        Problem: 416, there is no such part.
    """
    files, name, size = Files(call.house.settings.data), found["sha256"], found["size"]
    if not await asyncio.to_thread(files.has, name):
        raise NotFound(
            f"the file {found['attachment_id']} is known and not in the store",
            "see that `data` is the folder that files are put into, and that it was restored",
        )
    headers = {**_headers(found), **(more or {})}
    if _is_known(call.request, name):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if call.request.method == "HEAD":  # of parts only GET knows
        return web.Response(headers={**headers, "Content-Length": f"{size}"})
    span = _span(call.request, name, size)
    status = HTTPStatus.OK
    if span is None:
        span = Span(0, size)
    else:
        status = HTTPStatus.PARTIAL_CONTENT
        last = span.start + span.length - 1
        headers["Content-Range"] = f"bytes {span.start}-{last}/{size}"
    return await _streamed(
        call.request,
        files,
        name,
        span,
        web.StreamResponse(status=status, headers={**headers, "Content-Length": f"{span.length}"}),
    )


def kept(desk: AnyDesk, number: str) -> dict[str, Any]:
    """What the desk knows of a file that it keeps; raises `NotFound`."""
    found = desk.query(_FILE, (number,))
    if not found:
        raise NotFound(f"there is no attachment {number}", "see /api/v1/attachments")
    (row,) = found
    if row["state"] != "stored":
        why = f" ({row['error']})" if row["error"] else ""
        raise NotFound(
            f"the attachment {number} is {row['state']}, its file is not here{why}",
            "ask again later" if row["state"] == "waiting" else "ask its sender for it",
        )
    return row


def _headers(found: dict[str, Any]) -> dict[str, str]:
    kind = found["media_type"]
    safe = kind in SAFE
    return {
        "Content-Type": (f"{TEXT}; charset=utf-8" if kind == TEXT else kind) if safe else UNKNOWN,
        "Content-Disposition": disposition(found["name"] or "", inline=safe),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "ETag": f'"{found["sha256"]}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
    }


def disposition(name: str, *, inline: bool) -> str:
    """How a file is to be shown, and what it may be saved as (RFC 6266).

    Args:
        name: What its sender calls it.
        inline: Whether a browser may show it.
    """
    shown = plain_name(name)
    plain = "".join(one if one.isascii() and one not in '"\\%' else "_" for one in shown)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"


def _is_known(request: web.Request, name: str) -> bool:
    """Whether who asks has the file already."""
    return any(one.value in {name, "*"} for one in request.if_none_match or ())


def _span(request: web.Request, name: str, size: int) -> Span | None:
    """The part that is asked for; None for all of it.

    Raises:
        Problem: 416, there is no such part.
    """
    if request.headers.get("If-Range", f'"{name}"') != f'"{name}"':
        return None
    try:
        asked = request.http_range
    except ValueError:  # several parts, or no range of bytes: all of it is an answer to both
        return None
    if asked.start is None and asked.stop is None:
        return None
    start, stop, _ = asked.indices(size)
    if start >= stop:
        raise Problem(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"the file has {size} bytes",
            "ask for some of those",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return Span(start, stop - start)


async def _streamed(
    request: web.Request, files: Files, name: str, span: Span, response: web.StreamResponse
) -> web.StreamResponse:
    """Send some bytes, each piece in time; where that cannot be, nothing else can follow."""
    await response.prepare(request)
    start, rest = span
    with suppress(OSError):  # who asked is gone or too slow, or the file is
        while rest and (content := await _piece(files, name, start, rest)):
            async with asyncio.timeout(SEND_SECONDS):
                await response.write(content)
            start, rest = start + len(content), rest - len(content)
        if not rest:
            await response.write_eof()
            return response
    response.force_close()
    if request.transport is not None:
        request.transport.abort()
    return response


async def _piece(files: Files, name: str, start: int, rest: int) -> bytes:
    return await asyncio.to_thread(files.read, name, start, min(rest, CHUNK_BYTES))


HEADERS = {
    "Range": "Some of its bytes",
    "If-None-Match": "An ETag: nothing comes where the file is the same",
    "If-Range": "An ETag: all of it comes where the file is another one",
}

ROUTES = (
    Route(
        "GET",
        "/api/v1/attachments/{id}",
        attachment,
        "read",
        "The file that came with a contact or went out with a reply",
        parameters=Since,
        answers={200: None, 206: None, 304: None, 404: None, 416: None},
        tag="attachments",
        headers=HEADERS,
    ),
)
