"""Files that a command writes where it was told to."""

from __future__ import annotations

import os
from pathlib import Path

from streams.errors import Misused, of_the_disk

OWNERS = 0o600
"""The rights of a new file: what is told of customers is for whoever asked, who may pass it on."""


def keep(path: Path, content: bytes) -> None:
    """Write a file whole; where that cannot be, what was there before stays.

    Who may read a file that was there before may read it afterwards.

    Args:
        path: Where.
        content: All of it.

    Raises:
        OSError: The disk is full, or may not be written to.
        Misused: It cannot be there.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe, say, which holds nothing yet
            path.write_bytes(content)
            return
        whole = path.resolve()
        beside = whole.with_name(f".{whole.name}.{os.getpid()}")
        try:
            beside.touch(OWNERS)
            if whole.exists():
                beside.chmod(whole.stat().st_mode)
            beside.write_bytes(content)
            beside.replace(whole)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        if of_the_disk(error) is not None:
            raise
        raise Misused(
            f"{path} cannot be written ({error.strerror})", "name another file with --to"
        ) from error
