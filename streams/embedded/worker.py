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

from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from schemas.topics import CONTACTS, TOPICS
from schemas.vocabulary import rfc3339
from streams.clock import Clock
from streams.deadletters import dead_letter
from streams.deciding import Decider
from streams.embedded.cursors import Cursor, Cursors
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.recent import Recent
from streams.embedded.store import CaseStore
from streams.entry import Entry
from streams.errors import Unreadable
from streams.timing import Timers
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
        self._timers = Timers(self._store)
        self._decider = Decider(self._store, self._timers, worlds)
        self._clock = clock
        self._cursors = Cursors(self._log, self._store.positions(), by_time=clock.simulated)
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
        timer = self._timers.first(self._clock.now().timestamp())
        if timer is None:
            return False
        with self._db.transaction():
            self._append([self._timers.fired(timer)])
        self._committed()
        return True

    def _take(self, cursor: Cursor, entry: Entry, now: float) -> None:
        try:
            record = self._taken(cursor, entry, now, None)
        except Unreadable as error:  # nothing of the turn was kept: once more, without it
            self._appended = []
            self._timers.look()
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
                self._append(self._timers.passed(cursor.partition, now))
            if self._store.see(entry.id):
                if unreadable is None:
                    record = entry.record()
                    place = (entry.topic, entry.partition, entry.offset)
                    self._append(self._decider.decide(cursor.domain, record, place, now))
                else:
                    at = rfc3339(datetime.fromtimestamp(now, UTC))
                    dead_letter(self._log, entry, unreadable, handler=cursor.domain, at=at)
            self._store.advance(cursor.topic, cursor.partition, entry.offset + 1, now)
        return record

    def _append(self, records: list[Record]) -> None:
        if records:
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
