"""How fast the cluster is, beside what one would write with Faust alone: `python bench/cluster.py
[CONTACTS]`.

A real Kafka and a real PostgreSQL on this machine, the same contacts for everybody. Models cost
nothing; a contact of the desk leads to decisions, a ticket, a question to the desk domain, an
assignment and a measurement. Faust's own job counts and says seven things.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from bench.workload import table
from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from schemas.topics import DECISIONS, DOMAINS
from streams.cluster import migrating, outbox, topics
from streams.cluster.ownership import claim
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.producer import Producer
from streams.cluster.publisher import Publisher
from streams.cluster.reading import Reader
from streams.cluster.wire import Outgoing, outgoing
from streams.settings import Settings
from tests.real import Broker, Cluster, Postgres, until

HERE = Path(__file__).resolve().parent
CUSTOMERS = 300
RATE = 100
PROBES = 1000
SECONDS = 600


def records(run: str, count: int) -> list[Outgoing]:
    """So many contacts of 300 customers."""
    from datetime import UTC, datetime

    found = []
    for number in range(count):
        customer, provider = f"{run}-{number % CUSTOMERS}", f"{run}-{number}"
        event = ContactReceived(
            customer_id=customer, channel="email", provider_id=provider, attachments=[],
            message=f"My order {number} has not come yet, where is it?", metadata="{}",
        )  # fmt: skip
        name = contact_id("email", provider)
        found.append(
            outgoing(
                Record(id=name, key=customer, at=datetime.now(UTC), by="bench", event=event,
                       correlation=name)
            )
        )  # fmt: skip
    return found


@contextmanager
def process(cluster: Cluster, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of the bench that has said it is at work."""
    started = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **cluster.environment, "PACTDESK_DATA": str(cluster.broker.folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    while "pactdesk is up" not in (line := started.stdout.readline()):
        assert line, "the process ended"
    try:
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            started.wait(60)


def worker(cluster: Cluster, roles: str = "agents") -> Iterator[subprocess.Popen[str]]:
    """A worker of ours."""
    return process(cluster, str(HERE / "cluster_worker.py"), roles)  # type: ignore[return-value]  # a context manager


def done(settings: Settings, database: PgDatabase) -> bool:
    """Whether everything is taken and sent."""
    rows = database.execute(
        "SELECT domain, partition, position FROM partitions WHERE domain = ANY(?)", (list(DOMAINS),)
    )
    stood = {(DOMAINS[d].name, p): n for d, p, n in rows}
    if database.execute("SELECT 1 FROM outbox LIMIT 1").fetchone():
        return False
    inboxes = [topic.name for topic in DOMAINS.values()]
    with Reader(settings, inboxes) as reader:
        return all(stood.get(place, 0) >= end for place, end in reader.ends().items())


def throughput(cluster: Cluster, settings: Settings, count: int, workers: int) -> float:
    """Contacts a second that workers take, everything that follows included."""
    database = connect(cluster.url)
    with Producer(settings) as producer:
        waiting = records(f"t{workers}{time.time()}", count)
        for first in range(0, count, 1000):
            producer.send(waiting[first : first + 1000])
    began = time.perf_counter()
    with worker(cluster):  # type: ignore[attr-defined]  # a context manager
        if workers == 2:
            with worker(cluster):  # type: ignore[attr-defined]  # a context manager
                until(lambda: done(settings, database), SECONDS, "all is taken")
                return count / (time.perf_counter() - began)
        until(lambda: done(settings, database), SECONDS, "all is taken")
        return count / (time.perf_counter() - began)
