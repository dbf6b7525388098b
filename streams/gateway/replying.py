"""Replies with files: a form with the files in it, or JSON that names files which are here.

A file is in the store before the intent is appended: whoever reads the intent finds it.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from streams.files.enclosed import CHUNK_BYTES, TOGETHER, Enclosing, Unfit, named
from streams.files.store import Files
from streams.gateway.bodies import BODY_LIMIT, CUT_OFF, document, not_unpacked
from streams.gateway.problems import Problem, bad_request
from streams.gateway.route import Call

FORM = "multipart/form-data"

FORM_SECONDS = 300.0
"""How long a client may take to send a form with files."""

MOST_PARTS = 30

FORM_SCHEMA = {
    "type": "object",
    "description": "The fields of the JSON body, and files; `attachments` names files by id or"
    " SHA-256 that are here already",
    "properties": {
        "text": {"type": "string"},
        "by": {"type": "string"},
        "channel": {"type": "string"},
        "attachments": {"type": "array", "items": {"type": "string"}},
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
    },
    "required": ["text"],
}


async def reply(call: Call) -> dict[str, Any]:
    """What a reply says, its files in the store.

    Raises:
        Problem: It cannot be read, or has files that are not sent.
        NotFound: It names a file that is not here.
    """
    is_form = call.request.content_type == FORM
    asked = await _form(call) if is_form else await document(call.request)
    files = asked.get("attachments")
    if isinstance(files, list) and files:
        asked["attachments"] = await call.house.read(
            lambda desk: [named(desk, one) if isinstance(one, str) else one for one in files]
        )
        asked["links"] = call.house.settings.gateway.public_url is not None
    return asked


async def _form(call: Call) -> dict[str, Any]:
    if (call.request.content_length or 0) > TOGETHER + BODY_LIMIT:
        raise _closing(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body has more than {TOGETHER} bytes",
            "send less at a time",
        )
    try:
        async with asyncio.timeout(FORM_SECONDS):
            return await _read(call)
    except TimeoutError as error:
        raise _closing(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the body did not come within {FORM_SECONDS:.0f} seconds",
            "send it at once",
        ) from error
    except Unfit as error:
        raise _closing(error.code, error.what, error.remedy) from error
    except web.RequestPayloadError as error:
        raise not_unpacked() from error
    except (ValueError, *CUT_OFF, HttpProcessingError) as error:
        raise bad_request(
            f"the body is no form that can be read ({error})", f"send it whole, as {FORM}"
        ) from error


def _closing(status: int, detail: str, remedy: str) -> Problem:
    """A problem after which nobody reads what else comes on the connection."""
    return Problem(status, detail, remedy, headers={"Connection": "close"})


async def _read(call: Call) -> dict[str, Any]:
    settings = call.house.settings
    files = Files(settings.data)
    enclosing = Enclosing(files, settings.attachments)
    asked: dict[str, Any] = {}
    enclosed: list[Any] = []
    parts = characters = 0
    async for part in await call.request.multipart():
        parts += 1
        if not isinstance(part, BodyPartReader) or part.name is None or parts > MOST_PARTS:
            raise ValueError("it has other parts than fields and files, or too many")
        if part.filename is not None:
            enclosed.append(await _kept(part, enclosing, files))
            continue
        value = await _text(part, BODY_LIMIT - characters)
        characters += len(value)
        if part.name == "attachments":
            enclosed.append(value)
        elif part.name in asked:
            raise ValueError(f"{part.name} is there twice")
        else:
            is_number = part.name == "expected_revision" and value.isdecimal()
            asked[part.name] = int(value) if is_number else value
    return {**asked, "attachments": enclosed} if enclosed else asked


async def _text(part: BodyPartReader, room: int) -> str:
    content = b""
    while chunk := await part.read_chunk(CHUNK_BYTES):
        content += chunk
        if len(content) > room:
            raise Unfit(
                f"the fields have more than {BODY_LIMIT} bytes",
                "send large content as files",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
    return content.decode()


async def _kept(part: BodyPartReader, enclosing: Enclosing, files: Files) -> dict[str, Any]:
    """Keep a file as it comes; the disk is not waited for in the loop."""
    with ExitStack() as stack:
        draft = await asyncio.to_thread(stack.enter_context, files.draft())
        while chunk := await part.read_chunk(CHUNK_BYTES):
            await asyncio.to_thread(enclosing.write, draft, chunk)
        return await asyncio.to_thread(enclosing.keep, draft, part.filename or "")
