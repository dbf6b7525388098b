"""The whole log of a broker, read by a client that belongs to no group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kafka import KafkaConsumer, TopicPartition

from schemas.topics import PARTITIONS
from streams.cluster.wire import entry_of
from streams.entry import Entry
from tests.real.waiting import until

READ_SECONDS = 300


def _places(topics: Iterable[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]


def ends(bootstrap: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Where each partition of some topics ends."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    try:
        found = consumer.end_offsets(_places(topics))
    finally:
        consumer.close()
    return {(place.topic, place.partition): int(end) for place, end in found.items()}


def entries(bootstrap: str, topics: Iterable[str]) -> Iterator[Entry]:
    """Everything that lies on some topics by now, each partition in its order."""
    places = _places(topics)
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        max_poll_records=5000,
        auto_offset_reset="earliest",
    )
    try:
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        wanted = consumer.end_offsets(places)
        unread = {place for place, end in wanted.items() if end}
        while unread:
            batches = until(lambda: consumer.poll(timeout_ms=500), READ_SECONDS, "the log is read")
            for place, batch in batches.items():
                for record in batch:
                    if record.offset < wanted[place]:
                        yield entry_of(
                            (record.topic, record.partition, record.offset),
                            record.key,
                            record.value,
                            record.headers,
                            record.timestamp,
                        )
                if batch[-1].offset + 1 >= wanted[place]:
                    unread.discard(place)
    finally:
        consumer.close()
