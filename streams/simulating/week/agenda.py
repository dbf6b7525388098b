"""What happens when: a queue of moments, of equal ones in the order in which they were set."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Act = Callable[[float], object]
"""What happens; is told when."""


class Agenda:
    """Moments that are still to come, in seconds after the start of the week.

    Attributes:
        now: Where it stands.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, int, Act]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._waiting)

    def at(self, moment: float, act: Act) -> None:
        """Something happens at a moment; at once if that is past."""
        heapq.heappush(self._waiting, (max(moment, self.now), next(self._numbers), act))

    def step(self, until: float) -> bool:
        """Let the next thing happen; False when there is none by then."""
        if not self._waiting or self._waiting[0][0] > until:
            return False
        self.now, _, act = heapq.heappop(self._waiting)
        act(self.now)
        return True
