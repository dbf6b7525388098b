"""The embedded log on a real Kafka: the same bytes at the same offsets, or a clear no."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from kafka import KafkaProducer

from schemas.topics import CONTACTS, CONTROL, INBOXES, TICKETS, TOPICS
from streams.cluster import copying, topics
from streams.cluster.copying import INBOX, copy
from streams.cluster.producer import Producer
from streams.cluster.wire import headers_of
from streams.embedded.log import SqliteLog
from streams.embedded.opening import open_database
from streams.errors import Misconfigured, Refused, Unavailable, Unreadable
from tests.commands import Shell
from tests.kafkas import seen, settings_of, whole
from tests.real import Broker
from tests.stores import a_desk, by_hand, copied

CONTACT = {"channel": "email", "message": "I was charged twice, refund me at once!"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which something happened; nobody writes to it."""
    folder = tmp_path_factory.mktemp("told") / "data"
    with a_desk(folder) as desk:
        desk.produce({"type": "article", "article_id": "a", "title": "T", "body": "Restart it."})
        for number in range(40):
            desk.produce({**CONTACT, "customer_id": f"kunde ö {number}"})
        desk.run()
        by_hand(desk, '{"odd": "größe", "empty": ""}', b"", number="odd")
        desk.run()
        with desk.database.transaction():
            desk.log.append_raw(CONTACTS.name, 3, None, "{}", b"\x00\xff no event", "nobody")
    return folder


@contextmanager
def log_in(folder: Path) -> Iterator[SqliteLog]:
    database = open_database(folder)
    try:
        yield SqliteLog(database)
    finally:
        database.close()


def records_of(folder: Path, names: tuple[str, ...] = tuple(TOPICS)) -> list[tuple[object, ...]]:
    """The embedded log as `seen` shows Kafka's."""
    with log_in(folder) as log:
        return sorted(
            (
                one.topic,
                one.partition,
                one.offset,
                None if one.key is None else one.key.encode(),
                one.value,
                tuple(headers_of(one.headers)),
            )
            for one in log.scan()
            if one.topic in names
        )


def on_kafka(broker: Broker) -> list[tuple[object, ...]]:
    return [seen(one) for one in whole(broker)]


def test_everything_lies_there_byte_for_byte_and_offset_for_offset(
    told: Path, broker: Broker
) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    steps: list[int] = []
    with log_in(told) as log:
        report = copy(log, settings, progress=steps.append)
        expected = records_of(told)
        assert on_kafka(broker) == expected
        assert (report["sent"], report["records"]) == (len(expected), len(expected))
        assert (report["there_before"], report["differing"]) == (0, [])
        assert sum(steps) == 2 * len(expected)
        again = copy(log, settings)
        assert (again["sent"], again["there_before"]) == (0, len(expected))
        assert again["digests"] == report["digests"]
    assert on_kafka(broker) == expected


