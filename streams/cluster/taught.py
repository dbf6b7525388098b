"""What was taught and activated, followed on Kafka by every worker and asker for itself.

A thread of its own reads the knowledge and control topics whole, from their start and then as they
grow; a turn takes in what has come by then. Under recorded time a turn waits until everything that
was appended before its own record has come.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import kafka.errors as kafkas
import structlog
from kafka import KafkaConsumer, TopicPartition

from schemas.topics import CONTROL, KNOWLEDGE, PARTITIONS
from streams.cluster.kafka import of_kafka, reading_options
from streams.cluster.reading import Reader
from streams.cluster.wire import entry_of
from streams.entry import Entry, Place
from streams.errors import Unavailable
from streams.settings import Settings

POLL_MILLISECONDS = 200
FIRST_SECONDS = 120
"""How long a worker may take to read what was taught before it started."""

_PLACES = [
    TopicPartition(topic.name, partition)
    for topic in (KNOWLEDGE, CONTROL)
    for partition in range(PARTITIONS)
]


_log = structlog.get_logger(__name__)


class Taught:
    """Gives the knowledge and control entries that came since the last call.

    Args:
        settings: Where Kafka is.
        failed: Told, in the follower's thread, of an error that it cannot go on after.
    """

    def __init__(self, settings: Settings, failed: Callable[[BaseException], None]) -> None:
        self._settings = settings
        self._failed = failed
        self._came: deque[Entry] = deque()
        self._complete = threading.Condition()
        self._whole_at = 0.0
        self._wanted_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="taught", daemon=True)

    def start(self) -> None:
        """Begin, and wait until everything that is there by now has come.

        Raises:
            Unavailable: It takes too long.
        """
        self._thread.start()
        self.wait(time.time())

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join(5)

    def wait(self, appended_at: float) -> None:
        """Wait until everything that was appended by a moment has come.

        Args:
            appended_at: Seconds since the epoch; one that is still to come counts as now.

        Raises:
            Unavailable: It takes too long.
        """
        appended_at = min(appended_at, time.time())
        if self._whole_at >= appended_at:
            return
        with self._complete:
            self._wanted_at = max(self._wanted_at, appended_at)
            if not self._complete.wait_for(lambda: self._whole_at >= appended_at, FIRST_SECONDS):
                raise Unavailable(
                    f"what was taught could not be read within {FIRST_SECONDS} s",
                    "see that Kafka answers, and start the worker again",
                )

    def __call__(self) -> Iterator[Entry]:
        """The entries that came since the last call."""
        while self._came:
            yield self._came.popleft()

    def _run(self) -> None:
        try:
            consumer = KafkaConsumer(
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=POLL_MILLISECONDS,
                **reading_options(self._settings),
            )
            try:
                self._follow(consumer)
            finally:
                consumer.close()
        except kafkas.KafkaError as error:
            asked = {"read": [KNOWLEDGE.name, CONTROL.name]}
            self._failed(of_kafka(error, self._settings, asked))
        except BaseException as error:  # noqa: BLE001  # the process must hear of it
            self._failed(error)

    def _follow(self, consumer: KafkaConsumer) -> None:
        consumer.assign(_PLACES)
        consumer.seek_to_beginning(*_PLACES)
        _warn_of_a_part(consumer)
        while not self._stopping.is_set():
            asked_at = time.time()
            ends = consumer.end_offsets(_PLACES) if self._wanted_at > self._whole_at else None
            self._poll(consumer)
            if ends is None:
                continue
            while any(consumer.position(place) < end for place, end in ends.items()):
                self._poll(consumer)
                if self._stopping.is_set():
                    return
            with self._complete:
                self._whole_at = asked_at
                self._complete.notify_all()

    def _poll(self, consumer: KafkaConsumer) -> None:
        wait = 0 if self._wanted_at > self._whole_at else POLL_MILLISECONDS
        for records in consumer.poll(timeout_ms=wait).values():
            for one in records:
                place = (one.topic, one.partition, one.offset)
                self._came.append(entry_of(place, one.key, one.value, one.headers, one.timestamp))


def _warn_of_a_part(consumer: KafkaConsumer) -> None:
    """Say which of what was taught and activated nobody knows any more."""
    for where, first in consumer.beginning_offsets(_PLACES).items():
        if first:
            _log.warning(
                "what was taught or activated at first is gone from Kafka",
                where=f"{where.topic}/{where.partition}",
                begins_at=first,
                remedy="restore the topic, or teach it and activate the policy again",
            )


class TaughtByNow:
    """Gives the entries that came since the last call, up to the ends, for whoever only asks.

    Args:
        settings: Where Kafka is.

    Raises:
        Misconfigured: A topic is missing.
        Unavailable: No broker answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._reader = Reader(settings, [KNOWLEDGE.name, CONTROL.name])
        self._at: dict[Place, int] = {}

    def __call__(self) -> Iterator[Entry]:
        """The entries that came since the last call."""
        ends = self._reader.ends()
        if ends != self._at:
            for step in self._reader.steps(self._at, ends):
                yield from step
            self._at = ends

    def close(self) -> None:
        """Let the brokers go."""
        self._reader.close()
