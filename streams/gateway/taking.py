"""Taking inputs in: what waits at one moment becomes durable together.

One thread appends. While a transaction is on its way to the disk, the next inputs gather, so that
many clients cost few transactions; a client is answered when its own input is durable.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from streams.gateway import metrics
from streams.gateway.desks import is_lost, let_go
from streams.intake import Taken

if TYPE_CHECKING:
    from streams.engines import AnyDesk

TOGETHER = 500
"""Lines that become durable together at most; a longer request is one by itself."""


class Receipt(NamedTuple):
    """What became of the lines of one request.

    Attributes:
        taken: Each line's own, numbered from 1.
        position: A position of the log behind all of them.
    """

    taken: list[Taken]
    position: str


_Waiting = tuple[Sequence[bytes], "Future[Receipt]"]


class Taking:
    """Appends inputs, from a thread with a desk of its own.

    Args:
        opened: Opens the desk; called in the thread.
    """

    def __init__(self, opened: Callable[[], AnyDesk]) -> None:
        self._opened = opened
        self._waiting: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="taking", daemon=True)
        self._thread.start()

    async def take(self, lines: Sequence[bytes]) -> Receipt:
        """Take lines in, none of them empty; what the receipt tells is durable.

        Raises:
            Unavailable: The store does not take them; none of them is acknowledged.
        """
        future: Future[Receipt] = Future()
        self._waiting.put((lines, future))
        # Whoever hangs up meanwhile has sent it: it is kept, as a retry of theirs will find.
        receipt = await asyncio.shield(asyncio.wrap_future(future))
        metrics.taken(lines, receipt.taken)
        return receipt

    def close(self) -> None:
        """Take what waits, then let the desk go."""
        self._waiting.put(None)
        self._thread.join()

    def _serve(self) -> None:
        desk: AnyDesk | None = None
        try:
            while (first := self._waiting.get()) is not None:
                together, last = self._gathered(first)
                try:
                    if desk is None:
                        desk = self._opened()
                    taken = list(desk.intake.lines([one for some, _ in together for one in some]))
                    position = desk.progress.behind(taken)
                except BaseException as error:  # noqa: BLE001  # it is the callers', whatever it is
                    if desk is not None and is_lost(error):
                        let_go(desk)
                        desk = None
                    for _, future in together:
                        future.set_exception(error)
                else:
                    _hand_out(together, taken, position)
                if last:
                    return
        finally:
            if desk is not None:
                let_go(desk)

    def _gathered(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """What waits by now, and whether it is the last."""
        together, count = [first], len(first[0])
        while count < TOGETHER:
            try:
                one = self._waiting.get_nowait()
            except Empty:
                break
            if one is None:
                return together, True
            together.append(one)
            count += len(one[0])
        return together, False


def _hand_out(together: list[_Waiting], taken: list[Taken], position: str) -> None:
    """Each its own results, by the numbers of its lines."""
    place = 0
    for lines, future in together:
        mine = taken[place : place + len(lines)]
        numbered = [msgspec.structs.replace(one, line=n) for n, one in enumerate(mine, 1)]
        future.set_result(Receipt(numbered, position))
        place += len(lines)
