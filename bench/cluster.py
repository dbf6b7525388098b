"""How fast the cluster is, beside what one would write with Faust alone.

`python bench/cluster.py [CONTACTS]`: a real Kafka and a real PostgreSQL on this machine, the same
number of contacts of 300 customers for everybody. Models cost nothing here; a contact of the desk
leads to decisions, a ticket, a question to the desk's line, an assignment, a measurement. Faust's
own job (`cluster_idiomatic.py`) counts, and says seven things.
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
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

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
PER_SECOND = 100
PROBES = 1000
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


@contextmanager
def process(cluster: Cluster, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has said it is at work."""
    environment = {**os.environ, **cluster.environment}
    environment["PACTDESK_DATA"] = str(cluster.broker.folder / "mailbox")
    started = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    while "pactdesk is up" not in (line := started.stdout.readline()):
        assert line, f"{arguments} ended before it was at work"
    try:
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            started.wait(60)


def resident(one: subprocess.Popen[str]) -> float:
    """MB of memory that a process holds."""
    pages = int(Path(f"/proc/{one.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


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

    def produce(self, waiting: Sequence[Outgoing]) -> None:
        """Put contacts on Kafka."""
        with Producer(self.settings) as producer:
            for first in range(0, len(waiting), 1000):
                producer.send(waiting[first : first + 1000])

    def done(self) -> bool:
        """Whether everything is taken, and what was decided is sent."""
        rows = self.database.execute(
            "SELECT domain, partition, position FROM partitions WHERE domain = ANY(?)",
            (list(DOMAINS),),
        )
        stood = {(DOMAINS[domain].name, p): position for domain, p, position in rows}
        with Reader(self.settings, [topic.name for topic in DOMAINS.values()]) as reader:
            late = any(stood.get(place, 0) < end for place, end in reader.ends().items())
        unsent = self.database.execute("SELECT 1 FROM outbox LIMIT 1").fetchone()
        return not late and unsent is None

    def throughput(self, count: int, workers: int) -> tuple[float, float]:
        """Contacts a second with everything that follows, and MB of a worker at the end."""
        run = f"w{workers}{time.time():.0f}"
        self.produce(records(run, CUSTOMERS))  # the workers settle on these
        with ExitStack() as stack:
            ours = [stack.enter_context(process(self.cluster, *WORKER)) for _ in range(workers)]
            until(self.done, SECONDS, "the first contacts are taken")
            before = time.perf_counter()
            self.produce(records(run + "x", count))
            until(self.done, SECONDS, "all contacts are taken")
            took = time.perf_counter() - before
            return count / took, max(map(resident, ours))

    def latencies(self) -> tuple[list[float], list[float]]:
        """Milliseconds from a contact on Kafka to its decision there, and to its row."""
        with ExitStack() as stack:
            stack.enter_context(process(self.cluster, *WORKER))
            stack.enter_context(process(self.cluster, *TABLES))
            until(self.done, SECONDS, "all earlier contacts are taken")
            on_kafka = paced(
                self.cluster,
                [(one.topic, one) for one in records(f"l{time.time():.0f}", PROBES)],
                DECISIONS.name,
                lambda message: dict(message.headers).get("ce_correlationid", b"").decode(),
            )
            until(self.done, SECONDS, "all contacts are taken")
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
) -> list[float]:
    """Milliseconds from each record on Kafka to the first that follows from it.

    Args:
        cluster: Kafka.
        probes: What is sent, one after the other at a fixed pace, and where to.
        topic: Where the answers lie.
        name: The id of the probe that a record there answers.
    """
    consumer = KafkaConsumer(bootstrap_servers=cluster.broker.bootstrap, group_id=None)
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_end(*places)
    for place in places:
        consumer.position(place)
    producer = KafkaProducer(bootstrap_servers=cluster.broker.bootstrap, linger_ms=0)
    sent: dict[str, float] = {}
    took: dict[str, float] = {}
    begin = time.perf_counter()
    while len(took) < len(probes):
        due = int((time.perf_counter() - begin) * PER_SECOND)
        for where, one in probes[len(sent) : min(due, len(probes))]:
            sent[one.id] = time.perf_counter()
            producer.send(
                where,
                key=(one.key or "").encode(),
                value=one.value if where != "bench.in" else one.id.encode(),
                headers=headers_of(one.headers),
                partition=one.partition,
            )
        for messages in consumer.poll(timeout_ms=2).values():
            now = time.perf_counter()
            for message in messages:
                probe = name(message)
                if probe in sent and probe not in took:
                    took[probe] = (now - sent[probe]) * 1000.0
    producer.close()
    consumer.close()
    return list(took.values())


def idiomatic(cluster: Cluster, count: int, folder: Path) -> tuple[float, list[float]]:
    """Contacts a second of Faust's own job, and milliseconds from a contact to its first output."""
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
        probes = [("bench.in", one) for one in records("il", PROBES)]
        waits = paced(cluster, probes, "bench.out", lambda m: m.value[:32].decode())
    reader.close()
    return count / took, waits


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
        one, memory = ours.throughput(count, 1)
        two, _ = ours.throughput(count, 2)
        on_kafka, rows = ours.latencies()
        table(
            f"{count} contacts of {CUSTOMERS} customers",
            [
                ("Faust alone, one worker", f"{theirs:,.0f} contacts/s", "1"),
                ("ours, one worker", f"{one:,.0f} contacts/s", f"{one / theirs:.2f}"),
                ("ours, two workers", f"{two:,.0f} contacts/s", f"{two / one:.2f} of one"),
                ("Faust alone, contact to output", told(their_waits), ""),
                ("ours, contact to decision", told(on_kafka), ""),
                ("ours, contact to row", told(rows), ""),
                ("publisher", f"{ours.published(7 * count):,.0f} records/s", ""),
                ("take-over after kill -9", f"{ours.takeover():.1f} s", ""),
                ("memory of a worker", f"{memory:.0f} MB", ""),
            ],
        )


if __name__ == "__main__":
    main()
