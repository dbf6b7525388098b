"""Links to files of replies: made as a reply goes out, read when somebody comes by one.

A link names one file of one message, and until when it holds; a signature over both, by a key of
the desk, sees to it that nobody makes one up.
"""

from __future__ import annotations

from datetime import datetime

from agents.shaping import units
from projections.tables.attachments import attachment_id
from schemas.events.decisions import ReplyRequested
from schemas.platforms import PLATFORMS
from streams.files.names import plain_name
from streams.survey_links import request_in, token

PURPOSE = "files"
"""For what the key is, as `Resolver.key_for` takes it."""

PATH = "/f/"

_IN_TEXT = " .-()"
"""What may stand in a name beside letters and digits: nothing that is a mark on some platform."""


def link_to(file_id: str, at: datetime, public_url: str, key: bytes) -> str:
    """The link to a file of a message.

    Args:
        file_id: The file.
        at: From when on it holds, for as long as links do.
        public_url: How customers reach the gateway; empty for a link from its own pages.
        key: The desk's key for this purpose.
    """
    return f"{public_url.rstrip('/')}{PATH}{token(file_id, at, key)}"


def file_in(given: str, key: bytes, now: datetime) -> str | None:
    """The file that a token names; None where it is not ours, or holds no longer."""
    return request_in(given, key, now)


def with_files(
    request: ReplyRequested, request_id: str, at: datetime, public_url: str | None, key: bytes
) -> ReplyRequested:
    """A reply with the links to those of its files that go so; all else as it is.

    Args:
        request: What is sent.
        request_id: Its record.
        at: When it was asked for.
        public_url: How customers reach the gateway; without it there is no link.
        key: The desk's key for this purpose.
    """
    if not request.linked or public_url is None:
        return request
    room, parts = PLATFORMS[request.channel].characters, [*request.parts]
    before = "\n\n"
    for index, file in enumerate(request.attachments):
        if file.sha256 not in request.linked:
            continue
        link = link_to(attachment_id(request_id, index), at, public_url, key)
        told = f"{_shown(file.name)}: {link}"
        whole = f"{parts[-1]}{before}{told}"
        parts = [*parts[:-1], whole] if units(whole) <= room else [*parts, told]
        before = "\n"
    return request.model_copy(update={"parts": parts})


def _shown(name: str) -> str:
    """A file's name inside a text."""
    return "".join(one if one.isalnum() or one in _IN_TEXT else "-" for one in plain_name(name))
