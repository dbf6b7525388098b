# ruff: noqa: SLF001  # kafka-python's own decoding is replaced; the docstring says why and how safe
"""What Kafka sends, decoded in one pass: several times as fast as kafka-python does it.

kafka-python decodes the sixteen headers of a record of ours one varint after another, measures
them once more, and builds a record of fifteen fields: 12,000 records a second. `quick` has a
consumer decode whole batches here instead; fetching, positions, checksums and errors stay
kafka-python's. This uses names that are kafka-python's own, so its version is pinned, and the tests
compare every record with what kafka-python itself makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import kafka.errors as kafkas
from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher, IsolationLevel

from streams.cluster.wire import header_text

_LOG_APPEND_TIME = 1

_made = tuple.__new__  # a named tuple's own takes twice as long


class Quick(NamedTuple):
    """A record of Kafka.

    Attributes:
        topic: Where it lies.
        partition: Where it lies.
        offset: Where it lies.
        timestamp: When it was appended, in milliseconds since the epoch.
        key: Its key's bytes.
        value: Its value's bytes.
        fields: Its headers as text; of a name that comes twice, the last counts.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    fields: dict[str, str]


def quick(consumer: KafkaConsumer) -> KafkaConsumer:
    """Have a consumer give `Quick` records; returns it."""
    consumer._fetcher.PartitionRecords = _QuickRecords
    return consumer


class _QuickRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """The records of one partition in one answer of a broker."""

    def _unpack_records(self, tp: Any, records: Any, *_: object) -> Iterator[Quick]:
        batch = records.next_batch()
        while batch is not None:
            if self.check_crcs and not batch.validate_crc():
                raise kafkas.CorruptRecordError(
                    f"the batch of {tp} at offset {batch.base_offset} fails its checksum"
                )
            if batch.magic < 2:
                raise kafkas.UnsupportedForMessageFormatError(str(tp))
            self.leader_epoch = batch.leader_epoch
            if not self._took_back(batch) and not batch.is_control_batch:
                try:
                    for one in _records(tp.topic, tp.partition, batch):
                        self.next_fetch_offset = one.offset + 1
                        yield one
                except (IndexError, ValueError) as error:
                    raise kafkas.CorruptRecordError(
                        f"the batch of {tp} at offset {batch.base_offset} cannot be read: {error}"
                    ) from error
            self.next_fetch_offset = batch.next_offset
            batch = records.next_batch()
        self.drain()

    def _took_back(self, batch: Any) -> bool:
        """Whether a batch is of a transaction that was aborted; batches are asked in their order.

        As kafka-python itself finds it out, by what the broker says of the transactions.
        """
        if self.isolation_level != IsolationLevel.READ_COMMITTED or not batch.has_producer_id():
            return False
        self._consume_aborted_transactions_up_to(batch.last_offset)
        if self._contains_abort_marker(batch):
            self.aborted_producer_ids.discard(batch.producer_id)
            return False
        return bool(self._is_batch_aborted(batch))


def _records(topic: str, partition: int, batch: Any) -> Iterator[Quick]:
    """The records of a batch."""
    iter(batch)  # decompresses it
    data, place = bytes(batch._buffer), batch._pos
    base, first = batch.base_offset, batch.first_timestamp
    stamped = batch.max_timestamp if batch.timestamp_type == _LOG_APPEND_TIME else None
    for _ in range(batch.records_count):
        length, place = _varint(data, place)
        end = place + length
        later, place = _varint(data, place + 1)  # past the attributes
        distance, place = _varint(data, place)
        size, place = _varint(data, place)
        key = None if size < 0 else data[place : place + size]
        place += max(size, 0)
        size, place = _varint(data, place)
        value = None if size < 0 else data[place : place + size]
        place += max(size, 0)
        count, place = _varint(data, place)
        rest, at, fields = data[place:end], 0, {}
        if rest.isascii():  # as ours are: every length is one byte
            text = rest.decode()
            for _ in range(count):
                stop = at + 1 + (rest[at] >> 1)
                name = text[at + 1 : stop]
                at = stop + 1 + (rest[stop] >> 1)  # nothing follows a length of 1: no value
                fields[name] = text[stop + 1 : at]
        else:
            fields, at = _fields(rest, count)
        if at != len(rest) or end > len(data):
            raise ValueError("its lengths do not add up")
        place = end
        appended = first + later if stamped is None else stamped
        yield _made(Quick, (topic, partition, base + distance, appended, key, value, fields))


def _fields(data: bytes, count: int) -> tuple[dict[str, str], int]:
    """Any headers, and how many bytes they take."""
    place = 0
    fields = {}
    for _ in range(count):
        size, place = _varint(data, place)
        name = data[place : place + size].decode("utf-8", "replace")
        place += size
        size, place = _varint(data, place)
        fields[name] = header_text(data[place : place + size]) if size > 0 else ""
        place += max(size, 0)
    return fields, place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A whole number as Kafka's records hold it, and the place behind it."""
    found = data[place]
    place += 1
    if found >= 128:
        found, shift, byte = found & 0x7F, 7, 128
        while byte >= 128:
            byte = data[place]
            place += 1
            found |= (byte & 0x7F) << shift
            shift += 7
    return (found >> 1) ^ -(found & 1), place
