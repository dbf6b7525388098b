"""The launchers of real components: what they start takes records, dies and comes back."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaTCPTransport

from tests.documents import ROOT
from tests.real import Broker, Cluster, Postgres, Process, Proxy, until
from tests.real.cluster import emptied, ours

PARTITIONS = 12


def made(broker: Broker, *names: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    until(lambda: set(names) <= set(ours(admin)), 60, "the topics are there")
    admin.close()


def sent(bootstrap: str, topic: str, value: bytes) -> Any:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", reconnect_backoff_max_ms=500)
    try:
        return producer.send(topic, value, partition=0).get(timeout=60)
    finally:
        producer.close()


def values(bootstrap: str, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None
    )
    found: list[bytes] = []

    def some() -> bool:
        for batch in consumer.poll(timeout_ms=1000).values():
            found.extend(record.value for record in batch)
        return bool(found)

    try:
        until(some, 60, "a record is read")
    finally:
        consumer.close()
    return found


def asked(url: str, sql: str) -> Any:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_a_broker_that_was_killed_comes_back_with_its_records(broker: Broker) -> None:
    made(broker, "kept")
    assert sent(broker.bootstrap, "kept", b"once").offset == 0
    broker.kill()
    assert not broker.process.alive()
    broker.start()
    assert values(broker.bootstrap, "kept") == [b"once"]
    assert sent(broker.bootstrap, "kept", b"again").offset == 1


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_meets_a_clean_cluster(cluster: Cluster, turn: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=cluster.broker.bootstrap)
    assert ours(admin) == []
    assert admin.list_groups() == []
    admin.close()
    made(cluster.broker, "same")
    assert sent(cluster.broker.bootstrap, "same", turn.encode()).offset == 0
    consumer = KafkaConsumer("same", bootstrap_servers=cluster.broker.bootstrap, group_id="one")

    def joined() -> bool:
        consumer.poll(timeout_ms=1000)
        return bool(consumer.assignment())

    until(joined, 180, "the consumer has joined its group")
    consumer.close()
    assert asked(cluster.url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [
        (0,)
    ]
    asked(cluster.url, "CREATE TABLE same (n int)")


JOINED = """
import sys
from kafka import KafkaConsumer
static = sys.argv[2] or None
consumer = KafkaConsumer(
    "same", bootstrap_servers=sys.argv[1], group_id="one", group_instance_id=static
)
while not consumer.assignment():
    consumer.poll(timeout_ms=1000)
print("joined", flush=True)
while True:
    consumer.poll(timeout_ms=1000)
"""


@pytest.mark.parametrize("name", ["", "a-name-that-stays"], ids=["a member", "a static member"])
def test_what_a_killed_client_leaves_in_its_group_is_gone_for_the_next_test(
    broker: Broker, name: str
) -> None:
    made(broker, "same")
    client = subprocess.Popen(
        [sys.executable, "-c", JOINED, broker.bootstrap, name], stdout=subprocess.PIPE, text=True
    )
    with client:
        assert client.stdout is not None
        assert client.stdout.readline() == "joined\n"
        client.kill()
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        assert [group["group_state"] for group in admin.list_groups()] == ["Stable"]
        emptied(broker)
        assert admin.list_groups() == []
    finally:
        admin.close()


def test_a_database_server_that_was_killed_forgets_nothing_it_committed(
    postgres: Postgres, database: str
) -> None:
    asked(database, "CREATE TABLE kept AS SELECT 7 AS n")
    postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        asked(database, "SELECT n FROM kept")
    postgres.start()
    assert asked(database, "SELECT n FROM kept") == [(7,)]
    postgres.restart()
    assert asked(database, "SELECT n FROM kept") == [(7,)]


def test_a_cut_breaks_what_is_connected_and_refuses_what_comes(
    postgres: Postgres, database: str
) -> None:
    with Proxy(postgres.port) as proxy:
        through = postgres.url_of(database.rpartition("/")[2], proxy.port)
        with psycopg.connect(through, autocommit=True) as connection:
            assert connection.execute("SELECT 1").fetchall() == [(1,)]
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            asked(through, "SELECT 1")
        proxy.heal()
        assert asked(through, "SELECT 1") == [(1,)]


def test_a_silent_cut_holds_back_what_is_sent_until_it_heals() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Proxy(server.getsockname()[1]) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port)) as client,
    ):
        client.sendall(b"a")
        inside, _ = server.accept()
        with inside:
            assert inside.recv(1) == b"a"
            proxy.cut(silent=True)
            client.sendall(b"b")
            inside.settimeout(0.2)
            with pytest.raises(TimeoutError):
                inside.recv(1)
            proxy.heal()
            inside.settimeout(60)
            assert inside.recv(1) == b"b"


def test_a_client_that_begins_behind_the_proxy_stays_behind_it(broker: Broker) -> None:
    made(broker, "cut")
    with Proxy(broker.behind, broker.proxied) as proxy:
        bootstrap = f"127.0.0.1:{proxy.port}"
        assert sent(bootstrap, "cut", b"through").offset == 0
        producer = KafkaProducer(bootstrap_servers=bootstrap, request_timeout_ms=1000)
        producer.send("cut", b"live", partition=0).get(timeout=60)
        proxy.cut()
        lost = producer.send("cut", b"cut off", partition=0)
        with pytest.raises(KafkaError):
            lost.get(timeout=2)
        assert sent(broker.bootstrap, "cut", b"around").offset == 2
        proxy.heal()
        assert lost.get(timeout=60).offset == 3
        producer.close()


def test_a_condition_that_never_holds_is_named() -> None:
    with pytest.raises(AssertionError, match="in vain: the moon is blue"):
        until(lambda: False, 0.1, "the moon is blue")


def test_a_client_of_kafka_that_is_closed_with_something_to_say_leaves_no_socket_open() -> None:
    here, there = socket.socketpair()
    net = NetworkSelector()
    connection = KafkaTCPTransport(net, here)
    connection.write(b"to say")
    connection.close()
    assert here.fileno() != -1, "it waits until that is said"
    net.close()
    there.close()
    assert here.fileno() == -1


def test_from_the_shell_a_cluster_stays_until_it_is_told_to_go(components: Path) -> None:
    folder = components / "shell"
    command = [sys.executable, "-m", "tests.real"]
    try:
        first, second = (
            subprocess.run(
                [*command, "up", str(folder)], cwd=ROOT, capture_output=True, check=True, text=True
            ).stdout
            for _ in range(2)
        )
        assert first == second
        lines = dict(line.removeprefix("export ").split("=", 1) for line in first.splitlines())
        assert lines["PACTDESK_ENGINE"] == "cluster"
        assert asked(lines["PACTDESK_DATABASE__URL"], "SELECT 1") == [(1,)]
    finally:
        subprocess.run([*command, "down", str(folder)], cwd=ROOT, check=True)
    assert not Broker(folder / "kafka").process.alive()
    assert not Postgres(folder / "postgres").process.alive()


def test_a_bound_process_dies_with_whoever_started_it(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from tests.real import Process;"
        f"folder = Path({str(tmp_path)!r});"
        "one = Process('one', folder, ['sh', '-c', f': {folder}; sleep 600'], bound=True);"
        "one.start(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    one = Process("one", tmp_path, [])
    assert one.pid is not None
    until(lambda: not one.alive(), 60, "it is gone")
