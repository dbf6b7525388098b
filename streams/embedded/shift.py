"""A shift at the desk: the worker, the effects and the projector of one process, taking turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from schemas.topics import TOPICS
from streams.clock import ManualClock, parse_time
from streams.embedded.own import Projectors
from streams.embedded.recent import Recent
from streams.embedded.shadow import shadowing_of
from streams.embedded.worker import Worker

if TYPE_CHECKING:
    from streams.desk import Desk

MOST_TURNS = 200
"""Turns between two looks of the projector while much waits."""

Tell = Callable[[int], None]
"""Is told how many turns were taken since it was told last, or how many texts are left."""


class Shift:
    """A worker with its effects and its projector.

    The projector comes around now and then, for a large batch costs less a record. An eager shift
    lets the tables follow at once while little waits, so that a single contact is soon visible.

    Args:
        desk: The desk; the caller holds its worker's lock.
        effects: Whether requests are carried out here.
        projections: Whether the tables are kept up here.
        timers: Whether timers run out that no record has passed.
        eager: Whether somebody waits to see each record.
        outgoing: Told when there is something for the courier.
        reads: Told, while messages wait for what was taught to be read, how many texts are left;
            what it raises ends the step, and nothing is lost.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        effects: bool = True,
        projections: bool = True,
        timers: bool = True,
        eager: bool = False,
        outgoing: Callable[[], object] = lambda: None,
        reads: Tell = lambda _: None,
    ) -> None:
        recent = Recent() if projections else None
        self._desk = desk
        self._effects = desk.effects() if effects else None
        asks = () if self._effects is None else self._effects.wanted
        self._shadowing = shadowing_of(desk, patient=not eager)
        self._worker = Worker(
            desk.database,
            desk.worlds,
            desk.clock,
            recent,
            timers=timers,
            asks=asks,
            beside=self._shadowing.beside,
            reads=reads,
        )
        self._projector = Projectors(desk.database, desk.own, recent) if projections else None
        self._outgoing = outgoing
        self._kept = 0
        self._first_pace = 1 if eager else MOST_TURNS
        self._pace = self._first_pace
        self._folded_at = 0
        self._changes: tuple[int, ...] = ()
        if self._effects is not None:
            self._effects.catch_up()

    @property
    def turns(self) -> int:
        """How many turns were taken."""
        return self._worker.turns

    def run(self, tell: Tell | None = None) -> int:
        """Take turns until nothing waits; returns how many that were."""
        began = told = self.turns
        self._worker.look()
        with self._shadowing.along(self._desk.database):
            while self.step() or self.rest():
                if tell is not None and self.turns - told >= MOST_TURNS:
                    tell(self.turns - told)
                    told = self.turns
        if tell is not None:
            tell(self.turns - told)
        return self.turns - began

    def run_to(self, moment: str) -> int:
        """Move the manual clock to a moment, unless it is there already, and run."""
        clock = self._desk.clock
        assert isinstance(clock, ManualClock)
        clock.set(max(parse_time(moment), clock.now()))
        return self.run()

    def watched(self) -> None:
        """Look for a shadow from now on, until the shift is finished."""
        self._shadowing.start()

    def step(self) -> bool:
        """Commit some turns and carry out what they requested; False when nothing waits."""
        worker, effects = self._worker, self._effects
        if not worker.waits() and not (effects is not None and effects.unsaid):
            return False
        worker.prepare()
        with worker.committing():
            if effects is not None:
                worker.appended(effects.answer())
            worker.work()
            requests, worker.requests = worker.requests, []
            if effects is not None:
                worker.appended(effects.claim(requests))
        if effects is not None:
            effects.carry_out()
            if effects.kept != self._kept:
                self._kept = effects.kept
                self._outgoing()
        if self._projector is not None and worker.turns - self._folded_at >= self._pace:
            self._projector.catch_up()
            self._folded_at = worker.turns
            self._pace = min(2 * self._pace, MOST_TURNS)
            worker.look()
        return True

    def rest(self) -> bool:
        """Nothing waits: bring the tables up, and look around; whether others appended something.

        Costs next to nothing while nobody writes.
        """
        changes = self._desk.database.changes(*TOPICS)
        if changes == self._changes and self._folded_at == self._worker.turns:
            return False
        self._changes = changes
        if self._projector is not None:
            self._projector.catch_up()
        self._folded_at, self._pace = self._worker.turns, self._first_pace
        return self._worker.look()

    def read_on(self) -> bool:
        """Nothing waits: read one text of what was taught; False when all is read."""
        return self._worker.read_on()

    def finish(self) -> None:
        """Nobody takes turns after this: what is known here goes into the log and the tables."""
        effects = self._effects
        if effects is not None and effects.unsaid:
            with self._worker.committing():
                self._worker.appended(effects.answer())
        self.rest()
        self._shadowing.finish()
