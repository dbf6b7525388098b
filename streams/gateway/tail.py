"""The end of the log as it grows, read once for all who watch it.

A watcher that is as far as the tail reads from memory; one that comes back with an older position,
or has fallen behind, first reads the log itself. Nobody misses a record, and a slow watcher keeps
nobody else waiting.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from streams.engines import meaning
from streams.entry import Entry
from streams.filters import Filter

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.gateway.desks import Desks

KEPT = 5000
"""Records that are kept in memory."""

STEP = 500
"""Records that a watcher takes at a time from the log itself."""

QUIET_SECONDS = 15.0
"""After how long without a record a watcher is told that there is none."""

AGAIN_SECONDS = 1.0
"""After how long a tail that was torn is taken up again."""

Found = tuple[Entry, str]
"""An entry and the position behind it."""

Watched = tuple[Entry | None, str]
"""The same; without an entry, the position up to which there was none."""

_log = structlog.get_logger(__name__)


class Tail:
    """Follows the log, from a thread with a desk of its own; belongs to one event loop.

    Args:
        opened: Opens the desk; called in the thread.
        askers: Where watchers read the log themselves.
        quiet: After how many seconds without a record a watcher is told that there is none.
    """

    def __init__(
        self, opened: Callable[[], AnyDesk], askers: Desks, quiet: float = QUIET_SECONDS
    ) -> None:
        self._opened = opened
        self._quiet = quiet
        self._askers = askers
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._kept: deque[Found] = deque(maxlen=KEPT)
        self._count = 0
        self._end = ""
        self._grown = asyncio.Event()
        self._begun = asyncio.Event()
        self._thread: threading.Thread | None = None

    async def end(self) -> str:
        """The position up to which the log is read: who watches from there misses nothing."""
        await self._follow()
        return self._end

    async def watch(self, wanted: Filter, after: str) -> AsyncIterator[Watched]:
        """What is appended, for ever; now and then, while nothing wanted is, how far that is.

        Args:
            wanted: What is to be shown.
            after: A position: what lies behind it comes first.

        Raises:
            Malformed: It is not a position of this log.
        """
        await self._follow()
        seen, told = after, self._loop.time()
        while True:
            passed: dict[tuple[str, int], int] = {}
            place = self._count  # what comes while the log is read is in memory then
            async for entry, position in self._from_the_log(wanted, seen):
                seen = position
                if entry is not None:
                    passed[entry.topic, entry.partition] = entry.offset
                    yield entry, position
            while self._count - place <= len(self._kept):
                first = len(self._kept) - (self._count - place)
                for entry, position in list(islice(self._kept, first, None)):
                    place, seen = place + 1, position
                    new = entry.offset > passed.get((entry.topic, entry.partition), -1)
                    if new and wanted.fits(entry):
                        told = self._loop.time()
                        yield entry, position
                if not await self._more(place) or self._loop.time() - told > self._quiet:
                    told = self._loop.time()
                    yield None, seen

    def close(self) -> None:
        """Follow no longer."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    async def _follow(self) -> None:
        """Begin to follow, with the first who watches."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tail", daemon=True)
            self._thread.start()
        await self._begun.wait()

    async def _from_the_log(self, wanted: Filter, after: str) -> AsyncIterator[Watched]:
        """What is wanted behind a position, and then up to where there is no more of it."""
        while True:
            # Asked for before it is read: nothing comes between, and what was found lies before.
            end = await self._askers.do(lambda desk: desk.position())
            found = await self._askers.do(
                lambda desk, after=after: list(islice(desk.placed(wanted, after), STEP))  # type: ignore[misc]  # the default holds the value of this round
            )
            for entry, position in found:
                after = position
                yield entry, position
            if not found:
                yield None, end
                return

    async def _more(self, place: int) -> bool:
        """Whether there is something behind a place before a watcher gets impatient."""
        if self._count > place:
            return True
        try:
            async with asyncio.timeout(self._quiet):
                await self._grown.wait()
        except TimeoutError:
            return False
        return True

    def _add(self, found: list[Found]) -> None:
        self._kept.extend(found)
        self._count += len(found)
        if found:
            self._end = found[-1][1]
            self._grown.set()
            self._grown = asyncio.Event()

    def _begin(self, position: str) -> None:
        self._end = self._end or position
        self._begun.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._opened() as desk:
                    end = self._end or desk.position()
                    self._loop.call_soon_threadsafe(self._begin, end)
                    for found in desk.following(end, self._stop):
                        self._loop.call_soon_threadsafe(self._add, found)
            except Exception as error:  # noqa: BLE001  # watchers go on once it is mended
                told = meaning(error)
                _log.warning("the log cannot be followed", error=str(told or repr(error)))
                self._stop.wait(AGAIN_SECONDS)
