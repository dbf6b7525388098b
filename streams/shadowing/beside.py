"""What a worker has decided just now, handed to the shadow without waiting for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from agents.world import World
from schemas.record import Record
from schemas.topics import Domain

MOST = 5000
"""Turns that may wait for the shadow."""

PATIENCE_SECONDS = 30.0
"""How long a worker for which nobody waits lets the shadow catch up, before it leaves turns out."""


class Seen(NamedTuple):
    """A turn as it was taken live; states and records never change, so that nothing is copied.

    Attributes:
        domain: Whose agents decided.
        place: The inbox record's topic, partition and offset.
        state: The line's state before it.
        record: The record, as the agents saw it.
        world: What they saw beside it.
        said: What they said.
    """

    domain: Domain
    place: tuple[str, int, int]
    state: Any
    record: Record
    world: World
    said: Sequence[Record]


class Passed(NamedTuple):
    """An inbox record that was taken, and nothing decided of it: a repeat, or bytes.

    Attributes:
        place: Its topic, partition and offset.
    """

    place: tuple[str, int, int]


class Beside:
    """Between a worker and the shadow of its process.

    Args:
        patient: Whether the worker waits while too much waits for the shadow, as one does that
            nobody looks to; another leaves turns out, and counts them.

    Attributes:
        watching: Whether there is a shadow; without one nothing is kept.
        missed: How many turns were left out since it was read last.
        entered: How many turns there were since the start, those left out among them.
    """

    def __init__(self, *, patient: bool) -> None:
        self.watching = False
        self.missed = 0
        self.entered = 0
        self._patient = patient
        self._behind = True
        self._turn: list[Seen | Passed] = []
        self._waiting: deque[Seen | Passed] = deque()
        self._changed = threading.Condition()

    def saw(self, seen: Seen) -> None:
        """A turn was decided, and is not kept yet; asked only while there is a shadow."""
        self._turn.append(seen)

    def passed(self, topic: str, partition: int, offset: int) -> None:
        """A record was taken, and nothing is decided of it."""
        if self.watching:
            self._turn.append(Passed((topic, partition, offset)))

    def took_over(self) -> None:
        """Partitions are this worker's from now on; what another left may not be judged."""
        self._behind = True

    def take_behind(self) -> bool:
        """Whether something may not be judged that was taken before this worker was watched."""
        behind, self._behind = self._behind, False
        return behind

    def kept(self) -> None:
        """What was decided is in the store."""
        if not self._turn:
            return
        turns, self._turn = self._turn, []
        with self._changed:
            if self._patient and len(self._waiting) >= MOST:
                self._changed.wait_for(
                    lambda: not self.watching or len(self._waiting) < MOST, PATIENCE_SECONDS
                )
            room = max(0, MOST - len(self._waiting))
            self._waiting += turns[:room]
            self.entered += len(turns)
            self.missed += len(turns[room:])
            self._changed.notify_all()

    def dropped(self) -> None:
        """What was decided is not in the store, and is decided again."""
        self._turn.clear()

    def next(self, most: int, seconds: float) -> list[Seen | Passed]:
        """Turns that wait, `most` at most; none when nothing comes for some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting), seconds)
            found = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._changed.notify_all()
            return found

    def leave_out(self, turns: int) -> None:
        """So many turns that were taken from here could not be kept."""
        with self._changed:
            self.missed += turns

    def take_missed(self) -> int:
        """How many turns were left out since it was asked last."""
        with self._changed:
            missed, self.missed = self.missed, 0
            return missed
