"""Kafka's records on their way into tables: decoded, and queued by partition until they may go.

A partition's records wait here while something must come first: the worker's ruling on an inbox
record, or another partition's event of the same ticket. A queue that is long enough is not fetched
any further, so that what waits costs bounded memory, and the other partitions go on.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable

import msgspec
from kafka import KafkaConsumer, TopicPartition

from schemas.record import Record
from schemas.topics import DEAD_LETTERS
from streams import codec
from streams.cluster.decoding import Quick, quick
from streams.cluster.pgtext import without_nul
from streams.cluster.wire import moment_of
from streams.deadletters import as_letter
from streams.entry import Place, on_its_topic
from streams.errors import Unreadable

POLLED = 500
"""Records that one poll brings at most where what they change is to be seen soon."""

QUEUED = 2000
"""Records of a partition that wait before no more of it are fetched."""


class Fetched(msgspec.Struct, frozen=True):
    """A record as it was fetched.

    Attributes:
        topic: Where it lies.
        partition: Where it lies.
        offset: Where it lies.
        key: Its partition key.
        id: Its id by its headers; empty where they name none.
        record: What is in it; None if it is unreadable, or a dead letter.
        fault: Why it is unreadable.
        letter: Headers and value of a dead letter.
    """

    topic: str
    partition: int
    offset: int
    key: str | None
    id: str
    record: Record | None = None
    fault: str | None = None
    letter: tuple[dict[str, str], bytes] | None = None


def fetched(one: Quick) -> Fetched:
    """Decode a record of Kafka."""
    place = (one.topic, one.partition, one.offset)
    key = None if one.key is None else without_nul(one.key.decode("utf-8", "replace"))
    number = without_nul(one.fields.get("ce_id", ""))
    value = one.value or b""
    if one.topic == DEAD_LETTERS.name:
        letter = as_letter(one.fields, "/".join(map(str, place)), moment_of(one.timestamp))
        return Fetched(*place, key, number, letter=(letter, value))
    try:
        record = codec.record_of(one.fields, value, partition=one.partition, offset=one.offset)
        return Fetched(*place, key, number, on_its_topic(record, one.topic))
    except Unreadable as error:
        return Fetched(*place, key, number, fault=error.what)


class Fetching:
    """A consumer, and a queue for each of its partitions.

    Args:
        consumer: Subscribed or assigned by whoever made it; positions are set by `begin`.
        at_once: Records that one poll brings at most.
        seen: Shown every record as it comes.
    """

    def __init__(
        self,
        consumer: KafkaConsumer,
        at_once: int = POLLED,
        seen: Callable[[Quick], None] | None = None,
    ) -> None:
        self.consumer = quick(consumer)
        self._at_once = at_once
        self._seen = seen
        self._queues: defaultdict[Place, deque[Fetched]] = defaultdict(deque)
        self._paused: set[Place] = set()

    def begin(self, place: Place, offset: int) -> None:
        """Go on with a partition at an offset, whatever was fetched of it."""
        self.drop([place])
        self.consumer.seek(TopicPartition(*place), offset)

    def drop(self, places: Iterable[Place]) -> None:
        """Let go of what was fetched of some partitions."""
        for place in places:
            self._queues.pop(place, None)
            if place in self._paused:
                self._resume(place)

    def poll(self, milliseconds: float) -> int:
        """Fetch what is there, or wait for something; returns how many records came."""
        self._unpark()
        found = self.consumer.poll(timeout_ms=milliseconds, max_records=self._at_once)
        count = 0
        for messages in found.values():
            count += len(messages)
            if self._seen is not None:
                for one in messages:
                    self._seen(one)
            place = (messages[0].topic, messages[0].partition)
            queue = self._queues[place]
            queue.extend(map(fetched, messages))
            if len(queue) >= QUEUED and place not in self._paused:
                self._paused.add(place)
                self.consumer.pause(TopicPartition(*place))
        return count

    def _unpark(self) -> None:
        """Let kafka-python take up again what it had decoded of a partition when that was paused.

        It (3.0.12) does so only while no partition's records are in its hands, and means by that
        a name that is None; but it leaves used up records there, and the resumed partition would
        stand still for ever.
        """
        fetcher = self.consumer._fetcher  # noqa: SLF001  # there is no public way; see above
        if not fetcher._next_partition_records:  # noqa: SLF001  # as above
            fetcher._next_partition_records = None  # noqa: SLF001  # as above

    def waiting(self) -> list[Place]:
        """The partitions of which something waits."""
        return [place for place, queue in self._queues.items() if queue]

    def queue(self, place: Place) -> deque[Fetched]:
        """What waits of a partition, in order."""
        return self._queues[place]

    def taken(self, place: Place, count: int) -> None:
        """The first so many of a partition need wait no longer."""
        queue = self._queues[place]
        for _ in range(count):
            queue.popleft()
        if place in self._paused and len(queue) < QUEUED // 2:
            self._resume(place)

    def _resume(self, place: Place) -> None:
        self._paused.discard(place)
        where = TopicPartition(*place)
        if where in self.consumer.assignment():
            self.consumer.resume(where)

    def end(self, place: Place) -> int:
        """Where a partition ended when it was fetched last; 0 before the first time."""
        return int(self.consumer.highwater(TopicPartition(*place)) or 0)
