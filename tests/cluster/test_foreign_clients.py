"""What the how-to pages print, run as printed, and other clients with their defaults."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from confluent_kafka import Producer as Confluent

from schemas.avro import schema_of
from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id, partition_of
from schemas.topics import CONTACTS, TICKETS
from streams.cluster import topics
from streams.cluster.producer import Producer
from streams.cluster.reading import entries
from streams.cluster.wire import Outgoing, outgoing
from streams.desk import Desk
from streams.entry import Entry
from streams.foreign import Foreign, native
from streams.registry import Registry
from tests.documents import ROOT
from tests.foreign import CONTACT, registry
from tests.foreign_pages import blocks
from tests.kafkas import settings_of
from tests.real import Broker
from tests.real.jars import jars, java
from tests.stores import a_desk

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PRODUCE = ROOT / "docs" / "how-to" / "produce-from-anywhere.md"
READ = ROOT / "docs" / "how-to" / "read-the-log-from-anywhere.md"


def python(code: str, broker: Broker, folder: Path) -> str:
    """Run a page's Python as a reader would; what it prints."""
    return ran([sys.executable, "-"], broker, folder, code)


def ran(command: list[str], broker: Broker, folder: Path, given: str = "") -> str:
    done = subprocess.run(
        command,
        input=given,
        cwd=folder,
        env={**os.environ, "BOOTSTRAP": broker.bootstrap},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Foreign]:
    with a_desk(tmp_path / "desk") as desk:
        desk.produce(
            {"type": "customer", "customer_id": "ann", "handles": {"email": ["ann@example.org"]}}
        )
        yield Foreign(desk.intake.resolver)


def inbox(broker: Broker) -> list[Entry]:
    found = entries(settings_of(broker), [CONTACTS.name])
    return sorted(found, key=lambda one: (one.partition, one.offset))


def forwarded(foreign: Foreign, entry: Entry, broker: Broker) -> Record:
    """Make a foreign record native and send it where it belongs; the record that lies there."""
    assert not native(entry)
    sent = outgoing(foreign.record(entry, NOW))
    with Producer(settings_of(broker)) as sender:
        (offset,) = sender.send([sent])
    (there,) = (
        one for one in inbox(broker) if (one.partition, one.offset) == (sent.partition, offset)
    )
    assert native(there)
    return there.record()


def test_the_page_s_least_record_becomes_a_contact_of_whose_handle_it_is(
    broker: Broker, foreign: Foreign, tmp_path: Path
) -> None:
    topics.create(settings_of(broker))
    python(blocks(PRODUCE, "py")[0], broker, tmp_path)
    (entry,) = inbox(broker)
    assert entry.key is None
    record = forwarded(foreign, entry, broker)
    assert (record.key, record.id) == ("ann", contact_id("email", "mail-4711"))
    assert isinstance(record.event, ContactReceived)
    assert record.event.message == "I was charged twice"


def test_the_page_s_native_record_is_one(broker: Broker, tmp_path: Path) -> None:
    topics.create(settings_of(broker))
    (tmp_path / "ContactReceived.avsc").write_text(json.dumps(schema_of(ContactReceived)))
    python(blocks(PRODUCE, "py")[1], broker, tmp_path)
    (entry,) = inbox(broker)
    assert native(entry)
    record = entry.record()
    assert (record.id, record.key, record.by) == ("mail-4712", "ann", "/shop/mail")


def test_the_page_s_java_client_is_understood_and_takes_the_same_partition(
    broker: Broker, foreign: Foreign, tmp_path: Path
) -> None:
    topics.create(settings_of(broker))
    (source,) = blocks(PRODUCE, "java")
    (tmp_path / "Produce.java").write_text(source)
    ran([java(), "-cp", f"{jars(broker.version)}/*", "Produce.java"], broker, tmp_path)
    (entry,) = inbox(broker)
    assert (entry.key, entry.partition) == ("ann", partition_of("ann"))
    record = forwarded(foreign, entry, broker)
    assert isinstance(record.event, ContactReceived)
    assert (record.id, record.event.message) == (contact_id("email", "j-1"), "From Java")


def test_every_form_with_a_client_s_own_partitioner_ends_in_its_customer_s_partition(
    broker: Broker, tmp_path: Path
) -> None:
    """confluent-kafka hashes keys by crc32: three of four records lie in a wrong partition."""
    topics.create(settings_of(broker))
    client = Confluent({"bootstrap.servers": broker.bootstrap})
    expected: dict[str, str] = {}
    misplaced = 0

    def produce(number: str, customer: str, value: bytes, **more: Any) -> None:
        client.produce(CONTACTS.name, value, **more)
        expected[number] = customer

    for count in range(24):
        customer, number = f"customer {count}", f"m-{count}"
        event = ContactReceived(
            channel="email", customer_id=customer, message="Hello", provider_id=number
        )
        document = {**CONTACT, "customer_id": customer, "provider_id": number}
        key = None if count % 4 == 0 else customer.encode()
        sent = outgoing(
            Record(id=number, key=customer, at=NOW, by="x", event=event, correlation=number)
        )
        match count % 6:
            case 0:
                produce(contact_id("email", number), customer, json.dumps(document).encode(),
                        headers={"content-type": "application/json"}, key=key)  # fmt: skip
            case 1:
                cloud = {"specversion": "1.0", "id": f"cloud {count}", "data": document}
                produce(f"cloud {count}", customer, json.dumps(cloud).encode(), key=key,
                        headers={"content-type": "application/cloudevents+json"})  # fmt: skip
            case 2:
                produce(contact_id("email", number), customer, sent.value, key=key)
            case 3:
                framed = b"\0\0\0\0\7" + sent.value[10:]
                produce(contact_id("email", number), customer, framed, key=key)
            case _:
                headers = msgspec.json.decode(sent.headers, type=dict[str, str])
                produce(number, customer, sent.value, headers=headers, key=key)
    assert client.flush(60) == 0
    found = inbox(broker)
    with (
        a_desk(tmp_path / "desk") as desk,
        registry({"ids/7": {"schema": json.dumps(schema_of(ContactReceived))}}) as known,
    ):
        foreign = Foreign(desk.intake.resolver, Registry(known.url))
        made = {}
        for entry in found:
            if native(entry):
                made[entry.id] = entry.record().key
                continue
            misplaced += entry.key is not None
            record = foreign.record(entry, NOW)
            made[record.id] = record.key
            assert outgoing(record).partition == partition_of(record.key)
    assert made == expected
    assert misplaced > 0


