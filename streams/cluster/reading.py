"""Reading Kafka without a group: from given positions to fixed ends, or on and on.

Each partition comes in the order of its offsets; between partitions there is no order. Offsets may
be missing (transactions of foreign producers leave marks that nobody sees), so that the end of a
partition is reached by position, not by the last record.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from threading import Event
from typing import Self

import kafka.errors as kafkas
import msgspec
from kafka import KafkaConsumer, TopicPartition

from schemas.topics import TOPICS
from streams.cluster.decoding import Quick, quick
from streams.cluster.kafka import greet, of_kafka, reading_options
from streams.cluster.topics import absent
from streams.cluster.wire import moment_of
from streams.entry import Entry, Place
from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.settings import Settings

AT_ONCE = 5000
"""Records that one step gives at most."""

STALLED_SECONDS = 15
"""After how long without a record, where there must be some, a reader gives up."""

_IDLE_SECONDS = 10  # after how long a follower asks whether its topics are still there
_POLL_MILLISECONDS = 200
_PARTITION_BYTES = 4 * 1024 * 1024

_headers = msgspec.json.Encoder()


class Reader:
    """Reads some topics; belongs to one thread.

    Args:
        settings: Where Kafka is.
        topics: Which topics; all of the contract by default.

    Raises:
        Misconfigured: A topic is missing, the settings are wrong, or Kafka does not let us in.
        Unavailable: No broker answers.
    """

    def __init__(self, settings: Settings, topics: Iterable[str] = tuple(TOPICS)) -> None:
        self._settings = settings
        self._topics = tuple(topics)
        greet(settings)
        try:
            self._consumer = quick(
                KafkaConsumer(
                    **reading_options(settings),
                    group_id=None,
                    enable_auto_commit=False,
                    auto_offset_reset="none",
                    allow_auto_create_topics=False,
                    max_partition_fetch_bytes=_PARTITION_BYTES,
                    metrics_enabled=False,
                )
            )
        except (kafkas.KafkaError, OSError) as error:
            raise of_kafka(error, settings) from error
        try:
            self._places = self._partitions()
            self._consumer.assign(self._places)
        except BaseException:
            self._consumer.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the brokers go."""
        self._consumer.close()

    def starts(self) -> dict[Place, int]:
        """The first offset that each partition still has."""
        return self._asked(self._consumer.beginning_offsets)

    def ends(self) -> dict[Place, int]:
        """The offset that the next record of each partition gets."""
        return self._asked(self._consumer.end_offsets)

    def since(self, seconds: float) -> dict[Place, int]:
        """The first offset of each partition that was appended at a moment or after it.

        Args:
            seconds: The moment, since the epoch; before it, everything counts.
        """
        if seconds < 0:  # which Kafka is not asked for
            return self.starts()
        wanted = dict.fromkeys(self._places, int(seconds * 1000))
        try:
            found = self._consumer.offsets_for_times(wanted)
        except (kafkas.KafkaError, OSError) as error:
            raise absent(self._settings, self._topics) or self._told(error) from error
        ends = self.ends()
        return {
            (one.topic, one.partition): ends[one.topic, one.partition]
            if at is None
            else int(at.offset)
            for one, at in found.items()
        }

    def steps(
        self, start: Mapping[Place, int] | None = None, until: Mapping[Place, int] | None = None
    ) -> Iterator[list[Entry]]:
        """The entries between two positions; see `quick_steps`."""
        for step in self.quick_steps(start, until):
            yield [as_entry(one) for one in step]

    def quick_steps(
        self, start: Mapping[Place, int] | None = None, until: Mapping[Place, int] | None = None
    ) -> Iterator[list[Quick]]:
        """What lies between two positions as Kafka gave it, some thousand records a step.

        Args:
            start: Where to begin; a partition that is not named begins at its first offset.
            until: Where to end, exclusively; where each partition ends now by default.

        Raises:
            Misconfigured: A topic is gone, or records that are asked for are.
            Unavailable: The brokers give nothing for `STALLED_SECONDS`.
        """
        ends = self.ends() if until is None else dict(until)
        at = self._from(start or {})
        left = {place: end for place, end in ends.items() if at.get(place, end) < end}
        self._seek({place: at[place] for place in left})
        moved = time.monotonic()
        while left:
            found = self._poll()
            wanted = [
                one
                for records in found.values()
                for one in records
                if one.offset < left.get((one.topic, one.partition), 0)
            ]
            now = {place: self._position(place) for place in left}
            if any(now[place] > at[place] for place in left):
                moved = time.monotonic()
            elif time.monotonic() > moved + STALLED_SECONDS:
                raise self._stalled(left, now)
            at |= now
            done = [place for place, end in left.items() if now[place] >= end]
            for place in done:
                del left[place]
                self._consumer.pause(TopicPartition(*place))
            if wanted:
                yield wanted

    def follow(self, start: Mapping[Place, int], stop: Event) -> Iterator[list[Entry]]:
        """What lies beyond some positions, and what is appended from now on.

        It outlasts an absence of the brokers. A step without entries comes every now and then, so
        that the caller may do something else.

        Args:
            start: Where to begin; a partition that is not named begins at its first offset.
            stop: Ends it when set.

        Raises:
            Misconfigured: A topic is gone, or records that are asked for are.
        """
        self._seek(self._from(start))
        heard = time.monotonic()
        while not stop.is_set():
            found = self._poll()
            yield [as_entry(one) for records in found.values() for one in records]
            if found:
                heard = time.monotonic()
            elif time.monotonic() > heard + _IDLE_SECONDS:
                heard = time.monotonic()
                fault = absent(self._settings, self._topics)
                if isinstance(fault, Misconfigured):
                    raise fault

    def _told(self, error: Exception) -> PactdeskError:
        return of_kafka(error, self._settings, {"read": self._topics})

    def _partitions(self) -> list[TopicPartition]:
        try:
            found = {topic: self._consumer.partitions_for_topic(topic) for topic in self._topics}
        except (kafkas.KafkaError, OSError) as error:
            raise self._told(error) from error
        missing = [topic for topic, partitions in found.items() if not partitions]
        if missing:
            raise absent(self._settings, missing) or Unavailable(
                f"Kafka does not say where {', '.join(missing)} lies",
                "see that its brokers are well, and try again",
            )
        return [TopicPartition(topic, one) for topic, some in found.items() for one in sorted(some)]

    def _asked(self, question: object) -> dict[Place, int]:
        assert callable(question)
        try:
            found = question(self._places)
        except (kafkas.KafkaError, OSError) as error:
            raise absent(self._settings, self._topics) or self._told(error) from error
        return {(one.topic, one.partition): int(offset) for one, offset in found.items()}

    def _from(self, start: Mapping[Place, int]) -> dict[Place, int]:
        """Where each partition begins.

        Raises:
            Misconfigured: Earlier than its first record, on a topic that is kept for ever.
        """
        found = self.starts()
        for place, first in found.items():
            wanted = start.get(place, first)
            if wanted < first and kept(place[0]):
                raise _gone(place, first, wanted)
            found[place] = max(wanted, first)
        return found

    def _seek(self, at: Mapping[Place, int]) -> None:
        """Read these partitions on from here, and no other.

        All stay assigned: kafka-python forgets the topics of those that are not.
        """
        for where in self._places:
            place = (where.topic, where.partition)
            self._consumer.seek(where, at.get(place, 0))
            (self._consumer.resume if place in at else self._consumer.pause)(where)

    def _position(self, place: Place) -> int:
        return int(self._consumer.position(TopicPartition(*place)))

    def _poll(self) -> dict[TopicPartition, list[Quick]]:
        try:
            found: dict[TopicPartition, list[Quick]] = self._consumer.poll(
                timeout_ms=_POLL_MILLISECONDS, max_records=AT_ONCE
            )
        except kafkas.OffsetOutOfRangeError as error:
            raise out_of_range(error, self._consumer) from error
        except (kafkas.KafkaError, OSError) as error:
            raise absent(self._settings, self._topics) or self._told(error) from error
        return found

    def _stalled(self, left: Mapping[Place, int], now: Mapping[Place, int]) -> PactdeskError:
        place = next(iter(left))
        return absent(self._settings, self._topics) or Unavailable(
            f"Kafka gives nothing of {place[0]}/{place[1]} beyond offset {now[place]}, though it"
            f" ends at {left[place]}",
            "see that its brokers are well, and try again",
        )


