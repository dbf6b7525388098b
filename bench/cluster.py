"""How fast the cluster is, beside what one would write with Faust alone.

`python bench/cluster.py [CONTACTS]`: a real Kafka and a real PostgreSQL on this machine, the same
number of contacts of 300 customers for everybody. Models cost nothing here; a contact of the desk
leads to decisions, a ticket, a question to the desk's line, an assignment, a measurement. Faust's
own job (`cluster_idiomatic.py`) counts, and says seven things.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import confluent_kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from bench.processes import process, processor, resident
from bench.workload import table
from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from schemas.topics import DECISIONS, DOMAINS, PARTITIONS
from streams.cluster import migrating, topics
from streams.cluster.outbox import Batch, packed
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.producer import Producer
from streams.cluster.publisher import Publisher
from streams.cluster.reading import Reader
from streams.cluster.wire import Outgoing, headers_of, outgoing
from streams.settings import Settings
from tests.real import Broker, Cluster, Postgres, until

HERE = Path(__file__).resolve().parent
WORKER = (str(HERE / "cluster_worker.py"), "agents")
TABLES = (str(HERE / "cluster_worker.py"), "projections")
IDIOMATIC = str(HERE / "cluster_idiomatic.py")
CUSTOMERS = 300
OUTPUTS = 7
PER_SECOND = 100.0
"""The load at which latencies are measured: that of the goals, where Faust takes 991 contacts/s."""

SHARE = 0.1
"""A second load, of what Faust alone takes here in the same run: so the machine's speed cancels
out."""

PROBES = 1000
"""Contacts whose way is measured; at each load the first `CUSTOMERS` of them open a ticket."""

SECONDS = 900.0


def records(run: str, count: int) -> list[Outgoing]:
    """So many contacts of 300 customers."""
    return [_contact(f"{run}-{number % CUSTOMERS}", f"{run}-{number}") for number in range(count)]


def _contact(customer: str, provider: str) -> Outgoing:
    name = contact_id("email", provider)
    event = ContactReceived(
        customer_id=customer,
        channel="email",
        provider_id=provider,
        message=f"My order {provider} has not come yet, where is it?",
        attachments=[],
        metadata="{}",
    )
    now = datetime.now(UTC)
    return outgoing(
        Record(id=name, key=customer, at=now, by="bench", event=event, correlation=name)
    )


class Took(NamedTuple):
    """What a run took.

    Attributes:
        rate: Contacts a second by the wall.
        memory: MB of a worker at the end.
        spent: Milliseconds of processor time a contact, of all workers, the broker, the database.
    """

    rate: float
    memory: float
    spent: tuple[float, float, float]


class Ours:
    """The desk's side: its cluster, and whether it is done.

    Args:
        cluster: Kafka and PostgreSQL.
        folder: The data directory.
    """

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.settings: Settings = cluster.settings(folder)
        topics.create(self.settings)
        migrating.migrate(cluster.url)
        self.database: PgDatabase = connect(cluster.url)
        self.reader = Reader(self.settings, [topic.name for topic in DOMAINS.values()])

    def produce(self, waiting: Sequence[Outgoing]) -> None:
        """Put contacts on Kafka."""
        with Producer(self.settings) as producer:
            for first in range(0, len(waiting), 1000):
                producer.send(waiting[first : first + 1000])

    def done(self) -> bool:
        """Whether everything is taken, and what was decided is sent; cheap while it is not."""
        if self.database.execute("SELECT 1 FROM outbox LIMIT 1").fetchone() is not None:
            return False
        ends = self.reader.ends()
        rows = self.database.execute(
            "SELECT domain, partition, position FROM partitions WHERE domain = ANY(?)",
            (list(DOMAINS),),
        )
        stood = {(DOMAINS[domain].name, p): position for domain, p, position in rows}
        return all(stood.get(place, 0) >= end for place, end in ends.items())

    def shown(self) -> bool:
        """Whether the tables are where the log is, as well."""
        late = self.database.execute("SELECT 1 FROM v1_positions WHERE lag > 0 LIMIT 1")
        return self.done() and late.fetchone() is None

    def throughput(self, count: int, workers: int) -> Took:
        """How fast contacts are worked off with everything that follows."""
        run = f"w{workers}{time.time():.0f}"
        self.produce(records(run, CUSTOMERS))  # the workers settle on these
        with ExitStack() as stack:
            ours = [stack.enter_context(process(self.cluster, *WORKER)) for _ in range(workers)]
            until(self.done, SECONDS, "the first contacts are taken")
            pids = [one.pid for one in ours]
            spent = self._spent(pids)
            before = time.perf_counter()
            self.produce(records(run + "x", count))
            until(self.done, SECONDS, "all contacts are taken")
            took = time.perf_counter() - before
            worker, broker, database = (
                1000.0 * (after - begun) / count
                for after, begun in zip(self._spent(pids), spent, strict=True)
            )
            return Took(count / took, max(map(resident, pids)), (worker, broker, database))

    def _spent(self, workers: Sequence[int]) -> tuple[float, float, float]:
        cluster = self.cluster
        return (
            processor(*workers),
            processor(cluster.broker.process.pid),
            processor(cluster.postgres.process.pid),
        )

    def latencies(self, *loads: float) -> tuple[list[list[float]], list[float]]:
        """Milliseconds from a contact on Kafka to its decision there, and to its row.

        The first contacts under each load are of new customers, the rest of the same ones.

        Args:
            loads: Contacts a second; decisions are waited for under each of them in turn.
        """
        on_kafka = []
        with ExitStack() as stack:
            stack.enter_context(process(self.cluster, *WORKER))
            stack.enter_context(process(self.cluster, *TABLES))
            for load in loads:
                until(self.shown, SECONDS, "all earlier contacts are taken and shown")
                on_kafka.append(
                    paced(
                        self.cluster,
                        [(one.topic, one) for one in records(f"l{time.time():.0f}", PROBES)],
                        DECISIONS.name,
                        lambda one: dict(one.headers()).get("ce_correlationid", b"").decode(),
                        load,
                    )
                )
            until(self.shown, SECONDS, "all contacts are taken and shown")
            with Producer(self.settings) as producer:
                some = records(f"r{time.time():.0f}", PROBES // 10)
                rows = [self._to_row(producer, one) for one in some]
        return on_kafka, rows

    def _to_row(self, producer: Producer, one: Outgoing) -> float:
        before = time.perf_counter()
        producer.send([one])
        while not self._row(one.id):
            pass
        return (time.perf_counter() - before) * 1000.0

    def _row(self, contact: str) -> bool:
        found = self.database.execute(
            "SELECT 1 FROM v1_tickets t JOIN v1_interactions i ON i.ticket_id = t.ticket_id"
            " WHERE i.interaction_id = ?",
            (contact,),
        )
        return found.fetchone() is not None

    def takeover(self) -> float:
        """Seconds from the kill of one of two workers until the other has taken everything."""
        with ExitStack() as stack:
            one = stack.enter_context(process(self.cluster, *WORKER))
            stack.enter_context(process(self.cluster, *WORKER))
            until(self.done, SECONDS, "all earlier contacts are taken")
            one.kill()
            one.wait()
            before = time.perf_counter()
            self.produce(records(f"k{time.time():.0f}", CUSTOMERS))
            until(self.done, SECONDS, "all contacts are taken")
            return time.perf_counter() - before

    def published(self, count: int) -> float:
        """Records a second from the outbox to Kafka, seven a turn."""
        some = records(f"p{time.time():.0f}", count)
        batches = [
            Batch("bench", 0, turn, some[OUTPUTS * turn : OUTPUTS * (turn + 1)])
            for turn in range(count // OUTPUTS)
        ]
        self.database.executemany(
            "INSERT INTO outbox (domain, partition, turn, records) VALUES (?, ?, ?, ?)",
            [(*batch[:3], packed(batch.records)) for batch in batches],
        )
        publisher = Publisher(connect(self.cluster.url), Producer(self.settings), _raise)
        publisher.start()
        publisher.drain("bench", 1)  # connected
        before = time.perf_counter()
        for batch in batches:
            publisher.publish(batch)
        publisher.stop(SECONDS)
        return len(batches) * OUTPUTS / (time.perf_counter() - before)


def _raise(error: BaseException) -> None:
    raise error


def paced(
    cluster: Cluster,
    probes: Sequence[tuple[str, Outgoing]],
    topic: str,
    name: Callable[..., str],
    per_second: float,
) -> list[float]:
    """Milliseconds from each record on Kafka to the first that follows from it, in their order.

    The client that measures is the one in C: it takes the least from the machine that it measures.

    Args:
        cluster: Kafka.
        probes: What is sent, one after the other at a fixed pace, and where to.
        topic: Where the answers lie.
        name: The id of the probe that a record there answers.
        per_second: The pace.
    """
    common = {"bootstrap.servers": cluster.broker.bootstrap}
    consumer = confluent_kafka.Consumer(
        {**common, "group.id": "bench", "enable.auto.commit": False, "fetch.wait.max.ms": 5}
    )
    places = [confluent_kafka.TopicPartition(topic, one) for one in range(PARTITIONS)]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, timeout=30)[1]
    consumer.assign(places)
    producer = confluent_kafka.Producer({**common, "linger.ms": 0})
    sent: dict[str, float] = {}
    took: dict[str, float] = {}
    begin = time.perf_counter()
    while len(took) < len(probes):
        due = int((time.perf_counter() - begin) * per_second)
        for where, one in probes[len(sent) : min(due, len(probes))]:
            sent[one.id] = time.perf_counter()
            producer.produce(
                where,
                key=(one.key or "").encode(),
                value=one.value if where != "bench.in" else one.id.encode(),
                headers=[*headers_of(one.headers)],
                partition=one.partition,
            )
        producer.poll(0)
        message = consumer.poll(1.0 / per_second / 4)
        if message is not None and message.error() is None:
            probe = name(message)
            if probe in sent and probe not in took:
                took[probe] = (time.perf_counter() - sent[probe]) * 1000.0
    consumer.close()
    return [took[probe] for probe in sent]


def idiomatic(cluster: Cluster, count: int, folder: Path) -> tuple[float, list[list[float]]]:
    """Contacts a second of Faust's own job, and milliseconds from a contact to its first output.

    Under both loads, as ours.
    """
    admin = KafkaAdminClient(bootstrap_servers=cluster.broker.bootstrap)
    names = ("bench.in", "bench.out", "bench-idiomatic-counts-changelog")
    admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=cluster.broker.bootstrap, linger_ms=5)

    def send(some: Sequence[Outgoing]) -> None:
        for one in some:
            producer.send(
                "bench.in", key=(one.key or "").encode(), value=one.id.encode(),
                partition=one.partition,
            )  # fmt: skip
        producer.flush()

    reader = KafkaConsumer(bootstrap_servers=cluster.broker.bootstrap, group_id=None)
    places = [TopicPartition("bench.out", partition) for partition in range(PARTITIONS)]

    def said() -> int:
        return sum(reader.end_offsets(places).values())

    with process(cluster, IDIOMATIC, str(folder), "worker"):
        send(records("i", CUSTOMERS))
        until(lambda: said() >= CUSTOMERS * OUTPUTS, SECONDS, "the first contacts are taken")
        before = time.perf_counter()
        send(records("ix", count))
        until(lambda: said() >= (CUSTOMERS + count) * OUTPUTS, SECONDS, "all are taken")
        took = time.perf_counter() - before
        rate, waits = count / took, []
        for load in (rate * SHARE, PER_SECOND):
            probes = [("bench.in", one) for one in records(f"il{load:.0f}", PROBES)]
            waits.append(
                paced(cluster, probes, "bench.out", lambda m: m.value()[:32].decode(), load)
            )
    reader.close()
    return rate, waits


def told(waits: Sequence[float]) -> str:
    """Percentiles in words."""
    cuts = statistics.quantiles(waits, n=100)
    return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"


def main() -> None:
    """Measure everything once, and print it side by side."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    folder = Path(tempfile.mkdtemp(prefix="pactdesk-bench-"))
    folder.chmod(0o755)
    with Broker(folder / "kafka") as broker, Postgres(folder / "postgres") as postgres:
        cluster = Cluster(broker, postgres, postgres.fresh_database())
        theirs, their_waits = idiomatic(cluster, count, folder / "faust")
        ours = Ours(cluster, folder)
        one, two = (ours.throughput(count, workers) for workers in (1, 2))
        loads = [theirs * SHARE, PER_SECOND]
        on_kafka, rows = ours.latencies(*loads)
        at = [f"at {load:.0f} contacts/s" for load in loads]
        table(
            f"{count} contacts of {CUSTOMERS} customers",
            [
                ("Faust alone, one worker", f"{theirs:,.0f} contacts/s", "1"),
                ("ours, one worker", f"{one.rate:,.0f} contacts/s", f"{one.rate / theirs:.2f}"),
                ("ours, two workers", f"{two.rate:,.0f} contacts/s", of_one(two, one)),
                ("processor time, one worker", spent(one), used(one)),
                ("processor time, two workers", spent(two), used(two)),
                *zip(
                    ["Faust alone, contact to output"] * 2, map(told, their_waits), at, strict=True
                ),
                *(
                    (f"ours, {who} customer's contact to decision", told(waits[part]), load)
                    for who, part in (("new", slice(CUSTOMERS)), ("known", slice(CUSTOMERS, None)))
                    for waits, load in zip(on_kafka, at, strict=True)
                ),
                ("ours, contact to row", told(rows), "one at a time"),
                ("publisher", f"{ours.published(7 * count):,.0f} records/s", ""),
                ("take-over after kill -9", f"{ours.takeover():.1f} s", ""),
                ("memory of a worker", f"{one.memory:.0f} MB", ""),
            ],
        )


def of_one(two: Took, one: Took) -> str:
    """How many times one worker two are."""
    return f"{two.rate / one.rate:.2f} of one"


def spent(took: Took) -> str:
    """Where the processor time of a contact goes."""
    worker, broker, database = took.spent
    return f"{worker:.1f} ms workers, {broker:.1f} broker, {database:.1f} database"


def used(took: Took) -> str:
    """How many of the machine's cores that is."""
    return f"{sum(took.spent) * took.rate / 1000:.1f} of {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
