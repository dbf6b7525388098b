"""Sending to Kafka: in order, acknowledged by all copies, and never after an error.

kafka-python's idempotent producer is dead for ever after one refused record, silently for later
ones. So any failure closes it, and the next call builds a new one; what the caller does not know
to be acknowledged it sends again, and readers drop repeats by their source coordinates.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import kafka.errors as kafkas
from kafka import KafkaProducer, TopicPartition
from kafka.producer.producer_batch import ProducerBatch

from streams.cluster.batches import abandon, cut, encoded, queue, wake
from streams.cluster.kafka import (
    CONNECT_SECONDS,
    REQUEST_SECONDS,
    answers,
    greet,
    of_kafka,
    options,
)
from streams.cluster.topics import absent, message_bytes
from streams.cluster.wire import Outgoing
from streams.errors import PactdeskError, Refused
from streams.settings import Settings

DELIVERY_SECONDS = 30
"""How long records may wait for their acknowledgement, retries included."""

BATCH_BYTES = 512 * 1024
"""Bytes of one partition that are sent as one batch; a larger record has a batch of its own."""

_AROUND = 512  # what surrounds a record on its way, generously
_REQUEST_BYTES = 16 * 1024 * 1024
_CLOSE_SECONDS = 2


class Producer:
    """Sends records; belongs to one thread. Building one touches nothing: `send` connects.

    Args:
        settings: Where Kafka is, and how it is reached.

    Raises:
        Misconfigured: The settings do not say it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = options(settings)
        self._client: KafkaProducer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, batch: Sequence[Outgoing]) -> list[int]:
        """Send records in their order; returns their offsets once all are durable.

        After an error some of them may be in the log all the same: send them again.

        Raises:
            Misconfigured: A topic is missing or too small, or Kafka does not let us in.
            Refused: A record is larger than its topic takes; nothing was sent.
            Unavailable: Not all were acknowledged within `DELIVERY_SECONDS`.
        """
        if not batch:
            return []
        whole = encoded(batch)
        for where, (places, tails) in whole.items():
            limit = message_bytes(where.topic) - _AROUND
            for place, tail in zip(places, tails, strict=True):
                if len(tail) > limit:
                    raise Refused(
                        f"record {batch[place].id or '(without id)'} has {len(tail)} bytes,"
                        f" {where.topic} takes {limit}",
                        "send large content as an attachment",
                    )
        offsets = [-1] * len(batch)
        try:
            for some, base in self._sent(whole):
                for distance, place in enumerate(some):
                    offsets[place] = base + distance
        except BaseException as error:
            self._give_up()
            if not isinstance(error, kafkas.KafkaError | OSError):
                raise
            raise self._told(error, {where.topic for where in whole}) from error
        return offsets

    def _sent(
        self, whole: dict[TopicPartition, tuple[list[int], list[bytes]]]
    ) -> Iterator[tuple[Sequence[int], int]]:
        """Send all, wait for all: places in the caller's batch, and the first one's offset.

        A partition's second batch is queued once its first is acknowledged: of two that wait, the
        first could run out of time and the second still be sent, and a reader that has seen it
        would take the first, sent again, for a repeat.
        """
        client = self._connected()
        waiting: dict[TopicPartition, list[tuple[Sequence[int], Sequence[bytes]]]] = {}
        for where, (places, tails) in whole.items():
            if where.partition not in client.partitions_for(where.topic):
                raise kafkas.UnknownTopicOrPartitionError(str(where))
            waiting[where] = cut(places, tails, BATCH_BYTES)
        while waiting:
            now = int(time.time() * 1000)
            queued = []
            for where, parts in waiting.items():
                some, records = parts.pop(0)
                queued.append((some, queue(client, where, records, now)))
            wake(client)
            deadline = time.monotonic() + DELIVERY_SECONDS + REQUEST_SECONDS
            yield from [(places, _base(one, deadline)) for places, one in queued]
            waiting = {where: parts for where, parts in waiting.items() if parts}

    def _connected(self) -> KafkaProducer:
        if self._client is None:
            greet(self._settings)
            self._client = KafkaProducer(
                **self._options,
                enable_idempotence=True,
                acks="all",
                allow_auto_create_topics=False,
                delivery_timeout_ms=DELIVERY_SECONDS * 1000,
                max_block_ms=CONNECT_SECONDS * 1000,
                max_request_size=_REQUEST_BYTES,
                metrics_enabled=False,
            )
        return self._client

    def _told(self, error: Exception, topics: set[str]) -> PactdeskError:
        """What to say of an error; brokers that do not answer are asked for no topic."""
        if isinstance(error, kafkas.KafkaTimeoutError | kafkas.UnknownTopicOrPartitionError):
            try:
                answers(self._settings)
            except PactdeskError as silent:
                return silent
            if missing := absent(self._settings, topics):
                return missing
        return of_kafka(error, self._settings, {"write": topics})

    def _give_up(self) -> None:
        """Drop the client with what it has not sent, so that nothing is sent behind our back."""
        if self._client is not None:
            abandon(self._client, _CLOSE_SECONDS)
        with suppress(kafkas.KafkaError):
            self.close()

    def close(self) -> None:
        """Let the connection go; the next `send` makes a new one."""
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=_CLOSE_SECONDS)


def _base(batch: ProducerBatch, deadline: float) -> int:
    """The offset of a batch's first record, once it is acknowledged.

    Raises:
        kafka.errors.KafkaError: It was refused, or the time is up.
    """
    if not batch.produce_future.wait(max(0.0, deadline - time.monotonic())):
        raise kafkas.KafkaTimeoutError(f"no acknowledgement from {batch.topic_partition}")
    base, _, failure = batch.produce_future.value
    if failure is not None:
        raise failure(0)
    if base < 0:  # an acknowledgement for the second time, which does not say where
        raise kafkas.DuplicateSequenceNumberError(str(batch.topic_partition))
    return int(base)
