"""Work that one process at a time does on an embedded store: whoever has locked its file."""

from __future__ import annotations

import os
from pathlib import Path

from streams.embedded.database import locked


class Alone:
    """What a desk has to itself.

    Args:
        folder: The data directory; its locks go with the process, however it ends.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def does(self, work: str) -> bool:
        """Whether this desk does some work, from now on or still; no other one does then.

        Args:
            work: What the work is called.
        """
        if work not in self._held:
            handle = os.open(self._folder / f"{work}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            if not locked(handle):
                os.close(handle)
                return False
            self._held[work] = handle
        return True

    def close(self) -> None:
        """Let go of it."""
        while self._held:
            os.close(self._held.popitem()[1])
