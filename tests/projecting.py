"""The projector under test: a log on a real Kafka, a database as the workers would leave it.

    python -m tests.projecting BOOTSTRAP URL SESSION_SECONDS

runs a projector until it is killed, for the tests that kill it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from projections.tables import TABLES
from schemas.events.tickets import TicketOpened, TicketTagged
from schemas.record import Record, Source, derived_id, partition_of
from schemas.topics import CONTACTS, TOPICS
from streams.clock import ManualClock
from streams.cluster import migrating, topics
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.producer import Producer
from streams.cluster.projector import Projector
from streams.cluster.rebuild import live_rows
from streams.cluster.wire import Outgoing, outgoing
from streams.comparing import digest_of_rows
from streams.deadletters import put_aside_before
from streams.demo.play import Play
from streams.demo.script import START
from streams.desk import Desk
from streams.embedded.log import SqliteLog
from streams.entry import Entry
from streams.settings import DatabaseSettings, KafkaSettings, Settings
from tests.commands import LAUNCHER
from tests.real import Cluster, until

SECONDS = 120.0
"""How long a test waits at most for something to happen."""

Place = tuple[str, int]


def played(folder: Path, dialogues: int) -> list[Entry]:
    """The log of the demo's first dialogues, and the store with its tables in the folder."""
    with Desk(folder, ManualClock(START), secret="demo") as desk:  # noqa: S106  # it guards nothing
        Play(desk, dialogues).go(speed=None, tell=lambda _: None)
        return list(desk.log.scan())


def ready(cluster: Cluster, folder: Path) -> Settings:
    """Topics and tables are there, and empty."""
    settings = cluster.settings(folder)
    topics.create(settings)
    migrating.migrate(cluster.url)
    return settings


def as_sent(entry: Entry) -> Outgoing:
    """An entry of a log as it goes to Kafka, to the partition that it lies in."""
    return Outgoing(entry.topic, entry.partition, entry.key, entry.headers, entry.value, entry.id)


def send(settings: Settings, batch: Iterable[Outgoing | Entry | Record]) -> None:
    """Put records on Kafka, in their order."""
    with Producer(settings) as producer:
        producer.send(
            [
                as_sent(one)
                if isinstance(one, Entry)
                else outgoing(one)
                if isinstance(one, Record)
                else one
                for one in batch
            ]
        )


def take(settings: Settings, inbox: Sequence[tuple[str, str, int, int]]) -> None:
    """The workers have taken these inbox records: id, topic, partition, offset."""
    with opened(settings) as database, database.transaction():
        for number, topic, partition, offset in inbox:
            database.execute(
                'INSERT INTO seen (id, topic, partition, "offset") VALUES (?, ?, ?, ?)'
                " ON CONFLICT DO NOTHING",
                (number, topic, partition, offset),
            )
            database.execute(
                "INSERT INTO partitions (domain, partition, position) VALUES (?, ?, ?)"
                " ON CONFLICT (domain, partition) DO UPDATE SET position ="
                " greatest(partitions.position, excluded.position)",
                (TOPICS[topic].domain, partition, offset + 1),
            )


def taken_in(entries: Iterable[Entry], folder: Path) -> list[tuple[str, str, int, int]]:
    """What the embedded worker took of a log that lies in a folder, as `take` wants it."""
    with Desk(folder, ManualClock(START), secret="demo") as desk:  # noqa: S106  # it guards nothing
        log = SqliteLog(desk.database)
        return [
            (entry.id, entry.topic, entry.partition, entry.offset)
            for entry in entries
            if TOPICS[entry.topic].kind == "inbox" and not put_aside_before(log, entry)
        ]


@contextmanager
def opened(settings: Settings) -> Iterator[PgDatabase]:
    """A connection to the database."""
    assert settings.database.url is not None
    database = connect(settings.database.url)
    try:
        yield database
    finally:
        database.close()


