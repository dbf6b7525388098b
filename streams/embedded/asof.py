"""The views of a store as they stood at a time or a position, by replay into scratch databases.

What a turn wrote is folded in the order of the log. What lay in an inbox is shown from its taking
on, as it was then: how far an inbox was taken at a moment is found out from what the turns wrote
(`streams.embedded.times`). So almost every moment is a place in the log, and a scratch database
that was folded up to one place is the beginning of the next: some are kept.

Where what was written is not in the order of its time, because something came late, the rest is
folded with care: a row stands still at the first record that was not known yet, whatever was known
of it later in the log. By occurred time, what had not occurred is passed over.
"""

from __future__ import annotations

import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from projections.tables import TABLES
from schemas.record import partition_of
from schemas.topics import CONTACTS, DEAD_LETTERS, DECISIONS, INBOX_NAMES, TICKETS
from streams.asof import AHEAD, BEFORE, of_times_alone, time_of
from streams.clock import Clock, micros
from streams.embedded import query, tables
from streams.embedded.cut import Cut
from streams.embedded.database import Database
from streams.embedded.lines import entries, together
from streams.embedded.log import SqliteLog
from streams.embedded.own_past import with_own
from streams.embedded.positions import seq_at
from streams.embedded.projector import Fold, Projector, limits, readable
from streams.embedded.times import Times
from streams.entry import Entry, Place
from streams.folding import Step
from streams.query import Found

if TYPE_CHECKING:
    from streams.own.table import Own

KEPT = 4
"""Scratch databases that are kept for the next moment, at most."""

EVERY = 100_000
"""Entries of the log after which one is kept on the way."""

_FOLDED = frozenset(table.topic for table in TABLES)

_NO_LINE = frozenset({""})
"""Of what is not there."""

NAMES_OWN = re.compile(r"\b(own_|v1_positions\b)", re.IGNORECASE)
"""What a statement names that speaks of a deployment's own projections."""

TOLD = 1000
"""Entries between two reports of the progress."""


