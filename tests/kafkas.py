"""Kafka as the tests look at it: what lies there, read by kafka-python itself."""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from schemas.topics import TOPICS
from streams.cluster.wire import Outgoing
from streams.settings import KafkaSettings, Settings
from tests.real import Broker

PATIENCE_MILLISECONDS = 1000
_HEADERS = '{"ce_id":"%s","ce_type":"X","leer":"","straße":"größer"}'


def settings_of(broker: Broker, **kafka: Any) -> Settings:
    """Settings of a cluster on a broker, without a database."""
    return Settings(
        engine="cluster", kafka=KafkaSettings(bootstrap_servers=broker.bootstrap, **kafka)
    )


def whole(broker: Broker, *topics: str) -> list[Any]:
    """Every record of some topics, all of the contract by default, as kafka-python gives them."""
    consumer = KafkaConsumer(
        bootstrap_servers=broker.bootstrap,
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    try:
        places = [
            TopicPartition(topic, partition)
            for topic in topics or TOPICS
            for partition in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        found: list[Any] = []
        while any(consumer.position(place) < end for place, end in ends.items()):
            for records in consumer.poll(timeout_ms=PATIENCE_MILLISECONDS).values():
                found += records
        return sorted(found, key=lambda one: (one.topic, one.partition, one.offset))
    finally:
        consumer.close()


def some(topic: str, count: int, *, size: int = 40, first: int = 0) -> list[Outgoing]:
    """Records over all partitions of a topic; every fifth has no key."""
    return [
        Outgoing(
            topic,
            number % 12,
            None if number % 5 == 0 else f"schlüssel {number}",
            _HEADERS % number,
            number.to_bytes(4, "big") * (size // 4),
            str(number),
        )
        for number in range(first, first + count)
    ]


def sent(one: Outgoing, offset: int) -> tuple[object, ...]:
    """A record that was sent as `seen` shows it."""
    from streams.cluster.wire import headers_of

    key = None if one.key is None else one.key.encode()
    return (one.topic, one.partition, offset, key, one.value, tuple(headers_of(one.headers)))


def seen(record: Any) -> tuple[object, ...]:
    """What counts of a record of kafka-python."""
    place = (record.topic, record.partition, record.offset)
    return (*place, record.key, record.value, tuple(record.headers))
