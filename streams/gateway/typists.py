"""Who is typing: told to whoever listens in this process just now, and kept nowhere.

A visitor of the chat hears of people at the desk, the desk's streams that ask for it hear of both.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DESK = ""
"""Where the desk's own streams listen; visitors listen at their address on the channel."""

UNHEARD = 16
"""What waits for one who does not listen; more is dropped, for it is over by then."""

Ear = asyncio.Queue[dict[str, Any]]


class Typists:
    """Passes on who is typing; belongs to one event loop."""

    def __init__(self) -> None:
        self._ears: defaultdict[str, set[Ear]] = defaultdict(set)

    def tell(self, place: str, said: dict[str, Any]) -> None:
        """Tell whoever listens at a place."""
        for ear in self._ears.get(place, ()):
            if not ear.full():
                ear.put_nowait(said)

    @contextmanager
    def heard(self, *places: str) -> Iterator[Ear]:
        """Listen at some places for a while."""
        ear = Ear(UNHEARD)
        for place in places:
            self._ears[place].add(ear)
        try:
            yield ear
        finally:
            for place in places:
                self._ears[place].discard(ear)
                if not self._ears[place]:
                    del self._ears[place]

    def listened(self, place: str) -> bool:
        """Whether anybody listens at a place."""
        return place in self._ears
