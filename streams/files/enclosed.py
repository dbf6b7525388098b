"""Files that people at the desk send: in the store before anybody asks for the reply.

What is sent is described as input has it: by the name that it is to have, and what its bytes say.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.errors import NotFound, Refused
from streams.files import rules
from streams.files.kinds import kind_of
from streams.files.names import plain_name
from streams.files.settings import AttachmentSettings
from streams.files.store import Draft, Files

if TYPE_CHECKING:
    from streams.engines import AnyDesk

TOGETHER = 25 * 1024 * 1024
"""Bytes that the files of one reply may have."""

CHUNK_BYTES = 256 * 1024

_BY_NAME = (
    "SELECT name, media_type, size, sha256 FROM v1_attachments"
    " WHERE state = 'stored' AND (attachment_id = ? OR sha256 = ?)"
    " ORDER BY received_at, attachment_id LIMIT 1"
)


class Unfit(Refused):
    """A file that is not sent.

    Attributes:
        code: The HTTP status that says the same.
    """

    def __init__(self, what: str, remedy: str, code: int) -> None:
        super().__init__(what, remedy)
        self.code = code


class Enclosing:
    """Files on their way into the store, for one reply.

    Args:
        files: The store.
        settings: Which files are kept at all.
    """

    def __init__(self, files: Files, settings: AttachmentSettings) -> None:
        self._files = files
        self._settings = settings
        self._size = 0

    def write(self, draft: Draft, content: bytes) -> None:
        """Add to a file.

        Raises:
            Unfit: It is too large, or all of them together are.
            OSError: It cannot be written.
        """
        self._size += len(content)
        if self._size > TOGETHER:
            raise Unfit(
                f"the files of the reply have more than {TOGETHER} bytes",
                "send less at a time",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        draft.write(content)
        if draft.size > self._settings.max_bytes:
            raise Unfit(
                f"the file is not sent: {rules.too_large(self._settings)}",
                "send a smaller one, or raise attachments.max_bytes",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )

    def keep(self, draft: Draft, name: str) -> dict[str, Any]:
        """Keep a file that is whole; what a line of input says of it.

        Args:
            draft: The file.
            name: What it is called.

        Raises:
            Unfit: Files of its kind are not kept.
            OSError: It cannot be kept.
        """
        kind, called = kind_of(draft.head), plain_name(name)
        if (reason := rules.refusal(self._settings, kind)) is not None:
            raise Unfit(
                f"{called} is not sent: {reason}",
                "send another one, or change that setting",
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            )
        number = self._files.keep(draft)
        return {"name": called, "media_type": kind, "size": draft.size, "sha256": number}

    def of_bytes(self, content: bytes, name: str) -> dict[str, Any]:
        """Keep a file that is in memory; raises as `write` and `keep` do."""
        with self._files.draft() as draft:
            self.write(draft, content)
            return self.keep(draft, name)

    def of_disk(self, path: Path) -> dict[str, Any]:
        """Keep a copy of a file of this machine; raises as `write` and `keep` do."""
        with path.open("rb") as file, self._files.draft() as draft:
            while content := file.read(CHUNK_BYTES):
                self.write(draft, content)
            return self.keep(draft, path.name)


def named(desk: AnyDesk, name: str) -> dict[str, Any]:
    """A file that the desk has already, as a line of input says it.

    Args:
        desk: The desk.
        name: Its id, or its SHA-256.

    Raises:
        NotFound: There is none.
    """
    found = desk.query(_BY_NAME, (name, name))
    if not found:
        raise NotFound(
            f"there is no file {name} in the store",
            "name one that is stored, by its id or SHA-256; /api/v1/attachments lists them",
        )
    (row,) = found
    return {**row, "name": plain_name(row["name"] or "")}
