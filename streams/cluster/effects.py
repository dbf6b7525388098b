"""Effects on the cluster: requests are followed on Kafka, claimed in the database, carried out.

Workers with this role share the partitions of the decisions. A request is claimed by a unique row
in the transaction that also keeps its attempt for the log; its outcome, and that the partition is
read on, are one transaction again. Both are refused to whoever no longer owns the partition. What
goes to a platform is only claimed here; the courier beside it brings it there (`errands.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import kafka.errors as kafkas
import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition

from schemas.event import Event
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from schemas.topics import DECISIONS
from streams.clock import WallClock
from streams.cluster import outbox, presence
from streams.cluster.errands import Errands
from streams.cluster.identity import secret_of
from streams.cluster.kafka import of_kafka, reading_options
from streams.cluster.membership import keep_joining
from streams.cluster.ownership import Owned, advance, claim, release
from streams.cluster.postgres import connect, url_of
from streams.cluster.producer import Producer
from streams.cluster.publisher import Publisher
from streams.cluster.reading import out_of_range
from streams.cluster.wire import entry_of, outgoing
from streams.delivery import book
from streams.delivery.errand import Errand
from streams.delivery.leaving import requests_of, streamed, taken_on
from streams.delivery.office import Office
from streams.effects import OUTCOME, Here, answer, attempt_step, attempted
from streams.errors import Misconfigured, PactdeskError, Unreadable
from streams.links import Links
from streams.settings import Settings

DOMAIN = "effects"
"""Under this name the partitions of the decisions are claimed."""

POLL_MILLISECONDS = 200
RETRY_SECONDS = 1.0
DRAIN_SECONDS = 10.0

FAR = 500
"""Records without a request after which the position is stored."""

_log = structlog.get_logger(__name__)


class Effects(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Carries out the requests of the partitions that the group gives it.

    Args:
        settings: Where Kafka and the database are, and the folder of the mailbox.
        failed: Told of an error of the publisher's or the courier's.
        outward: The channels and places that something leaves by.
        recorded: Whether outcomes have their requests' own times, rather than the wall's clock.
    """

    def __init__(
        self,
        settings: Settings,
        failed: Callable[[BaseException], None],
        outward: frozenset[str] = frozenset(),
        *,
        recorded: bool = False,
    ) -> None:
        self._settings = settings
        self._db = connect(url_of(settings))
        self._publisher = Publisher(connect(url_of(settings)), Producer(settings), failed)
        links = Links.of(settings, secret_of(settings))
        self._here = Here(settings.data / "mailbox", links, streamed(settings))
        self._clock = WallClock()
        self._owned: dict[int, Owned] = {}
        self._read: dict[int, int] = {}
        self._owner = presence.me()
        self._presence = presence.Presence(self._db, DOMAIN)
        self._consumer: KafkaConsumer | None = None
        self._outward = outward
        self._recorded = recorded
        self._asks = {("ce_type", kind.__name__.encode()) for kind in requests_of(outward)}
        database = connect(url_of(settings))
        self._errands = Errands(settings, database, self._publisher, self._owner)
        self._office = Office(
            lambda _: nullcontext(self._errands), settings, links, self._clock, failed
        )

    def run(self, stop: threading.Event) -> None:
        """Carry out requests until told to stop; brokers that are away are waited for."""
        self._publisher.start()
        if self._outward:
            self._office.start()
        told = False
        while not stop.is_set():
            try:
                self._follow(stop)
                told = False
            except kafkas.KafkaError as error:
                known: PactdeskError = of_kafka(error, self._settings)
                if isinstance(known, Misconfigured):
                    raise known from error  # nothing will change that but people
                if not told:
                    _log.warning("effects wait", error=known.what, remedy=known.remedy)
                    told = True
                stop.wait(RETRY_SECONDS)
        if self._outward:
            self._office.stop()
        self._errands.leave()
        self._publisher.stop(DRAIN_SECONDS)
        for owned in self._owned.values():
            release(self._db, owned)
        self._presence.leave()
        self._db.close()

    def _follow(self, stop: threading.Event) -> None:
        session = int(self._settings.kafka.session_timeout_seconds * 1000)
        name = self._settings.kafka.instance_id
        self._consumer = KafkaConsumer(
            group_id="pactdesk.effects",
            group_instance_id=None if name is None else f"{name}-effects",
            enable_auto_commit=False,
            auto_offset_reset="none",  # requests that are gone are nobody's to pass over
            session_timeout_ms=session,
            heartbeat_interval_ms=session // 4,
            **reading_options(self._settings),
        )
        try:
            self._consumer.partitions_for_topic(DECISIONS.name)  # as in `membership`
            self._consumer.subscribe([DECISIONS.name], listener=self)
            while not stop.is_set():
                self._presence.tell()
                keep_joining(self._consumer)
                try:
                    found = self._consumer.poll(timeout_ms=POLL_MILLISECONDS)
                except kafkas.OffsetOutOfRangeError as error:
                    raise out_of_range(error, self._consumer) from error
                for records in found.values():
                    for one in records:
                        self._take(one)
                if not found:
                    self._store_positions()
        finally:
            self._store_positions()
            self._consumer.close()

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """These partitions go to somebody else."""
        for where in revoked:
            self._errands.disown(where.partition)
            owned = self._owned.pop(where.partition, None)
            if owned is not None:
                release(self._db, owned)

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Own these partitions, and begin where the database says."""
        for where in assigned:
            owned = claim(self._db, DOMAIN, where.partition, self._owner)
            self._publisher.drain(DOMAIN, where.partition)
            self._owned[where.partition] = owned
            self._errands.own(where.partition)
            self._read[where.partition] = owned.position
            assert self._consumer is not None
            self._consumer.seek(where, owned.position)

    def _take(self, one: Any) -> None:  # Any: kafka-python's record
        owned = self._owned.get(one.partition)
        if owned is None or one.offset < owned.position:
            return
        if not self._asks.isdisjoint(one.headers or ()):
            place = (one.topic, one.partition, one.offset)
            entry = entry_of(place, one.key, one.value, one.headers, one.timestamp)
            try:
                record = entry.record()
            except Unreadable as error:
                _log.error("a request cannot be read", place=place, error=error.what)
            else:
                self._carry_out(owned, record, one.offset)
        self._read[one.partition] = one.offset + 1
        if self._read[one.partition] - owned.position >= FAR:
            self._store_position(owned)

    def _carry_out(self, owned: Owned, record: Record, offset: int) -> None:
        request = record.event
        at = record.at if self._recorded else self._clock.now()
        errands = taken_on(record, self._outward, owned.partition, offset, at)
        if errands is not None:
            self._hand_on(owned, record, offset, errands)
            return
        assert isinstance(request, ReplyRequested)
        begins = attempted(record, request, self._here.name(request))
        attempt = self._said(record, attempt_step(0, 1), begins, at)
        if not self._claimed(owned, record, attempt, offset):
            return
        outcome = self._here.carry_out(record)
        said = outgoing(self._said(record, OUTCOME, outcome, at))
        with self._db.transaction():
            advance(self._db, owned, offset + 1, owned.clock, 1)
            self._db.execute(
                "UPDATE claims SET outcome = ?, state = 'done' WHERE request_id = ?",
                (type(outcome).__name__, record.id),
            )
            batch = outbox.put(self._db, owned, [said])
        owned.position, owned.turn = offset + 1, owned.turn + 1
        self._publisher.publish(batch)

    def _hand_on(
        self, owned: Owned, record: Record, offset: int, errands: Sequence[Errand]
    ) -> None:
        """Keep a request for the courier, and that the partition is read on."""
        with self._db.transaction():
            advance(self._db, owned, offset + 1, owned.clock, 0)
            for errand in errands:
                book.take_on(self._db, errand)
        owned.position = offset + 1
        self._errands.remember(record)
        self._office.wake()

    def _said(self, request: Record, step: str, event: Event, at: datetime) -> Record:
        assert isinstance(request.event, ReplyRequested)
        return answer(request, step, event, at, self._here.name(request.event))

    def _claimed(self, owned: Owned, record: Record, attempt: Record, offset: int) -> bool:
        """Claim a request, and keep its attempt; False when it has its outcome already."""
        batch = None
        with self._db.transaction():
            advance(self._db, owned, offset, owned.clock, 1)
            row = self._db.execute(
                "INSERT INTO claims (request_id, attempt) VALUES (?, 1)"
                " ON CONFLICT (request_id) DO UPDATE SET attempt = claims.attempt"
                " RETURNING (xmax = 0), outcome",
                (record.id,),
            ).fetchone()
            assert row is not None
            first, outcome = row
            if first:
                batch = outbox.put(self._db, owned, [outgoing(attempt)])
        owned.position, owned.turn = offset, owned.turn + 1
        if batch is not None:
            self._publisher.publish(batch)
        return outcome is None

    def _store_positions(self) -> None:
        for owned in self._owned.values():
            if self._read[owned.partition] > owned.position:
                self._store_position(owned)

    def _store_position(self, owned: Owned) -> None:
        """Keep how far a partition was read, so that nobody reads it again."""
        position = self._read[owned.partition]
        with self._db.transaction():
            advance(self._db, owned, position, owned.clock, 0)
        owned.position = position
