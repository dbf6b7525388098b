"""The way in of the embedded desk: a line's record is in the log before it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from schemas.events.contacts import ContactReceived
from schemas.record import Record
from streams import inputs
from streams.clock import Clock, parse_time
from streams.deadletters import DeadLetter, put_aside, record_again, waits_again
from streams.directory import Directory
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.errors import PactdeskError
from streams.events_of_input import Resolver
from streams.intake import (
    SAME,
    From,
    Taken,
    another,
    another_request,
    bad_line,
    batches,
    differing_sender,
    firsts,
    is_request,
    line_of,
    same_request,
    unreadable,
)


class Intake:
    """Appends what comes in.

    Args:
        database: The store's connection.
        clock: Gives the time to what brings none.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._log = SqliteLog(database)
        self._directory = Directory(database)
        self._resolver = Resolver(self._directory, database.meta("identity.secret") or "")

    @property
    def resolver(self) -> Resolver:
        """Whose a handle is, by this store."""
        return self._resolver

    def lines(self, lines: Iterable[bytes]) -> Iterable[Taken]:
        """Take NDJSON lines, a batch at a time; empty lines are passed over."""
        for batch in batches(lines):
            with self._db.durably():
                taken = [self._line(number, line) for number, line in batch]
            yield from taken

    def documents(self, documents: Sequence[object]) -> list[Taken]:
        """Take decoded objects, all durable when this returns.

        Raises:
            TypeError: One holds something that JSON does not know; nothing is taken.
        """
        return list(self.lines([line_of(one) for one in documents]))

    def records(self, records: Sequence[Record]) -> list[Record]:
        """Append ready records of people and programs, durable when this returns."""
        with self._db.durably():
            fresh = [r for r in firsts(records) if self._log.find(r.id) is None]
            for record in fresh:
                self._directory.learn(record.event)
            return [entry.record() for entry in self._log.append(fresh)]

    def again(self, letter: DeadLetter) -> Taken:
        """Take a dead letter's line once more; it gets no second letter.

        A line that brings no time has that at which it came.
        """
        with self._db.durably():
            try:
                return self._good(1, letter.value, parse_time(letter.at), place=0)
            except PactdeskError as error:
                return unreadable(1, error)

    def keep(self, letter: DeadLetter) -> None:
        """Put something aside that is no line, durably."""
        with self._db.durably():
            if not put_aside(self._log, letter):
                waits_again(self._db, letter.id)

    def reappend(self, letter: DeadLetter) -> tuple[str, str | None, str | None]:
        """Append a dead letter's record once more where it came from, if it can be read now.

        Returns:
            Status, error and remedy.
        """
        try:
            again = record_again(letter)
        except PactdeskError as error:
            return "unreadable", error.what, error.remedy
        with self._db.durably():
            self._log.append([again])
        return "accepted", None, None

    def _line(self, number: int, line: bytes) -> Taken:
        now = self._clock.now()
        try:
            return self._good(number, line, now, place=self._log.last_seq())
        except PactdeskError as error:
            return self._bad(number, line, error, now)

    def _good(self, number: int, line: bytes, now: datetime, *, place: int) -> Taken:
        given = inputs.read(line.rstrip(b"\r\n"))
        record = self._resolver.record(given, now, place=place)
        known = self._log.find(record.id)
        if known is not None:
            _same(known.record(), record)
            return Taken(number, "repeat", record.id, known.topic, known.partition, known.offset)
        self._directory.learn(record.event)
        placed = self._log.append([record])[0]
        return Taken(number, "accepted", placed.id, placed.topic, placed.partition, placed.offset)

    def _bad(self, number: int, line: bytes, error: PactdeskError, now: datetime) -> Taken:
        letter = bad_line(number, line, error, now)
        if not put_aside(self._log, letter):
            waits_again(self._db, letter.id)
        return unreadable(number, error, letter.id)


def _same(known: Record, record: Record) -> None:
    """A provider's repeat is the same message of the same person; the rest of it may differ.

    A repeated request asks for the same.

    Raises:
        Unreadable: Something else came under the same id.
    """
    before, after = known.event, record.event
    if is_request(type(after)) and not same_request(before, after):
        raise another_request(after)
    if not isinstance(before, ContactReceived) or not isinstance(after, ContactReceived):
        return
    for field in SAME:
        if getattr(before, field) != getattr(after, field):
            raise another(after, field)
    sender = differing_sender(
        From(before.handle, before.customer_id), From(after.handle, after.customer_id)
    )
    if sender is not None:
        raise another(after, sender)
