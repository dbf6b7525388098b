"""The embedded worker: takes inbox records in their order, some turns in one transaction.

Facts, states, timers, seen ids and positions commit together, so that a crash at any statement
loses nothing and doubles nothing: the next start takes the same records from the same states. Under
simulated time the order over partitions is the merge by (running maximum of `at`, topic, partition,
offset) and a turn's clock is its partition's running maximum; under the wall clock it is the order
of appending, and the clock is read once a turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from schemas.event import Event
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
from streams.shadowing.beside import Beside
from streams.store import DueTimer
from streams.timing import Timers
from streams.worlds import Worlds

MOST = 50
"""Turns that are committed together at most: whoever else wants to write waits for it."""


class Worker:
    """Works off what waits in the inboxes of all domains.

        while worker.waits():
            worker.prepare()
            with worker.committing():
                worker.work()

    After an error of the store a worker is done with: the next one begins from the store.

    Args:
        database: The store's connection.
        worlds: Where a turn's snapshot comes from.
        clock: The wall's clock, or one that is told.
        recent: Where to leave what was written and taken, for a projector in this process.
        timers: Whether timers run out that no record has passed.
        asks: The events that something is to be done about by effects.
        beside: Is handed what is decided, for a shadow.
        reads: Told, after each text of what was taught that waiting messages need read, how many
            are left; what it raises ends the wait.

    Attributes:
        turns: How many records were taken since the start.
        requests: What effects were asked for since somebody emptied it last.
    """

    def __init__(
        self,
        database: Database,
        worlds: Worlds,
        clock: Clock,
        recent: Recent | None = None,
        *,
        timers: bool = True,
        asks: tuple[type[Event], ...] = (ReplyRequested,),
        beside: Beside | None = None,
        reads: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._db = database
        self._asks = asks
        self._log = SqliteLog(database)
        self._store = CaseStore(database)
        self._timers = Timers(self._store)
        self._decider = Decider(self._store, self._timers, worlds)
        self._decider.beside = beside or self._decider.beside
        self._worlds = worlds
        self._clock = clock
        self._cursors = Cursors(self._log, self._store.positions(), by_time=clock.simulated)
        self._recent = recent
        self._fires = timers
        self._reads = reads
        self._ahead: Iterator[int] = iter(())
        self._took: list[tuple[Entry, Record | None]] = []
        self._wrote: list[Entry] = []
        self.turns = 0
        self.requests: list[Entry] = []

    def look(self) -> bool:
        """Look for what others appended to the inboxes; whether there was something."""
        if self._cursors.look():
            return True
        if not self._clock.simulated:  # by the wall's clock there may be time to read what is new
            self._ahead = self._worlds.prepare(self._clock.now().timestamp())
        return False

    def waits(self) -> bool:
        """Whether there is a record to take by now, or a timer that is due."""
        now = self._clock.now().timestamp()
        return self._cursors.waits(now) or self._due(now) is not None

    def prepare(self) -> None:
        """Have the models ready for messages that wait, before the store is held for them.

        What was taught is fitted when it is first needed, which takes seconds where that is much;
        nobody else could write meanwhile.
        """
        at = self._cursors.customers_turn(self._clock.now().timestamp())
        if at is not None:
            for left in self._worlds.prepare(at):
                self._reads(left)

    def read_on(self) -> bool:
        """Nothing waits: read a text of what was taught before a message needs it.

        False when all is read of what there was when it was looked for last.
        """
        return next(self._ahead, None) is not None

    @contextmanager
    def committing(self) -> Iterator[None]:
        """A transaction, for turns and for what else belongs to them."""
        with self._db.transaction():
            yield
            self._store.flush()
        self._decider.beside.kept()
        if self._recent is not None:
            self._recent.took(self._took)
            self._recent.wrote(self._wrote)
        self._took, self._wrote = [], []

    def work(self) -> None:
        """Take what waits, `MOST` records at most, and no more once another thread wants to write.

        By the wall's clock a due timer comes first, however much waits; under simulated time the
        timers of a partition run out as its records pass them, and the rest when none waits. Then a
        reply that is requested is the last of them too, for what comes of it follows at once,
        wherever commits fall.
        """
        for _ in range(MOST):
            now = self._clock.now().timestamp()
            if self._clock.simulated:
                went_on = self._step(now) or self._fire(now)
                went_on = went_on and not self.requests
            else:
                went_on = self._fire(now) or self._step(now)
            if not went_on or self._db.wanted:
                break

    def appended(self, entries: Iterable[Entry]) -> None:
        """This transaction appended: what it put into inboxes need not be found in the log."""
        for entry in entries:
            kind = TOPICS[entry.topic].kind
            if kind == "inbox":
                self._cursors.appended(entry)
            elif kind == "record":
                self._wrote.append(entry)
            if entry.known is not None and isinstance(entry.known.event, self._asks):
                self.requests.append(entry)

    def _due(self, now: float) -> DueTimer | None:
        return self._timers.first(now) if self._fires else None

    def _fire(self, now: float) -> bool:
        """Turn the earliest timer that is due into a record; False without one."""
        timer = self._due(now)
        if timer is None:
            return False
        self.appended(self._log.append([self._timers.fired(timer)]))
        return True

    def _step(self, now: float) -> bool:
        """Take the next record; False when nothing waits, under simulated time by now."""
        head = self._cursors.next(now)
        if head is None:
            return False
        cursor, entry, at = head
        if self._clock.simulated:
            now = at
        try:
            with self._db.attempt():
                record, appended = self._taken(cursor, entry, now, None)
        except Unreadable as error:  # nothing of the turn was kept: once more, without it
            self._timers.look()
            record, appended = self._taken(cursor, entry, now, error)
        self.appended(appended)
        self._took.append((entry, record))
        self._cursors.taken(cursor, now)
        self.turns += 1
        return True

    def _taken(
        self, cursor: Cursor, entry: Entry, now: float, unreadable: Unreadable | None
    ) -> tuple[Record | None, list[Entry]]:
        """What the tables fold of an entry, and what was appended.

        They fold None of a repeat, and of what is unreadable.
        """
        record = None
        appended: list[Entry] = []
        if self._clock.simulated and cursor.topic == CONTACTS.name:
            appended += self._append(self._timers.passed(cursor.partition, now))
        place = (entry.topic, entry.partition, entry.offset)
        fresh = self._store.see(entry.id)
        if fresh and unreadable is None:
            record = entry.record()
            appended += self._append(self._decider.decide(cursor.domain, record, place, now))
        else:
            self._decider.beside.passed(*place)
        if fresh and unreadable is not None:
            at = rfc3339(datetime.fromtimestamp(now, UTC))
            dead_letter(self._log, entry, unreadable, handler=cursor.domain, at=at)
        self._store.advance(cursor.topic, cursor.partition, entry.offset + 1, now)
        return record, appended

    def _append(self, records: list[Record]) -> list[Entry]:
        return self._log.append(records) if records else []
