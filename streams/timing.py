"""Stored timers become inbox records when they run out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from projections.case import Timer
from schemas.events.contacts import TimerDue
from schemas.record import Record, derived_id
from streams.store import DueTimer, LineStore


class Timers:
    """The timers of some partitions, with what is known of the next one at hand.

    What is known of a partition may be too early, and never too late.

    Args:
        store: Where they are kept.
        partitions: Which partitions; None is all.
    """

    def __init__(self, store: LineStore, partitions: Sequence[int] | None = None) -> None:
        self._store = store
        self._partitions = partitions
        self._next: dict[int, float] = {}
        self.look()

    def look(self, partitions: Sequence[int] | None = None) -> None:
        """Read again what is due next, of other partitions from now on if they are given."""
        if partitions is not None:
            self._partitions = partitions
        self._next = self._store.next_due(self._partitions)

    def retime(
        self, key: str, partition: int, before: dict[str, Timer], after: dict[str, Timer]
    ) -> None:
        """Bring the timers of a line from one reading of its case to the next."""
        self._store.retime(key, partition, before, after)
        for timer in after.values():
            if timer.due_at < self._next.get(partition, math.inf):
                self._next[partition] = timer.due_at

    def passed(self, partition: int, now: float) -> list[Record]:
        """The records of a partition's timers that its clock passes; their rows go."""
        if self._next.get(partition, math.inf) > now:
            return []
        records = []
        for timer in self._store.due(partition, now):
            records.append(record_of(timer))
            self._store.fired(timer.id)
        first = self._store.earliest(partition)
        self._next[partition] = math.inf if first is None else first.due_at
        return records

    def first(self, now: float) -> DueTimer | None:
        """The first timer that is due by a moment, by (due_at, partition, id)."""
        while self._next:
            due_at, partition = min((at, p) for p, at in self._next.items())
            if due_at > now:
                return None
            timer = self._store.earliest(partition)
            if timer is None:
                del self._next[partition]
            elif timer.due_at > due_at:
                self._next[partition] = timer.due_at
            else:
                return timer
        return None

    def fired(self, timer: DueTimer) -> Record:
        """The record that a timer becomes; its row goes."""
        self._store.fired(timer.id)
        return record_of(timer)


def record_of(timer: DueTimer) -> Record:
    """The inbox record that a due timer becomes.

    Its id derives from the timer and the line: a ticket that changes lines takes its timers along,
    and one that became a record on the old line must still run out on the new one.
    """
    record_id = derived_id(timer.id, timer.key)
    due_at = datetime.fromtimestamp(timer.due_at, UTC)
    event = TimerDue.model_validate(
        {
            "customer_id": timer.key,
            "ticket_id": timer.ticket_id,
            "kind": timer.kind,
            "target": timer.target,
            "due_at": due_at,
        }
    )
    return Record(
        id=record_id, key=timer.key, at=due_at, by="timer", event=event, correlation=record_id
    )
