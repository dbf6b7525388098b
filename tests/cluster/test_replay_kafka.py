"""A real Kafka replayed into Parquet: the rows of the embedded log that it is a copy of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaProducer, TopicPartition

from schemas.topics import CONTACTS, DEAD_LETTERS
from streams.cluster import positions, topics
from streams.cluster.copying import copy
from streams.cluster.history import KafkaLog
from streams.desk import Desk
from streams.errors import Misconfigured
from streams.settings import Settings
from tests.embedded import open_in, take
from tests.full_life import WAYS, full_life
from tests.histories import play
from tests.kafkas import settings_of
from tests.real import Broker, until
from tests.replays import Counted, replayed, rows

pytestmark = pytest.mark.usefixtures("broker")

PATIENCE = 30


@pytest.fixture
def log(broker: Broker, tmp_path: Path) -> Iterator[tuple[Desk, Settings]]:
    """An embedded log and its copy on Kafka."""
    lines = play(full_life()[:40], policy=WAYS)
    with open_in(tmp_path / "store", lines.models) as desk:
        take(desk, lines.outside)
        settings = settings_of(broker)
        topics.create(settings)
        copy(desk.log, settings)
        yield desk, settings


def foreign(broker: Broker) -> None:
    """What has no row, and a mark of a transaction, which takes an offset and is no record."""
    with closing(KafkaProducer(bootstrap_servers=broker.bootstrap)) as client:
        client.send(CONTACTS.name, b'{"channel": "email"}', partition=0)
        client.flush()
    with closing(KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id="t")) as client:
        client.init_transactions()
        client.begin_transaction()
        client.send(CONTACTS.name, b"x", partition=1)
        client.commit_transaction()


def test_kafka_gives_the_rows_of_the_log_that_it_is_a_copy_of(
    log: tuple[Desk, Settings], broker: Broker, tmp_path: Path
) -> None:
    desk, settings = log
    replayed(desk, tmp_path / "embedded")
    whole = rows(tmp_path / "embedded")
    with KafkaLog(settings) as kafka:
        middle = positions.token(kafka.ends())
        first = Counted(kafka)
        done = replayed(first, tmp_path / "kafka")
        assert rows(tmp_path / "kafka") == whole
        assert done.rows == sum(map(len, whole.values()))
        assert not any(topic == DEAD_LETTERS.name for topic, _ in first.offsets)
        again = Counted(kafka)
        assert replayed(again, tmp_path / "kafka").records == 0
        assert again.offsets == {}
        before = sum(kafka.ends().values())
        foreign(broker)
        # The mark comes after the producer heard that all is well.
        until(lambda: sum(kafka.ends().values()) == before + 3, PATIENCE, "the mark is there")
        third = Counted(kafka)
        done = replayed(third, tmp_path / "kafka")
        assert (done.records, done.rows, done.passed) == (2, 0, 2)
        assert sum(map(len, third.offsets.values())) == 2
        done = replayed(kafka, tmp_path / "since", since=middle)
        assert (done.records, done.rows) == (2, 0)
        assert rows(tmp_path / "kafka") == whole
        assert_topics_made_anew_are_another_log(kafka, settings, tmp_path)


def test_what_kafka_deleted_is_named_and_the_rest_is_replayed(
    log: tuple[Desk, Settings], tmp_path: Path
) -> None:
    _, settings = log
    with KafkaLog(settings) as kafka:
        whole = replayed(kafka, tmp_path / "before")
        (topic, partition), end = max(kafka.ends().items(), key=lambda one: one[1])
        with topics.admin(settings) as client:
            client.delete_records({TopicPartition(topic, partition): 3})
        done = replayed(kafka, tmp_path / "after")
        assert done.gone == [f"{topic}/{partition}, offsets 0 to 2"]
        assert (done.records, done.rows) == (whole.records - 3, whole.rows - 3)
        assert replayed(kafka, tmp_path / "after").gone == []
        assert replayed(kafka, tmp_path / "before").gone == [], "it has them"
        assert end > 3


def assert_topics_made_anew_are_another_log(
    kafka: KafkaLog, settings: Settings, tmp_path: Path
) -> None:
    before = kafka.identity()
    with topics.admin(settings) as client:
        client.delete_topics([CONTACTS.name])
    topics.create(settings)
    with KafkaLog(settings) as anew:
        assert anew.identity() != before
        with pytest.raises(Misconfigured, match="holds the history of another log"):
            replayed(anew, tmp_path / "kafka")
