"""The write lock of a store, as the threads of one process share it: first come, first served.

SQLite lets whoever happens to look take its lock; who waits sleeps ever longer between two looks. A
worker that commits and begins again at once would so keep a gateway in the same process waiting.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from pathlib import Path
from threading import Lock


class WriteLock:
    """A lock that threads get in the order in which they asked for it."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._held = False
        self._waiting: deque[Lock] = deque()

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._waiting)

    def acquire(self) -> None:
        """Wait for it."""
        with self._guard:
            if not self._held:
                self._held = True
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def release(self) -> None:
        """Hand it to who has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


@cache
def write_lock(path: Path) -> WriteLock:
    """The lock of a store, one for all its connections in this process.

    Args:
        path: Its file, absolute.
    """
    del path
    return WriteLock()
