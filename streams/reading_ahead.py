"""While messages wait for what was taught to be read: what is said of it, and how it ends.

A base of long articles takes the sentence encoder a minute and more, once in a process's life.
"""

from __future__ import annotations

import threading

import structlog

MANY = 200
"""So many texts take about a second: it is said why nothing seems to go on."""

_log = structlog.get_logger(__name__)


class Reading:
    """Is told how many texts are left to be read, after each of them.

    Args:
        stop: Set from outside to stop.

    Raises:
        ToldToStop: From the call, when `stop` is set; what was read so far is known.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._said = False

    def __call__(self, left: int) -> None:
        """So many are left."""
        if self._stop.is_set():
            raise ToldToStop
        if left >= MANY and not self._said:
            _log.info("messages wait until what was taught is read", texts=left)
            self._said = True
        if self._said and not left:
            _log.info("what was taught is read")
            self._said = False


class ToldToStop(Exception):
    """What waits is left for the next start."""
