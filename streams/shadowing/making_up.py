"""What was taken live and not judged, judged from the log: after a kill, or where another left off.

A turn that waits for the shadow when a process is killed is in the log with all that was said. So
the log is refolded as for a backtest, and the turns that have no row are decided again on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from threading import Event
from typing import Any, Protocol

from schemas.record import Record
from streams.entry import Place
from streams.folding import Step
from streams.recovering import Recorded
from streams.shadowing.judging import held_against
from streams.shadowing.kept import (
    Shadow,
    Shadowed,
    Spot,
    Store,
    keep,
    lacking,
    running,
)
from streams.whatif.backtest import Rereading
from streams.whatif.history import History
from streams.whatif.redeciding import Redecider

AT_ONCE = 100
"""Turns that are kept together."""


class Past(Protocol):
    """What a worker's process can look back on; each engine has its own in its `shadow.py`."""

    @property
    def store(self) -> Store:
        """A connection that only this looking back uses."""

    @property
    def alone(self) -> bool:
        """Whether no other worker has partitions, so that whatever was left out is ours."""

    def taken(self, stop: Event) -> dict[Place, int]:
        """How far this worker's partitions are taken, with all that followed in the log."""

    def history(self, taken: Mapping[Place, int], step: Step) -> AbstractContextManager[History]:
        """The log, at least as far as that."""


class Stopped(Exception):
    """The process ends, or the shadow did: the rest is made up for another time."""


def make_up(past: Past, shadow: Shadow, taken: Mapping[Place, int], stop: Event) -> None:
    """Judge what was taken and has no row.

    Args:
        past: What can be looked back on.
        shadow: The shadow that runs.
        taken: How far partitions are taken.
        stop: Set when the process ends.

    Raises:
        Stopped: It was not brought to its end; what was judged is kept.
        Misconfigured: Records were deleted from the log.
    """
    left = lacking(past.store, shadow, taken)
    if not left:
        return

    def step(_records: int) -> None:
        if stop.is_set():
            raise Stopped

    with past.history(taken, step) as history:
        making = _Making(past.store, shadow, history, left, stop)
        Rereading(history.log, history.anew, history.evidence, making.judge, making.step).run()
    making.end()


class _Making:
    """Judges the turns of a log that lack a row."""

    def __init__(
        self,
        store: Store,
        shadow: Shadow,
        history: History,
        left: dict[Place, set[int]],
        stop: Event,
    ) -> None:
        policy, tier = shadow.candidate
        self._again = Redecider(
            shadow.candidate.worlds(history), policy, anew=tier is not None
        ).again
        self._store = store
        self._shadow = shadow
        self._left = left
        self._stop = stop
        self._found: list[tuple[Spot, Shadowed | None]] = []

    def judge(self, turn: Recorded, state: Any, record: Record) -> None:
        """Judge a turn as it comes by, if it lacks a row."""
        entry = turn.entry
        left = self._left.get((entry.topic, entry.partition), set())
        if entry.offset not in left:
            return
        left.remove(entry.offset)
        found = held_against(
            record,
            turn.outputs,
            lambda: self._again(turn.domain, state, record, turn.outputs, turn.clock)[0],
        )
        self._keep(((entry.topic, entry.partition, entry.offset), found))

    def step(self, _records: int) -> None:
        """Some more of the log was read."""
        if self._stop.is_set():
            self._flush()
            raise Stopped

    def end(self) -> None:
        """What is left nobody decided; nothing lacks a row any more."""
        for place, offsets in self._left.items():
            for offset in sorted(offsets):
                self._keep(((*place, offset), None))
        self._flush()

    def _keep(self, one: tuple[Spot, Shadowed | None]) -> None:
        self._found.append(one)
        if len(self._found) >= AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        now = running(self._store)
        if now is None or now.id != self._shadow.id:
            raise Stopped
        keep(self._store, self._shadow, self._found, 0)
        self._found = []