def digests(settings: Settings) -> dict[str, str]:
    """A digest of every table's rows, as the embedded engine makes it."""
    with opened(settings) as database, database.transaction():
        return {table.name: digest_of_rows(live_rows(database, table))[0] for table in TABLES}


def rows(settings: Settings, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    """What a statement gives."""
    with opened(settings) as database:
        return database.execute(sql, parameters).fetchall()


def positions(settings: Settings) -> dict[Place, int]:
    """How far each partition is folded."""
    found = rows(settings, "SELECT topic, partition, position FROM read_positions")
    return {(str(topic), int(str(p))): int(str(n)) for topic, p, n in found if n}


def lag(settings: Settings) -> int:
    """How many records the tables are behind, by the books."""
    ((found,),) = rows(
        settings, "SELECT coalesce(sum(end_position - position), 0) FROM read_positions"
    )
    return int(str(found))


@contextmanager
def running(*settings: Settings) -> Iterator[list[threading.Thread]]:
    """Projectors at work, each in a thread of its own; they are stopped in the end."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def work(one: Settings) -> None:
        try:
            Projector(one).run(stop)
        except BaseException as error:  # noqa: BLE001  # the test shall see it
            failed.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in settings]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        stop.set()
        for thread in threads:
            thread.join(SECONDS)
        if failed:
            raise failed[0]
    assert not any(thread.is_alive() for thread in threads)


def reached(settings: Settings, ends: Mapping[Place, int]) -> Callable[[], bool]:
    """Whether everything is folded up to some ends."""

    def so() -> bool:
        stood = positions(settings)
        return all(stood.get(place, 0) >= end for place, end in ends.items())

    return so


def ends_of(entries: Iterable[Entry]) -> dict[Place, int]:
    """Where the partitions of a log end that the tables fold."""
    found: dict[Place, int] = {}
    wanted = {table.topic for table in TABLES}
    for entry in entries:
        if entry.topic in wanted:
            found[entry.topic, entry.partition] = entry.offset + 1
    return found


def event_of(
    ticket: str, revision: int, line: str, offset: int, sequence: int, previous: int | None
) -> Record:
    """A ticket's event as a turn on a line writes it in answer to the line's record at an offset.

    The first opens the ticket; each other one tags it with its revision.
    """
    fields: dict[str, object] = {
        "ticket_id": ticket,
        "customer_id": line,
        "revision": revision,
        "status": "new",
        "priority": "medium",
        "channel": "email",
        "opened_at": START,
    }
    event = (
        TicketOpened.model_validate(
            {**fields, "contact_id": "c", "subject": "S", "description": "D"}
        )
        if revision == 1
        else TicketTagged.model_validate({**fields, "tags": [str(revision)], "by": "bo"})
    )
    number = derived_id(ticket, str(revision))
    return Record(
        id=number,
        key=line,
        at=START,
        by="lifecycle",
        event=event,
        correlation=number,
        sequence=sequence,
        previous=previous,
        source=Source(CONTACTS.name, partition_of(line), offset, 0, 1),
    )


def started(settings: Settings) -> subprocess.Popen[bytes]:
    """A projector in a process of its own."""
    assert settings.kafka.bootstrap_servers is not None
    assert settings.database.url is not None
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.projecting",
            settings.kafka.bootstrap_servers,
            settings.database.url,
            str(settings.kafka.session_timeout_seconds),
        ],
        cwd=LAUNCHER.parent,
    )


def caught_up(settings: Settings, entries: Iterable[Entry]) -> None:
    """Wait until the projectors have folded a log."""
    until(reached(settings, ends_of(entries)), SECONDS, lambda: f"folded: {positions(settings)}")


if __name__ == "__main__":
    Projector(
        Settings(
            engine="cluster",
            kafka=KafkaSettings(
                bootstrap_servers=sys.argv[1], session_timeout_seconds=float(sys.argv[3])
            ),
            database=DatabaseSettings(url=sys.argv[2]),
        )
    ).run(threading.Event())
