"""Where files are kept: each once, under the SHA-256 of what is in it.

A file is written beside the others and takes its name when it is whole and on the disk, so that a
crash leaves no half of one. Every byte goes in through `Draft.write` and comes out through
`Files.read`.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

from streams.files.kinds import HEAD_BYTES

FOLDER = "attachments"
"""The name of the folder in the data directory."""

_UNFINISHED = "unfinished"

OLD_SECONDS = 2 * 3600.0
"""After how long what nobody finished is junk: no file takes so long."""

_NAME = re.compile(r"[0-9a-f]{64}")


class Draft:
    """A file that is being written.

    Args:
        file: Where to.
        path: What that is called for now.

    Attributes:
        path: What it is called for now.
        size: How many bytes it has by now.
        head: The first of them.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self.path = path
        self._digest = sha256()
        self.size = 0
        self.head = b""

    def write(self, content: bytes) -> None:
        """Add to its end."""
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)
        if len(self.head) < HEAD_BYTES:
            self.head += content[: HEAD_BYTES - len(self.head)]

    def finish(self) -> None:
        """See that it is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written, as 64 hexadecimal digits."""
        return self._digest.hexdigest()


class Files:
    """The files of a deployment.

    Args:
        data: The data directory; on a cluster all who fetch and serve files share its folder.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """A file to be written; what is not handed to `keep` in here is gone afterwards."""
        unfinished = self._folder / _UNFINISHED
        unfinished.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(dir=unfinished)
        try:
            with os.fdopen(number, "wb") as file:
                yield Draft(file, Path(name))
        finally:
            with suppress(FileNotFoundError):  # it was kept
                Path(name).unlink()

    def keep(self, draft: Draft) -> str:
        """Keep what was written, on the disk when this returns; its SHA-256."""
        draft.finish()
        path = self._path(draft.sha256)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        draft.path.rename(path)  # over the same bytes, where they are kept already
        _synced(path.parent)
        _synced(self._folder)
        return draft.sha256

    def put(self, content: bytes) -> Draft:
        """Keep some bytes; what is known of them."""
        with self.draft() as draft:
            draft.write(content)
            self.keep(draft)
        return draft

    def has(self, name: str) -> bool:
        """Whether a file of this SHA-256 is kept."""
        return _NAME.fullmatch(name) is not None and self._path(name).is_file()

    def read(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of a file, fewer at its end; raises `FileNotFoundError`."""
        with self._path(name).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def tidy(self) -> None:
        """Take away what a crash left unfinished."""
        for path in self._folder.glob(f"{_UNFINISHED}/*"):
            with suppress(FileNotFoundError):  # it was finished meanwhile
                if path.stat().st_mtime < time.time() - OLD_SECONDS:
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name[2:]


def _synced(folder: Path) -> None:
    """See that the names in a folder are on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
