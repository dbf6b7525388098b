"""A foreign producer that works in transactions: what it takes back was never said."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from confluent_kafka import Producer as Confluent
from kafka import KafkaConsumer, TopicPartition

from schemas.topics import CONTACTS, DEAD_LETTERS, PARTITIONS
from streams.clock import WallClock
from streams.cluster import topics
from streams.cluster.backlog import status
from streams.cluster.desk import ClusterDesk
from streams.cluster.reading import ends, entries
from streams.settings import Settings
from tests.kafkas import settings_of
from tests.real import Broker, Cluster, until
from tests.real.cast import Cast

PATIENCE = 90
PLACE = 5


class Shop:
    """A producer that works in transactions.

    Args:
        broker: Where.
        name: What Kafka knows it by.
    """

    def __init__(self, broker: Broker, name: str) -> None:
        self._client = Confluent({"bootstrap.servers": broker.bootstrap, "transactional.id": name})
        self._client.init_transactions(60)

    def begin(self, *messages: str) -> None:
        """Say something in a new transaction."""
        self._client.begin_transaction()
        for message in messages:
            contact = {
                "channel": "email",
                "customer_id": "ann",
                "message": message,
                "provider_id": message.partition(":")[0],
            }
            self._client.produce(CONTACTS.name, json.dumps(contact).encode(), partition=PLACE)
        assert self._client.flush(60) == 0

    def commit(self) -> None:
        """It was said."""
        self._client.commit_transaction(60)

    def abort(self) -> None:
        """It was never said."""
        self._client.abort_transaction(60)


def values(broker: Broker) -> list[tuple[int, bytes]]:
    """What a consumer of kafka-python's own finds that is to give committed records alone."""
    with closing(
        KafkaConsumer(
            bootstrap_servers=broker.bootstrap,
            group_id=None,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
    ) as plain:
        places = [TopicPartition(CONTACTS.name, number) for number in range(PARTITIONS)]
        plain.assign(places)
        last = plain.end_offsets(places)
        found: list[tuple[int, bytes]] = []
        while any(plain.position(place) < last[place] for place in places):
            for records in plain.poll(timeout_ms=500).values():
                found += [(one.offset, one.value) for one in records]
    return sorted(found)


def test_readers_are_given_what_was_committed_and_what_needs_no_commit(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    one, two = Shop(broker, "one"), Shop(broker, "two")
    plain = Confluent({"bootstrap.servers": broker.bootstrap})
    for turn in range(3):
        one.begin(f"a{turn}: kept", f"b{turn}: kept")
        two.begin(f"c{turn}: taken back", f"d{turn}: taken back")
        plain.produce(CONTACTS.name, b"at once", partition=PLACE)
        assert plain.flush(60) == 0
        two.abort()
        one.commit()
        two.begin(f"e{turn}: kept")
        one.begin(f"f{turn}: taken back")
        two.commit()
        one.abort()
    found = list(entries(settings, [CONTACTS.name]))
    assert [(entry.offset, entry.value) for entry in found] == values(broker)
    assert len(found) == 3 * 4
    assert not any(b"taken back" in entry.value for entry in found)
    middle = found[len(found) // 2].offset
    rest = entries(settings, [CONTACTS.name], start={(CONTACTS.name, PLACE): middle})
    assert [entry.offset for entry in rest] == [e.offset for e in found if e.offset >= middle]


def test_what_is_not_yet_committed_is_not_yet_there(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    shop = Shop(broker, "slow")
    shop.begin("a: later")
    assert ends(settings, [CONTACTS.name])[CONTACTS.name, PLACE] == 0
    assert list(entries(settings, [CONTACTS.name])) == []
    shop.commit()
    until(
        lambda: len(list(entries(settings, [CONTACTS.name]))) == 1, PATIENCE, "the commit is seen"
    )


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "aborted"])
def test_only_what_was_committed_is_decided_and_nothing_waits_afterwards(
    committed: bool,  # noqa: FBT001  # pytest names it
    cluster: Cluster,
    settings: Settings,
    cast: Cast,
) -> None:
    shop = Shop(cluster.broker, "shop")
    shop.begin("mail-1: the wrong text")
    shop.abort()
    shop.begin("mail-1: the right text")
    shop.commit()
    shop.begin("mail-2: one more")
    if committed:
        shop.commit()
    else:
        shop.abort()
    cast.add("desk", "up")
    with ClusterDesk(settings, WallClock()) as desk:

        def works() -> bool:
            now = status(settings, desk.database)
            return (now["waiting"], now["unpublished"], now["tables_behind"]) == (0, 0, 0)

        shown = "SELECT message_content AS m FROM v1_interactions WHERE direction = 'in'"
        until(lambda: bool(desk.query(shown)) and works(), PATIENCE, "nothing waits any more")
        wanted = ["mail-1: the right text", *(["mail-2: one more"] if committed else [])]
        assert sorted(row["m"] for row in desk.query(shown)) == wanted
        assert desk.progress.shows(desk.position())
    assert list(entries(settings, [DEAD_LETTERS.name])) == []