# --- reading ----------------------------------------------------------------------------------


def told(desk: Desk) -> list[Entry]:
    for number in range(12):
        contact = {"channel": "email", "customer_id": f"c{number % 5}", "message": f"Help {number}"}
        desk.produce(contact)
    desk.run()
    return [one for one in desk.log.scan() if one.topic == TICKETS.name]


def repeated(entries_: list[Entry]) -> list[Entry]:
    """A log in which the last records of each partition were sent again, after newer ones too."""
    by_partition: dict[int, list[Entry]] = {}
    for one in entries_:
        by_partition.setdefault(one.partition, []).append(one)
    log = []
    for some in by_partition.values():
        cut = len(some) * 2 // 3
        whole = [*some[:cut], *some[max(0, cut - 3) : cut], *some[cut:], *some[-4:], *some[:2]]
        log += [one._replace(offset=offset) for offset, one in enumerate(whole)]
    return log


def column(entry: Entry, name: str) -> str:
    return msgspec.json.decode(entry.headers, type=dict[str, str])[name]


@pytest.fixture
def logs(tmp_path: Path) -> tuple[list[str], list[Entry]]:
    """The ids of a log in their order in each partition, and the log with repeats."""
    with a_desk(tmp_path / "desk") as desk:
        once = sorted(told(desk), key=lambda one: (one.partition, one.offset))
    twice = sorted(repeated(once), key=lambda one: (one.partition, one.offset))
    assert len(twice) > len(once) > 20
    return [one.id for one in once], twice


def test_the_page_s_reader_prints_every_event_once_and_in_order(
    logs: tuple[list[str], list[Entry]], broker: Broker, tmp_path: Path
) -> None:
    once, twice = logs
    topics.create(settings_of(broker))
    with Producer(settings_of(broker)) as sender:
        sender.send(
            [Outgoing(one.topic, one.partition, one.key, one.headers, one.value, one.id)
             for one in twice]
        )  # fmt: skip
    printed = python("\n".join(blocks(READ, "py")), broker, tmp_path)
    ids = [line.split()[-1] for line in printed.splitlines()]
    assert sorted(ids) == sorted(once)
    place = {one.id: one.partition for one in twice}
    for partition in set(place.values()):
        assert [one for one in ids if place[one] == partition] == [
            one for one in once if place[one] == partition
        ]


TABLE = (
    "CREATE TABLE records (topic text, partition_id bigint, offset_id bigint, source_topic text,"
    " source_partition bigint, source_offset bigint, source_index bigint, id text)"
)


def row(one: Entry) -> tuple[object, ...]:
    return (
        one.topic,
        one.partition,
        one.offset,
        column(one, "ce_sourcetopic"),
        *(int(column(one, f"ce_{name}")) for name in ("sourcepartition", "sourceoffset", "index")),
        one.id,
    )


def test_the_page_s_sql_gives_every_record_once_on_postgresql(
    logs: tuple[list[str], list[Entry]], database: str
) -> None:
    once, twice = logs
    (query,) = blocks(READ, "sql")
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.executemany(
            f"INSERT INTO records VALUES ({', '.join(['%s'] * 8)})", [row(one) for one in twice]
        )
        assert [one[7] for one in cursor.execute(query).fetchall()] == once


def test_the_page_s_sql_gives_every_record_once_on_sqlite(
    logs: tuple[list[str], list[Entry]],
) -> None:
    once, twice = logs
    (query,) = blocks(READ, "sql")
    connection = sqlite3.connect(":memory:")
    connection.execute(TABLE)
    connection.executemany(
        f"INSERT INTO records VALUES ({', '.join('?' * 8)})", [row(one) for one in twice]
    )
    assert [one[7] for one in connection.execute(query)] == once
    connection.close()


def test_the_page_s_python_rule_is_the_one_of_the_contract(
    logs: tuple[list[str], list[Entry]],
) -> None:
    once, twice = logs
    room: dict[str, Any] = {}
    exec(blocks(READ, "py")[0], room)  # noqa: S102  # what the page prints
    highest: dict[object, object] = {}
    kept = [
        one.id
        for one in twice
        if room["fresh"](
            one.topic, one.partition, msgspec.json.decode(one.headers, type=dict[str, str]), highest
        )
    ]
    assert kept == once
