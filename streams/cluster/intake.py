"""The way in on the cluster: lines and objects become records on Kafka, and are then acknowledged.

What came in through this deployment's own doors is kept by id, so that a repeat is told so at once
and a handle that was named in one line is known in the next. A record is on Kafka before any of
that is kept: a crash in between makes a retry a second record with the same id, which the worker
drops.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import count

import msgspec

from schemas.record import Record
from streams import inputs
from streams.clock import Clock, parse_time
from streams.cluster.contents import digest, refuse_another
from streams.cluster.postgres import PgDatabase
from streams.cluster.producer import Producer
from streams.cluster.wire import Outgoing, letter, outgoing
from streams.deadletters import DeadLetter, place_of, record_again, waits_again
from streams.directory import Directory
from streams.entry import Entry
from streams.errors import PactdeskError, Unreadable
from streams.events_of_input import Resolver
from streams.foreign import Foreign
from streams.intake import Taken, bad_line, batches, firsts, line_of, unreadable
from streams.registry import Registry

_Waiting = tuple[Taken, Outgoing, bytes]
"""What a line becomes once Kafka has it: its result, its record, its content's digest."""


class Intake:
    """Sends what comes in to Kafka.

    Args:
        database: The desk's connection.
        producer: The desk's producer.
        clock: Gives the time to what brings none.
        secret: The identity secret.
        registry: Where schemas of Confluent's framing are asked for; None where none is set.
    """

    def __init__(
        self,
        database: PgDatabase,
        producer: Producer,
        clock: Clock,
        secret: str,
        registry: Registry | None = None,
    ) -> None:
        self._db = database
        self._producer = producer
        self._clock = clock
        self._secret = secret
        self._directory = Directory(database)
        self._resolver = Resolver(self._directory, secret)
        self._foreign = Foreign(self._resolver, registry)
        self._places = count(time.time_ns())

    @property
    def resolver(self) -> Resolver:
        """Whose a handle is, by this deployment."""
        return self._resolver

    def lines(self, lines: Iterable[bytes]) -> Iterable[Taken]:
        """Take NDJSON lines, a batch at a time; empty lines are passed over.

        Raises:
            Unavailable: Kafka or the database does not answer; what was yielded before is kept.
        """
        for batch in batches(lines):
            yield from self._batch(batch)

    def documents(self, documents: Sequence[object]) -> list[Taken]:
        """Take decoded objects, all on Kafka when this returns."""
        return list(self.lines([line_of(one) for one in documents]))

    def records(self, records: Sequence[Record]) -> list[tuple[Record, int]]:
        """Send ready records of people and programs; returns the new ones with their offsets."""
        with self._db.transaction():
            self._one_at_a_time({record.id for record in records})
            fresh = [record for record in firsts(records) if self._known(record.id) is None]
            for record in fresh:
                self._directory.learn(record.event)
            ready = [outgoing(record) for record in fresh]
            offsets = self._producer.send(ready)
            self._keep(
                [
                    (one, offset, digest(record, self._secret))
                    for one, offset, record in zip(ready, offsets, fresh, strict=True)
                ]
            )
        return list(zip(fresh, offsets, strict=True))

    def place_of(self, record_id: str) -> tuple[str, int, int] | None:
        """Where the first record of an id lies; None without one."""
        known = self._known(record_id)
        return None if known is None else known[1:]

    def again(self, one: DeadLetter) -> Taken:
        """Take a dead letter's line once more; a line that brings no time has its letter's."""
        results = self._batch([(1, one.value)], at=parse_time(one.at), put_aside=False)
        return results[0]

    def keep(self, one: DeadLetter) -> None:
        """Put something aside that is no line; on Kafka when this returns."""
        waits_again(self._db, one.id)
        self._producer.send([letter(one)])

    def reappend(self, one: DeadLetter) -> tuple[str, str | None, str | None]:
        """Send a dead letter's record once more, if it can be read now.

        Returns:
            Status, error and remedy. A record of ours gets an id of its own, so that it is taken
            though its first one was; of a foreign one the native record is sent.

        Raises:
            Unavailable: Kafka, the database or the schema registry does not answer.
        """
        try:
            again = record_again(one)
        except PactdeskError:
            place = place_of(one.origin)
            assert place is not None
            entry = Entry(0, *place, one.key, one.headers or "{}", one.value, one.at, "")
            try:
                again = self._foreign.record(entry, parse_time(one.at))
            except Unreadable as error:
                return "unreadable", error.what, error.remedy
        self._producer.send([outgoing(again)])
        return "accepted", None, None

    def _batch(
        self,
        batch: Sequence[tuple[int, bytes]],
        *,
        at: datetime | None = None,
        put_aside: bool = True,
    ) -> list[Taken]:
        """Take some lines in one transaction, which ends when Kafka has them."""
        results: list[Taken | _Waiting] = []
        with self._db.transaction():
            here: dict[str, _Waiting] = {}
            for number, line in batch:
                now = at or self._clock.now()
                try:
                    results.append(self._good(number, line, now, here))
                except PactdeskError as error:
                    if put_aside:
                        results.append(self._bad(number, line, error, now))
                    else:
                        results.append(unreadable(number, error))
            waiting = [one for one in results if not isinstance(one, Taken)]
            offsets = iter(self._producer.send([ready for _, ready, _ in waiting]))
            taken: list[Taken] = []
            kept: list[tuple[Outgoing, int, bytes]] = []
            for one in results:
                if isinstance(one, Taken):
                    taken.append(one)
                    continue
                told, ready, content = one
                offset = next(offsets)
                if told.status == "accepted":
                    told = msgspec.structs.replace(
                        told, topic=ready.topic, partition=ready.partition, offset=offset
                    )
                    kept.append((ready, offset, content))
                taken.append(told)
            self._keep(kept)
        return taken

    def _good(
        self, number: int, line: bytes, now: datetime, here: dict[str, _Waiting]
    ) -> Taken | _Waiting:
        given = inputs.read(line.rstrip(b"\r\n"))
        record = self._resolver.record(given, now, place=next(self._places))
        content = digest(record, self._secret)
        if record.id in here:
            refuse_another(here[record.id][2], content, record)
            return Taken(number, "repeat", record.id, record.topic)
        known = self._known(record.id)
        if known is not None:
            before, topic, partition, offset = known
            if before is not None:
                refuse_another(before, content, record)
            return Taken(number, "repeat", record.id, topic, partition, offset)
        self._directory.learn(record.event)
        here[record.id] = (Taken(number, "accepted", record.id), outgoing(record), content)
        return here[record.id]

    def _bad(self, number: int, line: bytes, error: PactdeskError, now: datetime) -> _Waiting:
        one = bad_line(number, line, error, now)
        waits_again(self._db, one.id)
        return unreadable(number, error, one.id), letter(one), b""

    def _known(self, record_id: str) -> tuple[bytes | None, str, int, int] | None:
        """What is known of an id: its content's digest, if that is known, and its place."""
        row: tuple[bytes | None, str, int, int] | None = self._db.execute(
            'SELECT digest, topic, partition, "offset" FROM taken_in WHERE id = ?'
            ' UNION ALL SELECT digest, topic, partition, "offset" FROM seen WHERE id = ? LIMIT 1',
            (record_id, record_id),
        ).fetchone()
        return row  # the name gives it its type

    def _one_at_a_time(self, ids: Iterable[str]) -> None:
        """Wait until nobody else sends records with these ids, and have others wait for us.

        Else two that come at once would both be new: both would be told that theirs was done, and
        the worker drops one of them.
        """
        for record_id in sorted(ids):
            self._db.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (record_id,))

    def _keep(self, kept: Sequence[tuple[Outgoing, int, bytes]]) -> None:
        self._db.executemany(
            'INSERT INTO taken_in (id, digest, topic, partition, "offset")'
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(one.id, content, one.topic, one.partition, offset) for one, offset, content in kept],
        )
