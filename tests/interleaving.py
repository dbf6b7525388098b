"""Every interleaving of what several may do, gone through to the end.

What is explored is a world that never changes, with the steps that may follow it. `explore` visits
every world that can be reached, so what it does not find is not there, up to the model's size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from typing import NamedTuple, Protocol, TypeVar

W = TypeVar("W", bound=Hashable)


class Broken(Exception):
    """The model does not hold what it promises."""


class Model(Protocol[W]):
    """Says where it begins, and what may happen next."""

    start: W

    def steps(self, world: W) -> Iterable[tuple[str, W]]:
        """Everything that may happen next, with the world after it; raises `Broken`."""

    def at_rest(self, world: W) -> None:
        """Nothing can happen any more; raises `Broken` where that should not be."""


class Found(NamedTuple):
    """What an exploration came to.

    Attributes:
        worlds: How many different ones were reached.
        ends: In how many of them everything has come to rest.
        broken: What does not hold, if anything.
        steps: The shortest way there.
    """

    worlds: int
    ends: int
    broken: str | None
    steps: tuple[str, ...]


def explore(model: Model[W]) -> Found:
    """Go through every interleaving, the shortest first, until something does not hold."""
    came_from: dict[W, tuple[W, str] | None] = {model.start: None}
    waiting = deque([model.start])
    ends = 0
    while waiting:
        world = waiting.popleft()
        try:
            more = list(model.steps(world))
            if not more:
                model.at_rest(world)
                ends += 1
        except Broken as broken:
            way = _way(came_from, world)
            return Found(len(came_from), ends, str(broken), way)
        for name, after in more:
            if after not in came_from:
                came_from[after] = (world, name)
                waiting.append(after)
    return Found(len(came_from), ends, None, ())


def _way(came_from: dict[W, tuple[W, str] | None], world: W) -> tuple[str, ...]:
    steps: list[str] = []
    while (before := came_from[world]) is not None:
        world, name = before
        steps.append(name)
    return tuple(reversed(steps))