def kept(topic: str) -> bool:
    """Whether a topic's records are kept for ever."""
    known = TOPICS.get(topic)
    return known is None or known.retention_days is None


def _gone(place: Place, first: int, wanted: int) -> Misconfigured:
    return Misconfigured(
        f"{place[0]}/{place[1]} begins at offset {first}, and {wanted} is asked for: the records"
        " before are gone",
        "restore the topic, or see `pactdesk topics lost`, which names what is lost and lets the"
        " work go on without it",
    )


def out_of_range(error: kafkas.OffsetOutOfRangeError, consumer: KafkaConsumer) -> Misconfigured:
    """What it means that a partition has not the offset that it is to be read from."""
    ((where, offset),) = list(error.args[0].items())[:1]
    first = int(consumer.beginning_offsets([where])[where])
    if offset < first:
        return _gone((where.topic, where.partition), first, offset)
    return Misconfigured(
        f"{where.topic}/{where.partition} has no offset {offset}: its records were deleted,"
        " or the topic was made anew",
        "see `pactdesk topics check`; restore the topic, or begin with an empty database",
    )


def ends(settings: Settings, topics: Iterable[str] = tuple(TOPICS)) -> dict[Place, int]:
    """The offset that the next record of each partition gets; raises as `Reader` does."""
    with Reader(settings, topics) as reader:
        return reader.ends()


def entries(
    settings: Settings,
    topics: Iterable[str] = tuple(TOPICS),
    *,
    start: Mapping[Place, int] | None = None,
    until: Mapping[Place, int] | None = None,
) -> Iterator[Entry]:
    """The entries of some topics between two positions; raises as `Reader.steps` does."""
    with Reader(settings, topics) as reader:
        for step in reader.steps(start, until):
            yield from step


def as_entry(one: Quick) -> Entry:
    """A record of Kafka as the log's entry, as `streams.cluster.wire.entry_of` makes it."""
    return Entry(
        0,
        one.topic,
        one.partition,
        one.offset,
        None if one.key is None else one.key.decode("utf-8", "replace"),
        _headers.encode(one.fields).decode(),
        one.value or b"",
        moment_of(one.timestamp),
        one.fields.get("ce_id", ""),
    )


def holds(settings: Settings, topic: str, partition: int, start: int, until: int) -> bool:
    """Whether there is any record of a partition from one offset on below another.

    Offsets without a record are usual where a producer works with transactions. Raises as
    `Reader.steps` does.
    """
    place = (topic, partition)
    with Reader(settings, [topic]) as reader:
        return any(reader.steps({place: start}, {place: until}))
