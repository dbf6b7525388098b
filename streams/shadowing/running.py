"""The shadow of a worker's process: a thread with a connection of its own.

The worker hands over what it decided and goes on; whatever happens here, it never hears of it. What
was taken before anybody watched, and is not judged, is made up for from the log, by another thread
where somebody waits for the worker.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import structlog

from streams.shadowing.beside import Beside, Passed, Seen
from streams.shadowing.judging import Judging, Own
from streams.shadowing.kept import Shadow, Store, keep, made_up, running
from streams.shadowing.making_up import Past, Stopped, make_up

LOOK_SECONDS = 0.5
"""How often it is looked whether a shadow was started, stopped or promoted."""

WAIT_SECONDS = 0.02
"""Between two looks whether what was handed over is judged."""

AT_ONCE = 100
"""Turns that are kept together."""

LEAVE_SECONDS = 60.0
"""How long an ending process lets the shadow catch up."""

_log = structlog.get_logger(__name__)

Opened = Callable[[], AbstractContextManager[tuple[Store, Own]]]
"""Opens a connection, and gives what makes worlds over it."""


LookingBack = Callable[[], AbstractContextManager[Past]]
"""Opens what the worker's process can look back on."""


class Shadowing:
    """Keeps what a candidate would have said of what a worker decides.

    Args:
        beside: Where the worker puts it.
        opened: Opens the store for the thread.
        looking_back: Opens it for what was taken before anybody watched.

    Attributes:
        beside: The same.
    """

    def __init__(self, beside: Beside, opened: Opened, looking_back: LookingBack) -> None:
        self.beside = beside
        self._opened = opened
        self._looking_back = looking_back
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._past: threading.Thread | None = None
        self._done = 0

    @contextmanager
    def along(self, store: Store) -> Iterator[None]:
        """Judge what is decided in here to the end, if a shadow runs; else there is no thread."""
        shadow = running(store)
        if self._thread is not None or shadow is None:
            yield
            return
        self.beside.take_behind()
        self._stopping.clear()
        missed = self.beside.take_missed()
        if not self._look_back(shadow, self._done):
            self.beside.leave_out(missed)
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
        if self._past is not None:
            self._past.join(LEAVE_SECONDS)
        self._thread = self._past = None
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
                    found, first, looked = running(store), looked < 0, time.monotonic()
                    if (found and found.id) != (shadow and shadow.id):
                        judging = None if found is None else Judging(found.candidate, worlds)
                        if not first:  # it began while this looked elsewhere
                            self.beside.took_over()
                    shadow = found
                    self.beside.watching = shadow is not None
                    if shadow is not None:
                        self._see_to_the_past(shadow)
                turns = self.beside.next(AT_ONCE, 0.0 if self._stopping.is_set() else LOOK_SECONDS)
                missed = self.beside.take_missed()
                if shadow is not None and judging is not None and (turns or missed):
                    self._keep(store, shadow, judging, turns, missed)
                self._done += len(turns) + missed
                if self._stopping.is_set() and not turns:
                    return

    def _keep(
        self,
        store: Store,
        shadow: Shadow,
        judging: Judging,
        turns: list[Seen | Passed],
        missed: int,
    ) -> None:
        judged = [
            (seen.place, judging.judge(seen) if isinstance(seen, Seen) else None) for seen in turns
        ]
        try:
            keep(store, shadow, judged, missed)
        except BaseException:
            self.beside.leave_out(len(turns) + missed)
            self.beside.took_over()
            raise

    # --- what was taken before anybody watched ------------------------------------------------

    def _see_to_the_past(self, shadow: Shadow) -> None:
        """Let a thread look back, where that is due and none does."""
        if (self._past is None or not self._past.is_alive()) and self.beside.take_behind():
            self._past = threading.Thread(
                target=self._look_back, args=(shadow,), name="shadow, looking back", daemon=True
            )
            self._past.start()

    def _look_back(self, shadow: Shadow, until: int | None = None) -> bool:
        """Make up for what was taken and not judged; whether nothing of that is left.

        What fails is told, and tried again at a restart.

        Args:
            shadow: The shadow that runs.
            until: So many turns of this process are to be judged before; all by default.
        """
        try:
            with self._looking_back() as past:
                taken = past.taken(self._stopping)
                self._until_judged(self.beside.entered if until is None else until)
                now = running(past.store)
                missed = now.missed if now is not None and past.alone else 0
                make_up(past, shadow, taken, self._stopping)
                made_up(past.store, shadow, missed)
        except Stopped:
            return False
        except Exception as error:  # noqa: BLE001  # the live agents go on, whatever it is
            _log.warning(
                "turns are not made up for in the shadow", error=f"{type(error).__name__}: {error}"
            )
            return False
        return True

    def _until_judged(self, entered: int) -> None:
        """Wait until so many turns are kept, or counted as left out: what waits is no gap."""
        while self._done < entered:
            if self._stopping.wait(WAIT_SECONDS):
                raise Stopped
