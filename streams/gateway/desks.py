"""Desks for the event loop: threads that each have one, for a desk belongs to its thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from streams.engines import meaning
from streams.errors import Unavailable

if TYPE_CHECKING:
    from streams.engines import AnyDesk

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_Job = tuple[Callable[["AnyDesk"], Any], "Future[Any]"]  # Any: what the job returns


class Desks:
    """Some threads, each with a desk of its own, that take jobs in the order they come.

    Args:
        opened: Opens a desk; called in each thread.
        count: How many threads.
        name: What the threads are called.
    """

    def __init__(self, opened: Callable[[], AnyDesk], count: int, name: str) -> None:
        self._opened = opened
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    async def do(self, job: Callable[[AnyDesk], T]) -> T:
        """Have a job done; returns or raises what it does.

        A caller that is cancelled takes its job back, unless it is being done already.
        """
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let what waits be done, then close the desks."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        desk: AnyDesk | None = None
        try:
            while (taken := self._jobs.get()) is not None:
                job, future = taken
                if not future.set_running_or_notify_cancel():
                    continue
                if desk is not None and not desk.stands():
                    let_go(desk)
                    desk = None
                try:
                    if desk is None:  # not before: a store that is away now may be there then
                        desk = self._opened()
                    future.set_result(job(desk))
                except BaseException as error:  # noqa: BLE001  # it is the caller's, whatever it is
                    if desk is not None and is_lost(error):
                        let_go(desk)
                        desk = None
                    future.set_exception(error)
        finally:
            if desk is not None:
                let_go(desk)


def is_lost(error: BaseException) -> bool:
    """Whether a desk's connections may be of no use any more, for the store did not answer."""
    return isinstance(error, Exception) and isinstance(meaning(error), Unavailable)


def let_go(desk: AnyDesk) -> None:
    """Close a desk, whose store may be away."""
    try:
        desk.close()
    except Exception:  # noqa: BLE001  # what cannot be closed in order is dropped
        _log.debug("a desk was dropped", exc_info=True)
