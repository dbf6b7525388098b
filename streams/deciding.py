"""One record decided on its line: the turn, and what it changes in the case store.

The same on both engines. It reads and writes the store inside the transaction that the worker
holds, and appends nothing: what the agents said is given back, numbered and with its source.
"""

from __future__ import annotations

import msgspec

from agents.roster import ROSTERS
from projections.case import Case, Ticket, timers
from projections.case.parking import moves_open, needs, restore, settle
from projections.lines import FOLDS
from schemas.events.contacts import RecordForwarded
from schemas.record import Record, Source
from schemas.topics import Domain
from streams.forwarding import unwrapped
from streams.store import LineStore
from streams.timing import Timers
from streams.turn import AgentFailed, failed, numbered, turn
from streams.worlds import Worlds


class Decider:
    """Takes turns on the lines of a store.

    Args:
        store: The lines.
        timers: Their timers.
        worlds: Where a turn's snapshot comes from.
    """

    def __init__(self, store: LineStore, timers: Timers, worlds: Worlds) -> None:
        self._store = store
        self._timers = timers
        self._worlds = worlds

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
        before, line = self._store.load(domain, record.key)
        if isinstance(record.event, RecordForwarded) and before.merged_into is None:
            record = unwrapped(record)
        state: msgspec.Struct
        if isinstance(before, Case):
            state, outputs = self._case_turn(before, record, place[1], now, failure)
        else:
            state, outputs = self._turn(domain, before, record, now, failure)
        if outputs:
            outputs, line = numbered(outputs, line, Source(*place, 0, len(outputs)))
        if outputs or state is not before:
            self._store.save(domain, record.key, state, line)
        return outputs

    def _case_turn(
        self, case: Case, record: Record, partition: int, now: float, failure: AgentFailed | None
    ) -> tuple[Case, list[Record]]:
        """A turn of a customer's line: parked tickets come back, timers follow the case."""
        case = self._with_parked(case, record)
        before = case
        after, outputs = self._turn("customer", case, record, now, failure)
        assert isinstance(after, Case)
        if after.tickets is not before.tickets:
            self._timers.retime(record.key, partition, timers(before, after), timers(after, before))
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

    def _turn(
        self,
        domain: Domain,
        state: msgspec.Struct,
        record: Record,
        now: float,
        failure: AgentFailed | None,
    ) -> tuple[msgspec.Struct, list[Record]]:
        world = self._worlds.at(now, record)
        roster, evolve = ROSTERS[domain], FOLDS[domain]
        try:
            if failure is None:
                return turn(state, record, world, roster, evolve)
        except AgentFailed as now_failed:
            failure = now_failed
        return failed(state, record, world, roster, evolve, failure)
