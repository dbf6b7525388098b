"""One record on its line: the turn, and what it changes in the case store.

The same on both engines. It reads and writes the store inside the transaction that the worker
holds, and appends nothing: what the agents said is given back, numbered and with its source.

What stands around a turn is also the same when nothing is decided and the log says what followed
from a record (`streams.recovering`): so a line that is refolded comes to where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from agents.roster import ROSTERS
from agents.world import World
from projections.case import Case, Ticket, Timer, timers
from projections.case.parking import moves_open, needs, restore, settle
from projections.lines import FOLDS
from schemas.events.contacts import RecordForwarded
from schemas.record import Record, Source
from schemas.topics import Domain
from streams.forwarding import unwrapped
from streams.shadowing.beside import Beside, Seen
from streams.store import LineStore
from streams.timing import Timers
from streams.turn import AgentFailed, Line, failed, numbered, turn
from streams.worlds import Worlds

Follows = Callable[[Any, Record], tuple[Any, list[Record]]]
"""The state after a record and after all that is said about it, and what is said; the state's type
differs by domain."""

Number = Callable[[list[Record], Line], tuple[list[Record], Line]]
"""What is said with its line's numbers, and the line after it."""

Retime = Callable[[str, int, dict[str, Timer], dict[str, Timer]], None]
"""Brings a line's timers to the next reading of its case: key, partition, before, after."""


class Turns:
    """Takes records on the lines of a store, whoever says what follows from them.

    Args:
        store: The lines.
        retime: Keeps their timers; None keeps none.
    """

    def __init__(self, store: LineStore, retime: Retime | None) -> None:
        self._store = store
        self._retime = retime

    def take(
        self, domain: Domain, record: Record, partition: int, follows: Follows, number: Number
    ) -> list[Record]:
        """Take a record; the line is saved, and what was said is returned with its numbers.

        Args:
            domain: Whose line it is on.
            record: The inbox record.
            partition: Where it lies.
            follows: Says what follows from it; what it raises goes through, and nothing is saved.
            number: Gives the numbers.

        Raises:
            Unreadable: The record cannot be folded; nothing of the turn may be kept.
        """
        before, line = self._store.load(domain, record.key)
        if isinstance(record.event, RecordForwarded) and before.merged_into is None:
            record = unwrapped(record)
        state: msgspec.Struct
        if isinstance(before, Case):
            state, outputs = self._case_turn(before, record, partition, follows)
        else:
            state, outputs = follows(before, record)
        if outputs:
            outputs, line = number(outputs, line)
        if outputs or state is not before:
            self._store.save(domain, record.key, state, line)
        return outputs

    def _case_turn(
        self, case: Case, record: Record, partition: int, follows: Follows
    ) -> tuple[Case, list[Record]]:
        """A turn of a customer's line: parked tickets come back, timers follow the case."""
        before = self._with_parked(case, record)
        after, outputs = follows(before, record)
        assert isinstance(after, Case)
        if after.tickets is not before.tickets:
            if self._retime is not None:
                self._retime(record.key, partition, timers(before, after), timers(after, before))
            after, leaving = settle(after)
            if leaving:
                self._store.park(record.key, leaving)
        return after, outputs

    def _with_parked(self, case: Case, record: Record) -> Case:
        if moves_open(case, record.event):
            for ticket in self._store.parked_open(record.key):
                case = restore(case, ticket)
        while wanted := needs(case, record.event):
            found: list[Ticket] = self._store.parked(record.key, wanted)
            if not found:
                break
            for ticket in found:
                case = restore(case, ticket)
        return case


class Decider:
    """Takes turns on the lines of a store: the agents say what follows.

    Args:
        store: The lines.
        timers: Their timers.
        worlds: Where a turn's snapshot comes from.

    Attributes:
        beside: Is handed what is decided, for a shadow; by default there is none to see it.
    """

    def __init__(self, store: LineStore, timers: Timers, worlds: Worlds) -> None:
        self._turns = Turns(store, timers.retime)
        self._worlds = worlds
        self.beside = Beside(patient=False)

    def decide(
        self,
        domain: Domain,
        record: Record,
        place: tuple[str, int, int],
        now: float,
        failure: AgentFailed | None = None,
    ) -> list[Record]:
        """One turn; the line is saved, and what was said is returned, ready to be appended.

        Args:
            domain: Whose agents decide.
            record: The inbox record.
            place: Its topic, partition and offset.
            now: The turn's clock, in seconds.
            failure: What is known to go wrong: the agents are not asked, a person is called.

        Raises:
            Unreadable: The record cannot be folded; nothing of the turn may be kept.
        """
        return self._turns.take(
            domain,
            record,
            place[1],
            partial(self._said, domain, place, now, failure),
            partial(_placed, place),
        )

    def _said(
        self,
        domain: Domain,
        place: tuple[str, int, int],
        now: float,
        failure: AgentFailed | None,
        state: msgspec.Struct,
        record: Record,
    ) -> tuple[msgspec.Struct, list[Record]]:
        world = self._worlds.at(now, record)
        after, said = self._asked(domain, world, failure, state, record)
        if self.beside.watching:
            self.beside.saw(Seen(domain, place, state, record, world, said))
        return after, said

    @staticmethod
    def _asked(
        domain: Domain,
        world: World,
        failure: AgentFailed | None,
        state: msgspec.Struct,
        record: Record,
    ) -> tuple[msgspec.Struct, list[Record]]:
        roster, evolve = ROSTERS[domain], FOLDS[domain].evolve
        try:
            if failure is None:
                return turn(state, record, world, roster, evolve)
        except AgentFailed as now_failed:
            failure = now_failed
        return failed(state, record, world, roster, evolve, failure)


def _placed(
    place: tuple[str, int, int], outputs: list[Record], line: Line
) -> tuple[list[Record], Line]:
    return numbered(outputs, line, Source(*place, 0, len(outputs)))
