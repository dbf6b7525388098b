"""Reading a real Kafka without a group: kafka-python's records, bounded and followed."""

from __future__ import annotations

import threading
from unittest.mock import patch

import pytest
from confluent_kafka import Producer as Confluent
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from schemas.topics import CONTACTS, DEAD_LETTERS, DECISIONS, TICKETS
from streams.cluster import reading, topics
from streams.cluster.producer import Producer
from streams.cluster.reading import Reader, ends, entries
from streams.cluster.wire import entry_of
from streams.errors import Misconfigured, Unavailable
from tests.kafkas import settings_of, some, whole
from tests.real import Broker, waiting

TWO = [CONTACTS.name, DECISIONS.name]


def deleted_before(broker: Broker, topic: str, partition: int, offset: int) -> None:
    """Delete the first records of a partition, as retention does."""
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.delete_records({TopicPartition(topic, partition): offset})
    admin.close()


def odd(broker: Broker) -> None:
    """What foreign producers do: compression, nulls, headers twice, empty and not UTF-8."""
    client = KafkaProducer(bootstrap_servers=broker.bootstrap, compression_type="gzip")
    for number in range(50):
        client.send(CONTACTS.name, b"%d" % number, b"k", [("n", b"1"), ("n", b"2")], number % 3)
    client.send(CONTACTS.name, None, b"tombstone", None, 0)
    client.send(
        CONTACTS.name, b"", None, [("", b""), ("x", b"\xff\x00"), ("é" * 100, b"y" * 300)], 0
    )
    client.send(CONTACTS.name, b"v" * 5000, b"k" * 200, [(f"h{n}", b"x") for n in range(200)], 1)
    client.flush()
    client.close()
    native = Confluent({"bootstrap.servers": broker.bootstrap, "compression.type": "none"})
    native.produce(CONTACTS.name, b"null header", headers=[("none", None), ("ce_id", b"c")])
    assert native.flush(30) == 0


