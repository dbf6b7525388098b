"""A watcher of the log's end is never told of a place before what it has."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import pytest

from streams.desk import Desk
from streams.entry import Entry
from streams.filters import Filter
from streams.gateway.tail import Tail, Watched
from tests.stores import a_desk

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.gateway.desks import Desks

BEGINNING = "p1.MA"


class Still:
    """A desk at whose log's end nothing is seen to come."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def position(self) -> str:
        return BEGINNING

    def following(self, _after: str, stop: threading.Event) -> Iterator[Entry]:
        stop.wait()
        return iter(())


class Growing:
    """Asks a desk whose log grows as soon as it has said how far that is, a few times."""

    def __init__(self, desk: Desk, times: int) -> None:
        self.desk, self.times = desk, times

    async def do(self, ask: Callable[[Any], Any]) -> Any:
        return ask(self)

    def position(self) -> str:
        said = self.desk.position()
        if self.times:
            self.times -= 1
            write(self.desk, f"later {self.times}")
        return said

    def placed(self, wanted: Filter, after: str) -> Iterator[tuple[Entry, str]]:
        return self.desk.placed(wanted, after)


def write(desk: Desk, message: str) -> None:
    desk.produce({"channel": "email", "handle": "ann@example.org", "message": message})


async def watched(desk: Desk, times: int, wanted: Filter) -> list[Watched]:
    """What a watcher gets from the beginning on, up to where it hears that there is no more."""
    asker = cast("Desks", Growing(desk, times))
    tail = Tail(lambda: cast("AnyDesk", Still()), asker, quiet=0.01)
    found: list[Watched] = []
    try:
        async with aclosing(tail.watch(wanted, BEGINNING)) as watching:  # type: ignore[type-var]  # a generator
            async for one in watching:
                found.append(one)
                if one[0] is None:
                    return found
    finally:
        await asyncio.to_thread(tail.close)
    raise AssertionError("a watch has no end")


@pytest.mark.parametrize("times", [0, 1, 3])
def test_what_comes_while_the_log_is_read_lies_before_the_place_that_is_told(
    tmp_path: Path, times: int
) -> None:
    with a_desk(tmp_path) as desk:
        write(desk, "first")
        *found, (nothing, end) = asyncio.run(watched(desk, times, Filter()))
        assert len(found) == 1 + times
        assert (nothing, end) == (None, found[-1][1])
        assert not list(desk.placed(Filter(), end))


def test_whoever_wants_nothing_of_it_is_told_how_far_it_is(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        write(desk, "first")
        wanted = Filter(type="TicketOpened")
        assert asyncio.run(watched(desk, 0, wanted)) == [(None, desk.position())]
