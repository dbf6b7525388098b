"""The way in: lines and objects become records, durable before they are acknowledged.

Nothing is lost on bad input: the other lines are kept, and what could not be read goes to dead
letters with its bytes, where it can be re-driven.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from schemas.events.contacts import ContactReceived
from schemas.record import Record, derived_id
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339
from streams import codec, inputs
from streams.clock import Clock
from streams.deadletters import DeadLetter, put_aside
from streams.directory import Directory
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.errors import PactdeskError, Unreadable
from streams.events_of_input import Resolver

BATCH = 500
"""Lines that are made durable together."""


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one line.

    Attributes:
        line: Its number, from 1.
        status: accepted, repeat or unreadable.
        id: The record's id, or the dead letter's.
        topic: Where it lies.
        partition: Where it lies.
        offset: Where it lies.
        error: What is wrong with it.
        remedy: What would be right.
    """

    line: int
    status: str
    id: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    error: str | None = None
    remedy: str | None = None


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
        batch: list[tuple[int, bytes]] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            batch.append((number, line))
            if len(batch) == BATCH:
                yield from self._batch(batch)
                batch = []
        yield from self._batch(batch)

    def documents(self, documents: Sequence[object]) -> list[Taken]:
        """Take decoded objects, all durable when this returns."""
        return list(self.lines(msgspec.json.encode(d) for d in documents))

    def records(self, records: Sequence[Record]) -> list[Record]:
        """Append ready records of people and programs, durable when this returns."""
        with self._db.durably():
            fresh = [r for r in records if self._log.find(r.id) is None]
            for record in fresh:
                self._directory.learn(record.event)
            return [entry.record() for entry in self._log.append(fresh)]

    def again(self, line: bytes) -> Taken:
        """Take a dead letter's line once more; it gets no second letter."""
        with self._db.durably():
            try:
                given = inputs.read(line.rstrip(b"\r\n"))
                return self._record(1, self._resolver.record(given, self._clock.now()))
            except PactdeskError as error:
                return Taken(1, "unreadable", "", error=error.what, remedy=error.remedy)

    def reappend(self, letter: DeadLetter) -> tuple[str, str | None, str | None]:
        """Append a dead letter's record once more where it came from, if it can be read now.

        Returns:
            Status, error and remedy. The record keeps its id, so a copy that was worked off
            meanwhile makes this one change nothing.
        """
        try:
            record = codec.record(letter.headers or "{}", letter.value)
        except PactdeskError as error:
            return "unreadable", error.what, error.remedy
        again = msgspec.structs.replace(record, id=derived_id("again", letter.id))
        with self._db.durably():
            self._log.append([again])
        return "accepted", None, None

    def _batch(self, batch: list[tuple[int, bytes]]) -> list[Taken]:
        if not batch:
            return []
        with self._db.durably():
            return [self._line(number, line) for number, line in batch]

    def _line(self, number: int, line: bytes) -> Taken:
        now = self._clock.now()
        try:
            record = self._resolver.record(inputs.read(line.rstrip(b"\r\n")), now)
            return self._record(number, record)
        except PactdeskError as error:
            return self._bad(number, line, error, now)

    def _record(self, number: int, record: Record) -> Taken:
        known = self._log.find(record.id)
        if known is not None:
            _same_content(known.record(), record)
            return Taken(number, "repeat", record.id, known.topic, known.partition, known.offset)
        self._directory.learn(record.event)
        placed = self._log.append([record])[0]
        return Taken(number, "accepted", placed.id, placed.topic, placed.partition, placed.offset)

    def _bad(self, number: int, line: bytes, error: PactdeskError, now: datetime) -> Taken:
        letter = DeadLetter(
            id=derived_id("bad-line", line.hex() if len(line) < 4096 else _digest(line)),
            topic=CONTACTS.name,
            origin=f"input/line {number}",
            handler="intake",
            error=error.what,
            remedy=error.remedy,
            attempts=1,
            at=rfc3339(now),
            value=line,
        )
        put_aside(self._log, letter)
        return Taken(number, "unreadable", letter.id, error=error.what, remedy=error.remedy)


def _digest(line: bytes) -> str:
    return derived_id("bytes", line.decode("latin-1"))


def _same_content(known: Record, record: Record) -> None:
    """A repeat has the same content; only its time and its transport may differ.

    Raises:
        Unreadable: Something else came under the same provider id.
    """
    before, after = known.event, record.event
    if not isinstance(before, ContactReceived) or not isinstance(after, ContactReceived):
        return
    for field in ("message", "subject", "thread", "in_reply_to", "attachments"):
        if getattr(before, field) != getattr(after, field):
            raise Unreadable(
                f"{after.channel} message {after.provider_id} was here before with another {field}",
                "send a changed message under a provider_id of its own",
            )