class View:
    """The views at one moment.

    Args:
        connection: A scratch database that holds them.
        remark: What is to be said of the moment.
        own: Makes one that holds the views of the deployment's own projections as well.

    Attributes:
        remark: The same.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        remark: str | None,
        own: Callable[[], sqlite3.Connection] | None = None,
    ) -> None:
        self._connection = connection
        self._own = own
        self.remark = remark

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Found:
        """The rows of a SELECT over the views; raises `Refused` for anything else."""
        if self._own is not None and NAMES_OWN.search(sql):
            self._connection, self._own = self._own(), None
        return query.run(self._connection, sql, parameters)


class History:
    """Looks back on one store; belongs to one thread.

    Args:
        database: The store.
        clock: Says what lies in the future.
        own: The deployment's own projections; one that raises is not there then.
    """

    def __init__(self, database: Database, clock: Clock, own: Sequence[Own] = ()) -> None:
        self._db = database
        self._own = own
        self._clock = clock
        self._log = SqliteLog(database)
        self._times = Times(database)
        self._kept: OrderedDict[tuple[object, ...], tuple[Cut, sqlite3.Connection]] = OrderedDict()

    def view(
        self,
        moment: str,
        step: Step,
        *,
        occurred: bool = False,
        customer: str | None = None,
        ticket: str | None = None,
    ) -> View:
        """The views as they stood.

        Args:
            moment: RFC 3339 time, a position token, or `topic/partition/offset`.
            step: Told how many entries of the log were folded since it was told last.
            occurred: Cut by when things happened rather than by when they were known.
            customer: Only what is shown of this customer need be there.
            ticket: Only what is shown of this ticket need be there.

        Raises:
            Refused: The moment is neither a time nor a position, or a position by occurred time.
            NotFound: It is a position, and not one of this log.
        """
        seq = seq_at(self._log, moment)
        until = None if seq is not None else time_of(moment)
        if occurred and until is None:
            raise of_times_alone(moment)
        with self._db.snapshot():
            if occurred and until is not None:
                self._times.read_on()
                clock = micros(until)
                folded = self._occurred(clock, step)
                return View(
                    folded,
                    self._remark(until, known=self._times.began(clock)),
                    self._theirs(folded, lambda entry: self._times.occurred(entry) <= clock),
                )
            lines: Collection[str] = frozenset()
            times = self._times
            of_one = customer is not None or ticket is not None
            if of_one and not self._at_hand(seq, until):
                lines = together(self._db, customer=customer, ticket=ticket) or _NO_LINE
                times = Times(self._db, {partition_of(line) for line in lines})
            times.read_on()
            cut = self._cut(times, seq, until)
            remark = self._remark(
                until, known=any(cut.taken.values()) or times.wrote(max(cut.seq, cut.last))
            )
            if times is self._times:
                folded = self._folded(cut, step)
                return View(folded, remark, self._theirs(folded, partial(self._belongs, cut)))
            return View(self._on(Cut(0, {}), cut, None, step, times, lines), remark)

    def _at_hand(self, seq: int | None, until: datetime | None) -> bool:
        """Whether a scratch database is kept that holds everything at a moment."""
        if not self._kept:
            return False
        self._times.read_on()
        return self._cut(self._times, seq, until).key in self._kept

    def _cut(self, times: Times, seq: int | None, until: datetime | None) -> Cut:
        """What belongs to a place in the log, or else to a time."""
        if until is None or seq is not None:
            return Cut(seq or 0, self._bounded(times.taken(seq=seq)))
        clock = micros(until)
        whole, last = times.known_by(clock)
        return Cut(whole, self._bounded(times.taken(clock=clock)), clock, last)

    def _remark(self, until: datetime | None, *, known: bool) -> str | None:
        """What is to be said of a moment."""
        if until is not None and until > self._clock.now():
            return AHEAD
        return None if known else BEFORE

    def _belongs(self, cut: Cut, entry: Entry) -> bool:
        """Whether an entry of the log belongs to a moment."""
        if entry.topic in INBOX_NAMES:
            return entry.offset < cut.taken.get((entry.topic, entry.partition), 0)
        if entry.seq <= cut.seq:
            return True
        return entry.seq <= cut.last and self._times.known(entry.seq) <= cut.clock

    def _theirs(
        self, folded: sqlite3.Connection, belongs: Callable[[Entry], bool]
    ) -> Callable[[], sqlite3.Connection] | None:
        """Makes a scratch database with the deployment's own projections; None without any."""
        if not self._own:
            return None

        newest = self._log.last_seq()
        return lambda: with_own(self._db, folded, self._own, newest, belongs)

    def _bounded(self, taken: dict[Place, int]) -> dict[Place, int]:
        """How far inboxes were taken, and no further than the worker is now."""
        bounds = limits(self._db, _FOLDED)
        return {place: min(end, bounds.get(place, 0)) for place, end in taken.items()}

    # --- scratch databases -----------------------------------------------------------------------

    def _folded(self, cut: Cut, step: Step) -> sqlite3.Connection:
        """A scratch database at a cut: one that is kept, or another that is folded on."""
        key = cut.key
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][1]
        base, connection = self._nearest(cut)
        while base.seq + EVERY < cut.seq:
            seq = base.seq + EVERY
            taken = self._bounded(self._times.taken(seq=seq))
            halfway = Cut(seq, {p: min(end, cut.taken.get(p, 0)) for p, end in taken.items()})
            connection = self._on(base, halfway, connection, step, self._times)
            base = halfway
            self._keep(base, connection)
        connection = self._on(base, cut, connection, step, self._times)
        self._keep(cut, connection)
        return connection

    def _keep(self, cut: Cut, connection: sqlite3.Connection) -> None:
        self._kept[cut.key] = (cut, connection)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)  # whoever still reads it keeps it open

    def _nearest(self, cut: Cut) -> tuple[Cut, sqlite3.Connection | None]:
        """The furthest scratch database that is kept and can be folded on to a cut."""
        found = [
            (one.seq, key)
            for key, (one, _) in self._kept.items()
            if one.last <= one.seq and one.is_before(cut)
        ]
        if not found:
            return Cut(0, {}), None
        _, key = max(found, key=lambda one: one[0])
        self._kept.move_to_end(key)
        return self._kept[key]

    def _on(
        self,
        base: Cut,
        cut: Cut,
        connection: sqlite3.Connection | None,
        step: Step,
        times: Times,
        lines: Collection[str] = (),
    ) -> sqlite3.Connection:
        """A new scratch database that begins as another and is folded on to a cut.

        Args:
            base: How far the other is folded.
            cut: How far this one.
            connection: The other; None for an empty one.
            step: Told of the progress.
            times: The times of what is folded.
            lines: Which lines are folded; all by default.
        """
        copy = _begun(connection)
        fold = Fold(copy)
        told = _Told(step)
        for entry in told.each(self._inbox(base, cut, lines)):
            record = readable(self._log, entry)
            if record is not None:
                fold.apply(record)
        ends: dict[Place, int] = {p: end for p, end in cut.taken.items() if end}
        topics = fold.topics
        ended: set[tuple[str, str]] = set()
        stopped: set[Place] = set()
        for entry in told.each(self._written(base.seq, max(cut.seq, cut.last), lines)):
            place = (entry.topic, entry.partition)
            known = entry.seq <= cut.seq or times.known(entry.seq) <= cut.clock
            if entry.topic == DEAD_LETTERS.name:
                if known:
                    _keep_letter(copy, entry)
                continue
            if entry.topic not in topics:
                continue
            record = readable(self._log, entry)
            if record is not None and not known:
                ended.update(fold.touches(record))
            elif record is not None:
                fold.apply_but(record, ended)
            if not known:
                stopped.add(place)
            elif place not in stopped:
                ends[place] = entry.offset + 1
        return _finished(copy, fold, ends)

    def _inbox(self, base: Cut, cut: Cut, lines: Collection[str]) -> Iterator[Entry]:
        """What was taken between two cuts."""
        if lines:
            for entry in entries(self._db, lines, [CONTACTS.name]):
                if entry.offset < cut.taken.get((entry.topic, entry.partition), 0):
                    yield entry
            return
        for (topic, partition), end in cut.taken.items():
            start = base.taken.get((topic, partition), 0)
            if end > start:
                yield from self._log.read(topic, partition, start, end - start)

    def _written(self, after: int, until: int, lines: Collection[str]) -> Iterator[Entry]:
        """What turns wrote between two places in the log, in its order; and what else is there."""
        written = (DECISIONS.name, TICKETS.name)
        for entry in entries(self._db, lines, written) if lines else self._log.scan(after):
            if entry.seq <= until and entry.topic not in INBOX_NAMES:
                yield entry
            elif entry.seq > until and not lines:
                break

    # --- by occurred time ------------------------------------------------------------------------

    def _occurred(self, clock: int, step: Step) -> sqlite3.Connection:
        copy = _begun(None)
        fold = Fold(copy)
        bounds = limits(self._db, fold.topics)
        ends: dict[Place, int] = {}
        for entry in _Told(step).each(self._log.scan()):
            if self._times.occurred(entry) > clock:
                continue
            if entry.topic == DEAD_LETTERS.name:
                _keep_letter(copy, entry)
            elif entry.offset < bounds.get((entry.topic, entry.partition), 0):
                ends[entry.topic, entry.partition] = entry.offset + 1
                record = readable(self._log, entry)
                if record is not None:
                    fold.apply(record)
        return _finished(copy, fold, ends)


