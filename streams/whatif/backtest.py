"""The whole history decided again: the same on both engines, once the log lies in a file.

The log is refolded as it was recorded (`streams.recovering`), in the order of the turns' clocks, so
that knowledge and policies come as they came; beside it each turn is decided again.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from schemas.events.contacts import ContactReceived
from schemas.record import Record
from streams.embedded.database import Database
from streams.errors import Refused
from streams.extent import AT_ONCE, Evidence
from streams.folding import Step
from streams.recovering import Recorded, Refolding
from streams.whatif.differing import compared
from streams.whatif.history import History
from streams.whatif.promises import Promises, steps, summed
from streams.whatif.redeciding import Redecider
from streams.whatif.summing import Report, Sums, judged


class Span(NamedTuple):
    """Which turns count, by their clock: from `since` on, and before `until`.

    None is no bound.
    """

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, clock: float) -> bool:
        """Whether a turn at this clock counts."""
        return (self.since is None or clock >= self.since.timestamp()) and (
            self.until is None or clock < self.until.timestamp()
        )


Judge = Callable[[Recorded, Any, Record], None]
"""Is shown a turn, its line's state before it, and its record as the agents saw it."""


class Rereading(Refolding):
    """Refolds the log in the order of the turns' clocks, and shows each turn before it is folded.

    Args:
        log: The whole log.
        anew: A scratch store that was surveyed.
        evidence: What the engine knows.
        judge: Is shown the turns.
        step: Told how many records were taken since it was told last.
    """

    def __init__(
        self, log: Database, anew: Database, evidence: Evidence, judge: Judge, step: Step
    ) -> None:
        super().__init__(log, anew, evidence, step)
        self._judge = judge

    def run(self) -> None:
        """Fold every inbox partition, merged by (clock, topic, partition, offset)."""
        turns = [self._keyed(place, until) for place, until in self._extent.until.items()]
        count = 0
        for count, (_, turn) in enumerate(heapq.merge(*turns, key=lambda one: one[0]), 1):
            self._entry(turn)
            if count % AT_ONCE == 0:
                self._step(AT_ONCE)
        self._step(count % AT_ONCE)

    def _keyed(
        self, place: tuple[str, int], until: int
    ) -> Iterator[tuple[tuple[float, str, int, int], Recorded]]:
        for turn in self._turns_of(place, until):
            yield (turn.clock, *place, turn.entry.offset), turn

    def _as_said(
        self, turn: Recorded, state: msgspec.Struct, record: Record
    ) -> tuple[Any, list[Record]]:
        source = turn.outputs[0].source if turn.outputs else None
        if source is None or source.count == len(turn.outputs):  # else some lie not yet in the log
            self._judge(turn, state, record)
        return super()._as_said(turn, state, record)


def backtest(
    history: History, redecider: Redecider, span: Span, step: Step = lambda _: None
) -> Report:
    """Decide every recorded turn of a span again, and say what differs.

    Args:
        history: What was recorded.
        redecider: Decides again.
        span: Which turns count.
        step: Told how many records were taken since it was told last.

    Raises:
        Refused: No contact lies in the span.
        Misconfigured: The log is damaged, or a later release wrote it.
    """
    sums, promises = Sums(), Promises()

    def judge(turn: Recorded, state: Any, record: Record) -> None:
        if not span.holds(turn.clock):
            return
        again, policy = redecider.again(turn.domain, state, record, turn.outputs, turn.clock)
        contact = isinstance(record.event, ContactReceived)
        sums.add(judged(compared(turn.outputs, again), contact=contact))
        promises.take(steps(turn.outputs, again), policy)

    log, anew, evidence, _ = history
    Rereading(log, anew, evidence, judge, step).run()
    if not sums.contacts:
        raise Refused(
            "no recorded contact lies in this span of time",
            "leave --since and --until out, or see `pactdesk events` for the times in the log",
        )
    ended = promises.ended()
    return sums.report(ended, summed(ended))
