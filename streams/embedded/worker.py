"""The embedded worker: takes inbox records in their order, one transaction a turn.

Facts, state, timers, the seen id and the position commit together, so that a crash at any
statement loses nothing and doubles nothing: the next start takes the same record from the same
state. Under simulated time the order over partitions is the merge by (running maximum of `at`,
topic, partition, offset) and a turn's clock is its partition's running maximum; under the wall
clock it is the order of appending, and the clock is read once a turn.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from agents.roster import ROSTERS
from projections.case import Case, Ticket, timers
from projections.case.parking import needs, restore, settle
from projections.lines import FOLDS
from schemas.events.contacts import RecordForwarded, TimerDue
from schemas.record import Record, Source
from schemas.topics import CONTACTS, KNOWLEDGE, TOPICS, Domain
from schemas.vocabulary import rfc3339
from streams.clock import Clock
from streams.deadletters import dead_letter
from streams.embedded.cursors import Cursor, Cursors
from streams.embedded.database import Database
from streams.embedded.log import Entry, SqliteLog
from streams.embedded.store import CaseStore, DueTimer
from streams.errors import Unreadable
from streams.forwarding import unwrapped
from streams.turn import AgentFailed, failed, numbered, turn
from streams.worlds import Worlds


class Worker:
    """Works off what waits in the inboxes of all domains.

    Args:
        database: The store's connection.
        worlds: Where a turn's snapshot comes from.
        clock: The wall's clock, or one that is told.

    Attributes:
        turns: How many records were taken since the start.
    """

    def __init__(self, database: Database, worlds: Worlds, clock: Clock) -> None:
        self._db = database
        self._log = SqliteLog(database)
        self._store = CaseStore(database)
        self._worlds = worlds
        self._clock = clock
        self._cursors = Cursors(self._log, self._store.positions(), by_time=clock.simulated)
        self._next_due = self._store.next_due()
        self.turns = 0

    def look(self) -> None:
        """Look for what other processes appended since the last turn."""
        self._cursors.look()

    def step(self) -> bool:
        """Take the next record; False when nothing waits, under simulated time by the clock."""
        head = self._cursors.next()
        if head is None:
            return False
        cursor, entry, at = head
        now = self._clock.now().timestamp()
        if self._clock.simulated:
            if at > now:
                return False
            now = at
        self._take(cursor, entry, now)
        self._cursors.taken(cursor, now)
        self.turns += 1
        return True

    def fire(self) -> bool:
        """Turn the earliest timer that is due by the clock into a record; False without one."""
        due = self._store.due(self._clock.now().timestamp())
        if not due:
            return False
        with self._db.transaction():
            self._append([_record_of(due[0])])
            self._store.fired(due[0].id)
        return True

    def _take(self, cursor: Cursor, entry: Entry, now: float) -> None:
        with self._db.transaction():
            if self._clock.simulated and cursor.topic == CONTACTS.name:
                self._fire_passed(cursor.partition, now)
            if self._store.see(entry.id):
                self._work(cursor.domain, entry, now)
            self._store.advance(cursor.topic, cursor.partition, entry.offset + 1, now)

    def _fire_passed(self, partition: int, now: float) -> None:
        """Append the timers of a partition that its clock passes with this record."""
        if self._next_due.get(partition, float("inf")) > now:
            return
        for timer in self._store.due(now, partition):
            self._append([_record_of(timer)])
            self._store.fired(timer.id)
        self._next_due = self._store.next_due()

    def _append(self, records: list[Record]) -> None:
        for record in self._log.append(records):
            if record.topic == KNOWLEDGE.name:
                self._worlds.appended = True
            if TOPICS[record.topic].kind == "inbox" and record.partition is not None:
                self._cursors.grew(record.topic, record.partition)

    def _work(self, domain: Domain, entry: Entry, now: float) -> None:
        try:
            record = entry.record()
            if isinstance(record.event, RecordForwarded):
                record = unwrapped(record)
                if not self._store.see(record.id):
                    return
        except Unreadable as error:
            at = rfc3339(datetime.fromtimestamp(now, UTC))
            dead_letter(self._log, entry, error, handler=domain, at=at)
            return
        state, line = self._store.load(domain, record.key)
        if isinstance(state, Case):
            state, outputs = self._case_turn(state, record, entry.partition, now)
        else:
            state, outputs = self._turn(domain, state, record, now)
        if outputs:
            source = Source(entry.topic, entry.partition, entry.offset, 0, len(outputs))
            placed, line = numbered(outputs, line, source)
            self._append(placed)
        self._store.save(domain, record.key, state, line)

    def _case_turn(
        self, case: Case, record: Record, partition: int, now: float
    ) -> tuple[Case, list[Record]]:
        """A turn of a customer's line: parked tickets come back, timers follow the case."""
        case = self._with_parked(case, record)
        before = case
        after, outputs = self._turn("customer", case, record, now)
        assert isinstance(after, Case)
        if after.tickets is not before.tickets:
            was, stands = timers(before), timers(after)
            self._store.retime(record.key, partition, was, stands)
            for timer in stands.values():
                if timer.due_at < self._next_due.get(partition, float("inf")):
                    self._next_due[partition] = timer.due_at
            after, leaving = settle(after)
            if leaving:
                self._store.park(record.key, leaving)
        return after, outputs

    def _with_parked(self, case: Case, record: Record) -> Case:
        while wanted := needs(case, record.event):
            found: list[Ticket] = self._store.parked(wanted)
            if not found:
                break
            for ticket in found:
                case = restore(case, ticket)
        return case

    def _turn(
        self, domain: Domain, state: msgspec.Struct, record: Record, now: float
    ) -> tuple[msgspec.Struct, list[Record]]:
        world = self._worlds.at(now, record)
        roster, evolve = ROSTERS[domain], FOLDS[domain]
        try:
            return turn(state, record, world, roster, evolve)
        except AgentFailed as failure:
            return failed(state, record, world, roster, evolve, failure)


def _record_of(timer: DueTimer) -> Record:
    """The inbox record that a due timer becomes; its id is the timer's."""
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
        id=timer.id, key=timer.key, at=due_at, by="timer", event=event, correlation=timer.id
    )