class _Told:
    """Tells of the progress now and then."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def each(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """The entries, counted as they go by."""
        count = 0
        for count, entry in enumerate(entries, 1):  # it is told when all went by
            yield entry
            if count % TOLD == 0:
                self._step(TOLD)
        self._step(count % TOLD)


def _begun(base: sqlite3.Connection | None) -> Database:
    """A scratch database to fold into; empty, or as another is.

    It gives rows as they were folded, and not as a query shows them.
    """
    connection = sqlite3.connect("", isolation_level=None)
    copy = Database(Path(), connection)
    if base is not None:
        base.backup(connection)
        copy.execute("BEGIN")
        return copy
    copy.execute("BEGIN")
    copy.execute(
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, topic TEXT, headers TEXT, value BLOB, id TEXT)"
    )
    tables.create(copy)
    return copy


def _finished(copy: Database, fold: Fold, ends: dict[Place, int]) -> sqlite3.Connection:
    """What was folded, to be queried."""
    fold.flush()
    copy.executemany(
        "INSERT OR REPLACE INTO read_positions VALUES (?, ?, ?, ?, ?)",
        [(Projector.NAME, *place, end, end) for place, end in ends.items()],
    )
    copy.execute("COMMIT")
    made = query.scratch_connection()
    copy.connection.backup(made)
    copy.close()
    return made


def _keep_letter(copy: Database, entry: Entry) -> None:
    copy.execute(
        "INSERT INTO log (seq, topic, headers, value, id) VALUES (?, ?, ?, ?, ?)",
        (entry.seq, entry.topic, entry.headers, entry.value, entry.id),
    )
