"""Batches that a foreign producer compressed, as both clients of ours read them."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]  # it brings no types
from confluent_kafka import Producer as Confluent

from schemas.topics import CONTACTS, PARTITIONS
from streams.cluster import topics
from streams.cluster.reading import entries
from tests.kafkas import settings_of
from tests.real import Broker

COUNT = 40


async def by_faust_s_client(broker: Broker) -> set[bytes]:
    """What lies in the contacts, as the client below Faust reads it."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(CONTACTS.name, number) for number in range(PARTITIONS)])
        found: set[bytes] = set()
        async with asyncio.timeout(30):
            while len(found) < COUNT:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found |= {one.value for one in records}
        return found
    finally:
        await consumer.stop()


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_whatever_a_producer_compresses_with_is_read(codec: str, broker: Broker) -> None:
    topics.create(settings_of(broker))
    client = Confluent(
        {"bootstrap.servers": broker.bootstrap, "compression.type": codec, "linger.ms": 200}
    )
    sent = {f"{number}: {'where is my card? ' * 20}".encode() for number in range(COUNT)}
    for value in sent:
        client.produce(CONTACTS.name, value)
    assert client.flush(60) == 0
    assert {one.value for one in entries(settings_of(broker), [CONTACTS.name])} == sent
    assert asyncio.run(by_faust_s_client(broker)) == sent
