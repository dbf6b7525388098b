"""The embedded worker: takes inbox records in their order, one transaction a turn.

Facts, state, timers, the seen id and the position commit together, so that a crash at any
statement loses nothing and doubles nothing: the next start takes the same record from the same
state. Under simulated time the order over partitions is the merge by (running maximum of `at`,
topic, partition, offset) and a turn's clock is its partition's running maximum; under the wall
clock it is the order of appending, and the clock is read once a turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from agents.roster import ROSTERS
from projections.case import Case, Ticket, timers
from projections.case.parking import moves_open, needs, restore, settle
from projections.lines import FOLDS
from schemas.events.contacts import RecordForwarded, TimerDue
from schemas.events.decisions import ReplyRequested
from schemas.record import Record, Source, derived_id
from schemas.topics import CONTACTS, TOPICS, Domain
from schemas.vocabulary import rfc3339
from streams.clock import Clock
from streams.deadletters import dead_letter
from streams.embedded.cursors import Cursor, Cursors
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.recent import Recent
from streams.embedded.store import CaseStore, DueTimer
from streams.entry import Entry
from streams.errors import Unreadable
from streams.forwarding import unwrapped
from streams.turn import AgentFailed, failed, numbered, turn
from streams.worlds import Worlds


class Worker:
    """Works off what waits in the inboxes of all domains.

    After an error of the store a worker is done with: the next one begins from the store.

    Args:
        database: The store's connection.
        worlds: Where a turn's snapshot comes from.
        clock: The wall's clock, or one that is told.
        recent: Where to leave what was written and taken, for a projector in this process.

    Attributes:
        turns: How many records were taken since the start.
        requests: Replies that were requested since the effects emptied it last.
    """

    def __init__(
        self, database: Database, worlds: Worlds, clock: Clock, recent: Recent | None = None
    ) -> None:
        self._db = database
        self._log = SqliteLog(database)
        self._store = CaseStore(database)
        self._worlds = worlds
        self._clock = clock
        self._cursors = Cursors(self._log, self._store.positions(), by_time=clock.simulated)
        self._next_due = self._store.next_due()
        self._recent = recent
        self._appended: list[Entry] = []
        self.turns = 0
        self.requests: list[Entry] = []

    def look(self) -> bool:
        """Look for what others appended to the inboxes; whether there was something."""
        return self._cursors.look()

    def step(self) -> bool:
        """Take the next record; False when nothing waits, under simulated time by the clock."""
        now = self._clock.now().timestamp()
        head = self._cursors.next(now)
        if head is None:
            return False
        cursor, entry, at = head
        if self._clock.simulated:
            now = at
        self._take(cursor, entry, now)
        self._cursors.taken(cursor, now)
        self.turns += 1
        return True

    def fire(self) -> bool:
        """Turn the earliest timer that is due by the clock into a record; False without one."""
        timer = self._first_due(self._clock.now().timestamp())
        if timer is None:
            return False
        with self._db.transaction():
            self._append([_record_of(timer)])
            self._store.fired(timer.id)
        self._committed()
        return True

    def _first_due(self, now: float) -> DueTimer | None:
        """The first by (due_at, partition, id); what is known of a partition may be too early."""
        while self._next_due:
            due_at, partition = min((at, p) for p, at in self._next_due.items())
            if due_at > now:
                return None
            timer = self._store.earliest(partition)
            if timer is None:
                del self._next_due[partition]
            elif timer.due_at > due_at:
                self._next_due[partition] = timer.due_at
            else:
                return timer
        return None

    def _take(self, cursor: Cursor, entry: Entry, now: float) -> None:
        try:
            record = self._taken(cursor, entry, now, None)
        except Unreadable as error:  # nothing of the turn was kept: once more, without it
            self._appended = []
            self._next_due = self._store.next_due()
            record = self._taken(cursor, entry, now, error)
        if self._recent is not None:
            self._recent.took(entry, record)
        self._committed()

    def _taken(
        self, cursor: Cursor, entry: Entry, now: float, unreadable: Unreadable | None
    ) -> Record | None:
        """What the tables fold of an entry: None for a repeat, and for what is unreadable."""
        record = None
        with self._db.transaction():
            if self._clock.simulated and cursor.topic == CONTACTS.name:
                self._fire_passed(cursor.partition, now)
            if self._store.see(entry.id):
                if unreadable is None:
                    record = self._work(cursor.domain, entry, now)
                else:
                    at = rfc3339(datetime.fromtimestamp(now, UTC))
                    dead_letter(self._log, entry, unreadable, handler=cursor.domain, at=at)
            self._store.advance(cursor.topic, cursor.partition, entry.offset + 1, now)
        return record

    def _fire_passed(self, partition: int, now: float) -> None:
        """Append the timers of a partition that its clock passes with this record."""
        if self._next_due.get(partition, float("inf")) > now:
            return
        for timer in self._store.due(partition, now):
            self._append([_record_of(timer)])
            self._store.fired(timer.id)
        first = self._store.earliest(partition)
        self._next_due[partition] = float("inf") if first is None else first.due_at

    def _append(self, records: list[Record]) -> None:
        self._appended += self._log.append(records)

    def _committed(self) -> None:
        """Tell everybody in this process of what was appended."""
        outputs: list[Entry] = []
        for entry in self._appended:
            if TOPICS[entry.topic].kind == "record":
                outputs.append(entry)
                if entry.known is not None and isinstance(entry.known.event, ReplyRequested):
                    self.requests.append(entry)
        self.appended(self._appended)
        if self._recent is not None:
            self._recent.wrote(outputs)
        self._appended = []

    def appended(self, entries: Iterable[Entry]) -> None:
        """This process appended to inboxes: what it did need not be found in the log."""
        for entry in entries:
            if TOPICS[entry.topic].kind == "inbox":
                self._cursors.appended(entry)

    def _work(self, domain: Domain, entry: Entry, now: float) -> Record:
        """One turn; returns what the tables fold of the entry; raises `Unreadable`."""
        taken = record = entry.record()
        before, line = self._store.load(domain, record.key)
        if isinstance(record.event, RecordForwarded) and before.merged_into is None:
            record = unwrapped(record)
        state: msgspec.Struct
        if isinstance(before, Case):
            state, outputs = self._case_turn(before, record, entry.partition, now)
        else:
            state, outputs = self._turn(domain, before, record, now)
        if outputs:
            source = Source(entry.topic, entry.partition, entry.offset, 0, len(outputs))
            placed, line = numbered(outputs, line, source)
            self._append(placed)
        if outputs or state is not before:
            self._store.save(domain, record.key, state, line)
        return taken

    def _case_turn(
        self, case: Case, record: Record, partition: int, now: float
    ) -> tuple[Case, list[Record]]:
        """A turn of a customer's line: parked tickets come back, timers follow the case."""
        case = self._with_parked(case, record)
        before = case
        after, outputs = self._turn("customer", case, record, now)
        assert isinstance(after, Case)
        if after.tickets is not before.tickets:
            was, stands = timers(before, after), timers(after, before)
            self._store.retime(record.key, partition, was, stands)
            for timer in stands.values():
                if timer.due_at < self._next_due.get(partition, float("inf")):
                    self._next_due[partition] = timer.due_at
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
        self, domain: Domain, state: msgspec.Struct, record: Record, now: float
    ) -> tuple[msgspec.Struct, list[Record]]:
        world = self._worlds.at(now, record)
        roster, evolve = ROSTERS[domain], FOLDS[domain]
        try:
            return turn(state, record, world, roster, evolve)
        except AgentFailed as failure:
            return failed(state, record, world, roster, evolve, failure)


def _record_of(timer: DueTimer) -> Record:
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
