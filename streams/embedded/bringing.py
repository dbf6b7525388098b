"""The courier of an embedded desk: beside the roles of `up`, or once for a command."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from streams.clock import WallClock
from streams.delivery import book
from streams.delivery.leaving import outward, streamed
from streams.effects import Here
from streams.embedded.errands import Errands, only_errands
from streams.embedded.opening import open_database
from streams.errors import Refused
from streams.links import Links

if TYPE_CHECKING:
    from streams.delivery.office import Couriers, Office
    from streams.desk import Desk

ANOTHER_SECONDS = 0.5
"""How often it is looked whether another courier has left."""


def outward_of(desk: Desk) -> frozenset[str]:
    """The channels and places that something leaves by; under simulated time there are none."""
    return frozenset() if desk.clock.simulated else outward(desk.settings)


def links_of(desk: Desk) -> Links:
    """What adds links to the surveys and files of a desk."""
    return Links.of(desk.settings, desk.database.meta("identity.secret") or "")


def here_of(desk: Desk) -> Here:
    """What stays on the machine of a desk."""
    return Here(desk.folder / "mailbox", links_of(desk), streamed(desk.settings))


class Bringing:
    """Brings what waits to where it goes, while a desk runs; remembers meanwhile how that went.

    Args:
        desk: The desk.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._couriers: Couriers | None = None

    def brought(self) -> bool:
        """Bring what waits, and wait for the answers; whether there was any.

        Where another process sends what this store holds, it is left to that.
        """
        desk = self._desk
        leaving = outward_of(desk)
        if not leaving:
            return False
        now = desk.clock.now().timestamp()
        due = book.next_due(desk.database, channels=leaving)
        if due is None or due > now:
            return False
        try:
            with only_errands(desk.folder, desk.database, now) as errands:
                return asyncio.run(self._once(errands))
        except Refused:
            return False

    async def _once(self, errands: Errands) -> bool:
        from streams.delivery.office import Couriers

        if self._couriers is None:
            desk = self._desk
            self._couriers = Couriers(errands, desk.settings, links_of(desk), desk.clock)
        async with self._couriers as couriers:
            return await couriers.work_off()


def office_of(desk: Desk, failed: Callable[[BaseException], None]) -> Office | None:
    """A courier in a thread of its own; None where no platform is set up."""
    if not outward_of(desk):
        return None
    from streams.delivery.office import Office

    return Office(
        lambda stopping: _opened(desk.folder, stopping),
        desk.settings,
        links_of(desk),
        WallClock(),
        failed,
    )


@contextmanager
def _opened(folder: Path, stopping: threading.Event) -> Iterator[Errands | None]:
    """A connection of its own, once nobody else sends what the store holds."""
    with closing(open_database(folder)) as database, ExitStack() as held:
        errands = None
        while errands is None and not stopping.is_set():
            now = WallClock().now().timestamp()
            try:
                errands = held.enter_context(only_errands(folder, database, now))
            except Refused:
                stopping.wait(ANOTHER_SECONDS)
        yield errands
