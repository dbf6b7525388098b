"""Sending to a real Kafka: in order, acknowledged, nothing after an error, and clear words."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from kafka import KafkaAdminClient

from schemas.topics import CONTACTS, DEAD_LETTERS, DECISIONS
from streams.cluster import batches, producer, topics
from streams.cluster.producer import BATCH_BYTES, Producer
from streams.errors import Misconfigured, Refused, Unavailable
from tests.kafkas import seen, sent, settings_of, some, whole
from tests.real import Broker, Proxy, until


def test_what_was_sent_lies_there_as_it_was_in_order_and_where_it_was_said(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    records = [*some(CONTACTS.name, 700), *some(DECISIONS.name, 30)]
    with Producer(settings) as sender:
        assert sender.send([]) == []
        offsets = sender.send(records)
        more = some(CONTACTS.name, 24, first=1000)
        offsets += sender.send(more)
    expected = [sent(one, at) for one, at in zip([*records, *more], offsets, strict=True)]
    assert sorted(map(seen, whole(broker)), key=repr) == sorted(expected, key=repr)
    ours = [at for one, at in zip(records, offsets, strict=False) if one.partition == 3]
    assert ours == [*range(59), *range(3)]


def test_more_than_a_batch_of_one_partition_keeps_its_order(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    size = BATCH_BYTES // 3
    records = [one for one in some(CONTACTS.name, 120, size=size) if one.partition == 1]
    with Producer(settings) as sender:
        assert sender.send(records) == list(range(10))
    assert [seen(one) for one in whole(broker, CONTACTS.name)] == [
        sent(one, at) for at, one in enumerate(records)
    ]


def test_a_record_that_is_too_large_is_refused_before_anything_is_sent(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    small, *_ = some(CONTACTS.name, 1)
    (large,) = some(CONTACTS.name, 1, size=topics.MESSAGE_BYTES)
    (largest,) = some(CONTACTS.name, 1, size=topics.largest_record(CONTACTS.name) - 100)
    (letter,) = some(DEAD_LETTERS.name, 1, size=topics.MESSAGE_BYTES + 100_000)
    with Producer(settings) as sender:
        with pytest.raises(Refused, match=r"record 0 has \d+ bytes, support.contacts.v1 takes"):
            sender.send([small, large])
        assert whole(broker) == []
        assert sender.send([small, largest, letter]) == [0, 1, 0]
    assert len(whole(broker)) == 3


def test_a_topic_that_takes_less_than_it_must_is_named_and_the_next_send_works(
    broker: Broker,
) -> None:
    settings = settings_of(broker)
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics(
        {
            CONTACTS.name: {
                "num_partitions": 12,
                "replication_factor": 1,
                "configs": {"max.message.bytes": "2000"},
            }
        }
    )
    admin.wait_for_topics([CONTACTS.name])
    admin.close()
    (large,) = some(CONTACTS.name, 1, size=4000)
    (small,) = some(CONTACTS.name, 1)
    with Producer(settings) as sender:
        with pytest.raises(Misconfigured, match="a topic refuses records that it must take"):
            sender.send([large])
        assert sender.send([small]) == [0]


@pytest.mark.parametrize("partitions", [None, 2])
def test_a_missing_topic_or_partition_is_named(partitions: int | None, broker: Broker) -> None:
    if partitions is not None:
        admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        admin.create_topics(
            {CONTACTS.name: {"num_partitions": partitions, "replication_factor": 1}}
        )
        admin.wait_for_topics([CONTACTS.name])
        admin.close()
    with (
        patch.object(producer, "CONNECT_SECONDS", 1),
        Producer(settings_of(broker)) as sender,
        pytest.raises(Misconfigured) as caught,
    ):
        sender.send(some(CONTACTS.name, 12))
    assert "pactdesk topics create" in caught.value.remedy
    assert (CONTACTS.name in caught.value.what) is (partitions is None)


def test_a_broker_that_goes_away_is_unavailable_and_the_same_producer_goes_on_later(
    broker: Broker,
) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    with (
        patch.object(producer, "DELIVERY_SECONDS", 3),
        patch.object(producer, "REQUEST_SECONDS", 1),
    ):
        settings = settings_of(broker)
        sender = Producer(settings)
        sender._options["request_timeout_ms"] = 1000  # noqa: SLF001  # the test need not wait long
        first, second = some(CONTACTS.name, 12), some(CONTACTS.name, 12, first=12)
        sender.send(first)
        broker.kill()
        with pytest.raises(Unavailable, match="no Kafka broker answers at") as caught:
            sender.send(second)
        assert "nothing that was acknowledged is lost" in caught.value.remedy
        broker.start()
        sender.send(second)
        sender.close()
    found = [seen(one) for one in whole(broker)]
    assert found == sorted(
        [sent(one, 0) for one in first] + [sent(one, 1) for one in second], key=lambda one: one[1:3]
    )


def test_nothing_is_sent_behind_our_back_after_an_error(broker: Broker) -> None:
    """A network that swallows everything: what was given up is not sent when it is back."""
    settings = settings_of(broker)
    topics.create(settings)
    with Proxy(broker.behind, broker.proxied) as proxy:
        behind = settings.model_copy(
            update={
                "kafka": settings.kafka.model_copy(
                    update={"bootstrap_servers": f"127.0.0.1:{proxy.port}"}
                )
            }
        )
        with (
            patch.object(producer, "DELIVERY_SECONDS", 2),
            patch.object(producer, "REQUEST_SECONDS", 1),
        ):
            sender = Producer(behind)
            sender._options["request_timeout_ms"] = 1000  # noqa: SLF001  # as above
            sender.send(some(CONTACTS.name, 12))
            client = sender._client  # noqa: SLF001  # its thread must end
            assert client is not None
            proxy.cut(silent=True)
            with pytest.raises(Unavailable):
                sender.send(some(CONTACTS.name, 12, first=12))
            sender_thread = client._sender  # noqa: SLF001  # as above
            until(lambda: not sender_thread.is_alive(), 10, "the thread of the producer ends")
            proxy.heal()
            sender.send(some(CONTACTS.name, 12, first=24))
            sender.close()
    numbers = [int(dict(one.headers)["ce_id"]) for one in whole(broker)]
    assert sorted(set(numbers) - set(range(12, 24))) == [*range(12), *range(24, 36)]
    assert len(numbers) == len(set(numbers))


def test_a_batch_that_waits_behind_another_is_not_sent_without_it(broker: Broker) -> None:
    """Two batches of a partition are never in the queue together: see `Producer._sent`."""
    settings = settings_of(broker)
    topics.create(settings)
    waiting: list[int] = []
    queue = batches.queue

    def watched(client: object, where: object, tails: object, now: int) -> object:
        queued = queue(client, where, tails, now)  # type: ignore[arg-type]  # as it was given
        accumulator = client._accumulator  # type: ignore[attr-defined]  # noqa: SLF001  # looked at
        waiting.append(sum(1 for one in accumulator._incomplete.all()))  # noqa: SLF001  # as above
        return queued

    records = [
        one for one in some(CONTACTS.name, 48, size=BATCH_BYTES // 2 + 100) if one.partition == 1
    ]
    with patch.object(producer, "queue", watched), Producer(settings) as sender:
        assert sender.send(records) == [0, 1, 2, 3]
    assert waiting == [1, 1, 1, 1]