def test_every_record_is_what_kafka_python_makes_of_it(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    with Producer(settings) as sender:
        sender.send([*some(CONTACTS.name, 500), *some(DECISIONS.name, 500, size=2000)])
    odd(broker)
    expected = [
        entry_of(
            (one.topic, one.partition, one.offset), one.key, one.value, one.headers, one.timestamp
        )
        for one in whole(broker)
    ]
    found = list(entries(settings))
    assert len(expected) == 1054
    assert sorted(found, key=lambda one: one[1:4]) == expected
    for partition in range(12):
        offsets = [one.offset for one in found if one[1:3] == (CONTACTS.name, partition)]
        assert offsets == list(range(len(offsets)))


def test_it_begins_and_ends_where_it_is_told(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    with Producer(settings) as sender:
        sender.send(some(CONTACTS.name, 240))
    start = {(CONTACTS.name, partition): partition for partition in range(11)}
    until = {(CONTACTS.name, partition): 15 for partition in range(1, 12)}
    with patch.object(reading, "AT_ONCE", 7), Reader(settings, TWO) as reader:
        for _ in range(2):  # the same reader again, and again the same
            found = [one for step in reader.steps(start, until) for one in step]
            places = sorted((one.partition, one.offset) for one in found)
            assert places == [
                (partition, offset)
                for partition in range(1, 12)
                for offset in range(partition if partition < 11 else 0, 15)
            ]
        assert reader.ends()[CONTACTS.name, 3] == 20
        assert reader.starts()[CONTACTS.name, 3] == 0
        assert list(reader.steps(dict.fromkeys(until, 15), until)) == []
    assert ends(settings, [DECISIONS.name]) == {(DECISIONS.name, one): 0 for one in range(12)}


@pytest.mark.parametrize("committed", [True, False])
def test_an_end_that_no_record_has_is_reached(committed: bool, broker: Broker) -> None:  # noqa: FBT001  # pytest names it
    """A transaction of a foreign producer ends with a mark that has an offset and is no record.

    What was taken back with it is no record either.
    """
    settings = settings_of(broker)
    topics.create(settings)
    client = KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id="shop")
    client.init_transactions()
    client.begin_transaction()
    client.send(CONTACTS.name, b"one", partition=4)
    client.flush()
    if committed:
        client.commit_transaction()
    else:
        client.abort_transaction()
    client.close()
    # The mark comes after the producer heard that all is well.
    waiting.until(lambda: ends(settings, [CONTACTS.name])[CONTACTS.name, 4] == 2, 30, "the mark")
    assert [one.offset for one in entries(settings, TWO)] == ([0] if committed else [])
    assert list(entries(settings, TWO, start={(CONTACTS.name, 4): 1})) == []


def test_records_that_are_gone_are_told_but_for_topics_that_forget(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    with Producer(settings) as sender:
        sender.send([*some(CONTACTS.name, 120), *some(DEAD_LETTERS.name, 120)])
    for topic in (CONTACTS.name, DEAD_LETTERS.name):
        deleted_before(broker, topic, 2, 6)
    assert len(list(entries(settings, [CONTACTS.name]))) == 114
    with pytest.raises(Misconfigured, match=r"contacts.v1/2 begins at offset 6, and 3 is asked"):
        list(entries(settings, TWO, start={(CONTACTS.name, 2): 3}))
    letters = entries(settings, [DEAD_LETTERS.name], start={(DEAD_LETTERS.name, 2): 3})
    assert [one.offset for one in letters if one.partition == 2] == [6, 7, 8, 9]


def test_a_topic_that_was_made_anew_is_told(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    stop = threading.Event()
    with (
        Reader(settings, TWO) as reader,
        pytest.raises(Misconfigured, match=r"has no offset 40.*made anew"),
    ):
        for _ in reader.follow({(CONTACTS.name, 0): 40}, stop):
            pass


def test_a_topic_that_is_missing_or_deleted_is_named(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    with Producer(settings) as sender:
        sender.send(some(TICKETS.name, 1200))
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    with (
        patch.object(reading, "STALLED_SECONDS", 2),
        patch.object(reading, "AT_ONCE", 1),
        Reader(settings, [TICKETS.name, CONTACTS.name]) as reader,
    ):
        steps = reader.steps(until={(TICKETS.name, partition): 200 for partition in range(12)})
        next(steps)
        admin.delete_topics([TICKETS.name])
        with pytest.raises(Misconfigured, match=r"Kafka has no topic support\.tickets\.v1"):
            for _ in steps:
                pass
    admin.close()
    with pytest.raises(Misconfigured, match=r"Kafka has no topic support\.tickets\.v1"):
        ends(settings, [TICKETS.name])


def test_a_follower_gets_what_is_appended_and_outlasts_the_broker(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    stop, arrived = threading.Event(), threading.Semaphore(0)
    numbers: list[int] = []

    def follow() -> None:
        with Reader(settings, TWO) as reader:
            for step in reader.follow({}, stop):
                for one in step:
                    numbers.append(int(one.id))
                    arrived.release()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        with Producer(settings) as sender:
            sender.send(some(CONTACTS.name, 24))
            for _ in range(24):
                assert arrived.acquire(timeout=30)
            broker.restart()
            sender.send(some(DECISIONS.name, 24, first=24))
            for _ in range(24):
                assert arrived.acquire(timeout=60)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert sorted(numbers) == list(range(48))


def test_a_follower_of_a_deleted_topic_ends_with_its_name(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    with (
        patch.object(reading, "_IDLE_SECONDS", 0.5),
        Reader(settings, TWO) as reader,
    ):
        steps = reader.follow({}, threading.Event())
        next(steps)
        admin.delete_topics([DECISIONS.name])
        admin.close()
        with pytest.raises(Misconfigured, match=f"Kafka has no topic {DECISIONS.name}"):
            for _ in steps:
                pass


def test_a_broker_that_goes_away_ends_a_bounded_reading(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    with Producer(settings) as sender:
        sender.send(some(CONTACTS.name, 12))
    with (
        patch.object(reading, "STALLED_SECONDS", 1),
        patch.object(reading, "AT_ONCE", 1),
        Reader(settings, TWO) as reader,
    ):
        steps = reader.steps(until={(CONTACTS.name, partition): 9 for partition in range(12)})
        next(steps)
        broker.kill()
        with pytest.raises(Unavailable, match="no Kafka broker answers"):
            for _ in steps:
                pass
