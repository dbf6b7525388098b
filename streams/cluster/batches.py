# ruff: noqa: SLF001  # a batch enters kafka-python's queue from behind; the docstring says why
"""Records to the bytes that Kafka stores, many at a time.

kafka-python's own way costs some 130 microseconds a record with our sixteen headers, most of it
for encoding each header several times over and for a future a record; that is 7,000 to 8,000
records a second. Here the records of a partition become one batch of kafka-python's in one pass,
and the batch is queued as if its records had been handed over one by one: numbering, retries and
acknowledgement stay kafka-python's. This uses names that are kafka-python's own, so its version is
pinned, and the tests of the producer read back what was sent, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from kafka import KafkaProducer, TopicPartition
from kafka.producer.producer_batch import ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder

from streams.cluster.wire import Outgoing
from streams.zigzag import zigzag

_MAGIC, _UNCOMPRESSED = 2, 0
_NULL = b"\x01"  # the length -1

_headers = msgspec.json.Decoder(dict[str, str])


@lru_cache(maxsize=1024)
def _header_name(name: str) -> bytes:
    raw = name.encode()
    return zigzag(len(raw)) + raw


def _tail(record: Outgoing) -> bytes:
    """Key, value and headers of a record as a batch holds them."""
    parts = []
    if record.key is None:
        parts.append(_NULL)
    else:
        key = record.key.encode()
        parts += (zigzag(len(key)), key)
    headers = _headers.decode(record.headers)
    parts += (zigzag(len(record.value)), record.value, zigzag(len(headers)))
    for name, value in headers.items():
        raw = value.encode()
        parts += (_header_name(name), zigzag(len(raw)), raw)
    return b"".join(parts)


def cut(
    places: Sequence[int], tails: Sequence[bytes], limit: int
) -> list[tuple[Sequence[int], Sequence[bytes]]]:
    """A partition's records in their order, cut into batches of at most `limit` bytes.

    A record that is larger has a batch of its own.
    """
    found: list[tuple[Sequence[int], Sequence[bytes]]] = []
    start = size = 0
    for end, tail in enumerate(tails):
        if size and size + len(tail) > limit:
            found.append((places[start:end], tails[start:end]))
            start, size = end, 0
        size += len(tail)
    return [*found, (places[start:], tails[start:])]


def encoded(batch: Sequence[Outgoing]) -> dict[TopicPartition, tuple[list[int], list[bytes]]]:
    """The records by partition, in their order: their places in the batch, and their bytes."""
    found: dict[TopicPartition, tuple[list[int], list[bytes]]] = {}
    for place, record in enumerate(batch):
        where = TopicPartition(record.topic, record.partition)
        places, tails = found.setdefault(where, ([], []))
        places.append(place)
        tails.append(_tail(record))
    return found


def queue(
    producer: KafkaProducer, where: TopicPartition, tails: Sequence[bytes], milliseconds: int
) -> ProducerBatch:
    """Put records of one partition into a producer's queue as one batch.

    Args:
        producer: The idempotent producer that will send it, once it is woken.
        where: The partition.
        tails: The records, encoded.
        milliseconds: Their time, since the epoch.
    """
    body = bytearray()
    for place, tail in enumerate(tails):
        head = b"\x00\x00" + zigzag(place)  # no attributes, no difference in time, the place
        body += zigzag(len(head) + len(tail)) + head + tail
    records = MemoryRecordsBuilder(_MAGIC, _UNCOMPRESSED, len(body))
    inner = records._builder
    inner._buffer += body
    inner._first_timestamp = inner._max_timestamp = milliseconds
    inner._num_records = len(tails)
    inner._last_offset = len(tails) - 1
    records._next_offset = len(tails)
    batch = ProducerBatch(where, records)
    accumulator = producer._accumulator
    with accumulator._tp_lock(where):
        accumulator._batches[where].append(batch)
        accumulator._incomplete.add(batch)
    return batch


def wake(producer: KafkaProducer) -> None:
    """Have a producer's own thread send what was queued."""
    producer._sender.wakeup()


def abandon(producer: KafkaProducer, seconds: float) -> None:
    """End a producer's own thread without sending what is queued.

    `KafkaProducer.close` alone would wait for it, fail, and leave the thread at it.

    Args:
        producer: Is to be closed after this.
        seconds: How long the thread may take.
    """
    producer._sender.force_close()
    producer._sender.join(seconds)
