"""The shadow of a worker's process: a thread with a connection of its own.

The worker hands over what it decided and goes on; whatever happens here, it never hears of it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import structlog

from streams.shadowing.beside import Beside, Seen
from streams.shadowing.judging import Judging, Own
from streams.shadowing.kept import Shadow, Store, keep, running

LOOK_SECONDS = 0.5
"""How often it is looked whether a shadow was started, stopped or promoted."""

AT_ONCE = 100
"""Turns that are kept together."""

LEAVE_SECONDS = 60.0
"""How long an ending process lets the shadow catch up."""

_log = structlog.get_logger(__name__)

Opened = Callable[[], AbstractContextManager[tuple[Store, Own]]]
"""Opens a connection, and gives what makes worlds over it."""


class Shadowing:
    """Keeps what a candidate would have said of what a worker decides.

    Args:
        beside: Where the worker puts it.
        opened: Opens the store for the thread.

    Attributes:
        beside: The same.
    """

    def __init__(self, beside: Beside, opened: Opened) -> None:
        self.beside = beside
        self._opened = opened
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def along(self, store: Store) -> Iterator[None]:
        """Judge what is decided in here to the end, if a shadow runs; else there is no thread."""
        if self._thread is not None or running(store) is None:
            yield
            return
        self.beside.watching = True
        self.start()
        try:
            yield
        finally:
            self.finish()

    def start(self) -> None:
        """Look for a shadow from now on."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._guarded, name="shadow", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """End, after what waits is judged."""
        if self._thread is None:
            return
        self._stopping.set()
        self._thread.join(LEAVE_SECONDS)
        self._thread = None
        self.beside.watching = False

    def _guarded(self) -> None:
        last = False
        while not last:
            last = self._stopping.is_set()
            try:
                self._run()
                return
            except Exception as error:  # noqa: BLE001  # the live agents go on, whatever it is
                self.beside.watching = False
                _log.warning("the shadow begins again", error=f"{type(error).__name__}: {error}")
                self._stopping.wait(LOOK_SECONDS)

    def _run(self) -> None:
        with self._opened() as (store, worlds):
            shadow, judging, looked = None, None, -math.inf
            while True:
                if time.monotonic() >= looked + LOOK_SECONDS:
                    found, looked = running(store), time.monotonic()
                    if (found and found.id) != (shadow and shadow.id):
                        judging = None if found is None else Judging(found.candidate, worlds)
                    shadow = found
                    self.beside.watching = shadow is not None
                turns = self.beside.next(AT_ONCE, 0.0 if self._stopping.is_set() else LOOK_SECONDS)
                missed = self.beside.take_missed()
                if shadow is not None and judging is not None and (turns or missed):
                    self._keep(store, shadow, judging, turns, missed)
                if self._stopping.is_set() and not turns:
                    return

    def _keep(
        self, store: Store, shadow: Shadow, judging: Judging, turns: list[Seen], missed: int
    ) -> None:
        try:
            keep(store, shadow, [(seen.place, judging.judge(seen)) for seen in turns], missed)
        except BaseException:
            self.beside.leave_out(len(turns) + missed)
            raise