def test_only_the_inbox_where_that_is_asked_for(told: Path, broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    assert set(INBOX) == {*(topic.name for topic in INBOXES), CONTROL.name}
    with log_in(told) as log:
        copy(log, settings, INBOX)
    assert on_kafka(broker) == records_of(told, INBOX)


def test_a_copy_that_was_interrupted_goes_on_where_it_stopped(told: Path, broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    calls = 0
    send = Producer.send

    def failing(self: Producer, batch: Any) -> list[int]:
        nonlocal calls
        calls += 1
        if calls == 9:
            raise Unavailable("the broker went away", "try again")
        return send(self, batch)

    with log_in(told) as log, patch.object(copying, "AT_ONCE", 3):
        with patch.object(Producer, "send", failing), pytest.raises(Unavailable):
            copy(log, settings)
        report = copy(log, settings)
    assert 0 < report["there_before"] < report["records"]
    assert report["sent"] + report["there_before"] == report["records"]
    assert on_kafka(broker) == records_of(told)


def test_what_was_appended_meanwhile_comes_with_the_next_copy(
    told: Path, broker: Broker, tmp_path: Path
) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    folder = copied(told, tmp_path / "data")
    with log_in(folder) as log:
        copy(log, settings)
        with a_desk(folder) as desk:
            desk.produce({**CONTACT, "customer_id": "late"})
        report = copy(log, settings)
    assert report["sent"] == 1
    assert on_kafka(broker) == records_of(folder)


def foreign_record(broker: Broker, partition: int) -> None:
    client = KafkaProducer(bootstrap_servers=broker.bootstrap)
    client.send(CONTACTS.name, b"somebody else's", partition=partition)
    client.flush()
    client.close()


def test_a_topic_that_holds_something_else_is_refused_and_stays_as_it_is(
    told: Path, broker: Broker
) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    foreign_record(broker, 5)
    before = on_kafka(broker)
    with log_in(told) as log, pytest.raises(Refused) as caught:
        copy(log, settings)
    assert f"{CONTACTS.name}/5 on Kafka is not empty" in caught.value.what
    assert on_kafka(broker) == before


def test_more_than_the_log_holds_is_refused_as_well(told: Path, broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    with log_in(told) as log:
        copy(log, settings)
        foreign_record(broker, 5)
        with pytest.raises(Refused, match=f"{CONTACTS.name}/5 on Kafka is not empty"):
            copy(log, settings)


def test_somebody_else_who_writes_meanwhile_is_noticed(told: Path, broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    beginning: Callable[..., Any] = copying._beginning  # noqa: SLF001  # between it and the sending

    def disturbed(*arguments: Any) -> Any:
        found = beginning(*arguments)
        foreign_record(broker, 3)
        return found

    with (
        log_in(told) as log,
        patch.object(copying, "_beginning", disturbed),
        pytest.raises(Refused, match="somebody else writes to this topic"),
    ):
        copy(log, settings)


def test_missing_or_wrong_topics_are_named_and_nothing_is_copied(
    told: Path, broker: Broker
) -> None:
    with log_in(told) as log, pytest.raises(Misconfigured) as caught:
        copy(log, settings_of(broker))
    assert f"{TICKETS.name} is not there: run `pactdesk topics create`" in caught.value.what


def test_headers_that_kafka_cannot_hold_and_missing_records_are_named(
    told: Path, broker: Broker, tmp_path: Path
) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    folder = copied(told, tmp_path / "data")
    with log_in(folder) as log:
        by_hand_text = '["no", "object"]'
        with a_desk(folder) as desk:
            offset = by_hand(desk, by_hand_text, b"x", key="ann")
        with pytest.raises(Unreadable, match=rf"/{offset} has headers that Kafka cannot hold"):
            copy(log, settings)
    gone = copied(told, tmp_path / "gone")
    with log_in(gone) as log:
        log._database.execute(  # noqa: SLF001  # damage is done behind its back
            "DELETE FROM log WHERE topic = ? AND partition = 3 AND offset = 1", (CONTACTS.name,)
        )
        with pytest.raises(Unreadable, match=f"the log has no record 1 of {CONTACTS.name}/3"):
            copying.digest(copying._read(log, (CONTACTS.name, 3), 0, 3))  # noqa: SLF001  # its reading


def test_the_command_copies_and_says_so(
    told: Path, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(copied(told, tmp_path / "data"))
    count = len(records_of(told))
    unmade = shell("log", "copy", "--to", broker.bootstrap)
    assert unmade.status == 78
    assert "pactdesk topics create" in unmade.err
    monkeypatch.setenv("PACTDESK_KAFKA__BOOTSTRAP_SERVERS", broker.bootstrap)
    assert shell("--engine", "cluster", "topics", "create").status == 0
    done = shell("log", "copy", "--to", broker.bootstrap, "--json")
    assert (done.status, done.json["sent"]) == (0, count)
    again = shell("log", "copy", "--to", broker.bootstrap)
    assert again.status == 0
    assert f"0 records were copied, {count} were there before" in again.out
    with patch.object(copying, "digest", lambda _: "another"):
        assert shell("log", "copy", "--to", broker.bootstrap).status == 3
    nothing = Shell(tmp_path / "nothing")("log", "copy", "--to", broker.bootstrap)
    assert nothing.status == 4
    assert not (tmp_path / "nothing").exists()


def test_the_command_ends_with_5_if_kafka_holds_something_else_afterwards(
    told: Path, broker: Broker, tmp_path: Path
) -> None:
    topics.create(settings_of(broker))
    found = copying._digests  # noqa: SLF001  # what is read back differs

    def differing(*arguments: Any) -> dict[tuple[str, int], str]:
        return {**found(*arguments), (CONTACTS.name, 3): "another"}

    shell = Shell(copied(told, tmp_path / "data"))
    with patch.object(copying, "_digests", differing):
        done = shell("log", "copy", "--to", broker.bootstrap)
    assert done.status == 5
    assert f"Kafka does not hold what was copied: {CONTACTS.name}/3" in done.out


def test_the_log_that_these_tests_copy_has_all_that_a_log_may_have(told: Path) -> None:
    records = records_of(told)
    assert {topic for topic, *_ in records} >= set(TOPICS) - {CONTROL.name}
    assert any(key is None for _, _, _, key, *_ in records)
    assert any(value == b"" for *_, value, _ in records)
