"""The files that go with a message: in the store before it is begun, read as it goes out."""

from __future__ import annotations

from collections.abc import Callable

from schemas.events.decisions import ReplyRequested
from streams.channels.channel import File
from streams.errors import Refused
from streams.files.kinds import HEAD_BYTES, kind_of
from streams.files.names import plain_name
from streams.files.store import Files

Enclosed = Callable[[], list[File]]
"""Reads the files of a message; raises `OSError`."""


def enclosed(request: ReplyRequested, files: Files, public_url: str | None) -> Enclosed | None:
    """What reads the files of a message that go with it; None where none do.

    Args:
        request: The message.
        files: The store.
        public_url: How customers reach the gateway.

    Raises:
        Refused: One of its files is not in the store, or was to go as a link and cannot.
    """
    if request.linked and public_url is None:
        raise Refused(
            "it was to bring a file as a link, and how customers reach the gateway is not known",
            "set gateway.public_url, and reply again",
        )
    for one in request.attachments:
        if not files.has(one.sha256 or ""):
            raise Refused(
                f"its file {one.sha256} is not in the store",
                "see that `data` is the folder that the file was put into, and reply again",
            )
    names = [
        (plain_name(one.name), one.sha256 or "", one.size)
        for one in request.attachments
        if one.sha256 not in request.linked
    ]

    def read() -> list[File]:
        found = []
        for name, number, size in names:
            content = files.read(number, 0, size)
            found.append(File(name, kind_of(content[:HEAD_BYTES]), content))
        return found

    return read if names else None
