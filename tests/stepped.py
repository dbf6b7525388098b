"""Workers of the cluster that a test stops wherever it likes, each statement being a moment.

A worker here is the real inlet with the real publisher on a real database; only Kafka is kept in
memory. Its process is a thread that runs while the test lets it, from one moment to the next:
before each statement, and before the log takes some more records.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from time import monotonic
from typing import Any

import psycopg

from agents.policy import default_policy
from schemas.record import Record
from schemas.topics import CONTACTS, TOPICS
from streams.clock import RecordedClock
from streams.cluster.inlet import Inlet
from streams.cluster.ownership import Fenced
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.publisher import Publisher, _Drain
from streams.cluster.wire import Outgoing, outgoing
from streams.crashpoints import Crashed
from streams.entry import Entry
from streams.testing import FakeModels
from streams.worlds import Worlds
from tests.inlets import LocalDoor
from tests.stores import Fixed

SECONDS = 60.0
"""How long a step may take; one that takes longer would never end."""

FEW = 5
"""Of so many records that are sent, one is a moment."""

LOOK_SECONDS = 0.02
"""Between two looks whether a statement waits for somebody else's lock."""

TABLES = ("partitions", "outbox", "lines", "parked", "seen", "timers", "contact_points")
"""What a worker writes."""

Place = tuple[str, int]


class Log:
    """A log in memory.

    Args:
        outside: What lies in the inbox to begin with.

    Attributes:
        places: The entries of each partition.
    """

    def __init__(self, outside: Iterable[Record]) -> None:
        self.places: dict[Place, list[Entry]] = {}
        for record in outside:
            self.put(outgoing(record))

    def put(self, one: Outgoing) -> None:
        """Append a record."""
        entries = self.places.setdefault((one.topic, one.partition), [])
        at = "2026-03-02T09:00:00.000Z"
        place = (one.topic, one.partition, len(entries))
        entries.append(Entry(0, *place, one.key, one.headers, one.value, at, one.id))

    def inbox(self, partition: int) -> list[Entry]:
        """What lies in a partition of the customers' inbox."""
        return self.places.get((CONTACTS.name, partition), [])


class InlinePublisher(Publisher):
    """Publishes in the thread of whoever has something to publish."""

    def drain(self, domain: str, partition: int) -> None:
        """Send what an earlier owner left."""
        self._waiting.put(_Drain(domain, partition))
        self.work()

    def work(self) -> None:
        """Send what waits."""
        while not self._waiting.empty():
            self._round()

    def rest(self) -> None:
        """Nothing more comes for a while: what was sent goes from the outbox by itself."""
        self.work()
        self._forget_sent()


class Worker:
    """A worker's process, from its claim until nothing is left to take.

    Args:
        url: The database.
        log: Kafka.
        partitions: What it is assigned.
        late: Whether its publisher sends only when nothing is left to take, all at once.

    Attributes:
        passed: How many moments it came to.
        moment: The last of them.
        ended: Whether it came to its end, whatever end it was.
        fenced: Whether it found that somebody else has its partition.
    """

    def __init__(
        self, url: str, log: Log, partitions: Sequence[int], *, late: bool = False
    ) -> None:
        self.passed = 0
        self.moment = ""
        self.ended = False
        self.fenced = False
        self._log = log
        self._partitions = partitions
        self._late = late
        self._killed = False
        self._error: BaseException | None = None
        self._here = threading.Event()
        self._go = threading.Semaphore(0)
        self._databases = [connect(url), connect(url)]
        self._databases[0].execute("SET synchronous_commit = off")
        self._publisher = InlinePublisher(self._databases[1], self, self._failed)
        self._url = url
        worlds = Worlds(lambda: (), Fixed(FakeModels()), default_policy())
        self._inlet = Inlet(
            "customer",
            self._databases[0],
            self._publisher,
            worlds=worlds,
            clock=RecordedClock(),
            door=LocalDoor(self._databases[0]),
            holds=lambda *_: False,
        )
        for database in self._databases:
            _watched(database, self._reach)
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        self._here.wait(SECONDS)

    # --- what a test does ---------------------------------------------------------------------

    def step(self, others: Sequence[Worker] = ()) -> None:
        """Go on to the next moment; who stands in its way with a lock goes on meanwhile."""
        self._here.clear()
        self._go.release()
        deadline = monotonic() + SECONDS
        while not self._here.wait(LOOK_SECONDS):
            assert monotonic() < deadline, f"it hangs at: {self.moment}"
            for other in others:
                if not other.ended and self._waits():
                    other.step()

    def run(self, upto: int | None = None, others: Sequence[Worker] = ()) -> None:
        """Go on up to a moment; by default to the end."""
        while not self.ended and (upto is None or self.passed < upto):
            self.step(others)
        if self._error is not None:
            raise self._error

    def kill(self) -> None:
        """End at once, as a process does that is killed."""
        if not self.ended:
            self._killed = True
            self._go.release()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    # --- what it does in its thread -----------------------------------------------------------

    def send(self, batch: Sequence[Outgoing]) -> None:
        """Append to the log, record by record; every few of them are a moment."""
        for number, one in enumerate(batch):
            if number % FEW == 0:
                self._reach(f"sends to {one.topic}")
            self._log.put(one)

    def close(self) -> None:
        """Nothing is open."""

    def _live(self) -> None:
        try:
            self._reach("starts")
            self._work()
        except Fenced:
            self.fenced = True
        except Crashed:
            pass
        except BaseException as error:  # noqa: BLE001  # the test's thread raises it again
            self._error = error
        finally:
            for database in self._databases:
                database.close()
            self.ended = True
            self._here.set()

    def _work(self) -> None:
        coming = self._inlet.assigned(self._partitions)
        while (entry := self._next(coming)) is not None:
            self._inlet.take(entry)
            coming[entry.partition] = entry.offset + 1
            if not self._late or self._next(coming) is None:
                self._publisher.rest()

    def _next(self, coming: dict[int, int]) -> Entry | None:
        """What is next of the first partition that has something, given the next offsets."""
        for partition, offset in sorted(coming.items()):
            if offset < len(self._log.inbox(partition)):
                return self._log.inbox(partition)[offset]
        return None

    def _reach(self, moment: str) -> None:
        if self._killed:
            raise Crashed(moment)
        self.passed += 1
        self.moment = moment
        self._here.set()
        self._go.acquire()
        if self._killed:
            raise Crashed(moment)

    def _failed(self, error: BaseException) -> None:
        self._error = error

    def _waits(self) -> bool:
        """Whether a statement of it waits for a lock; nothing of one that just ended does."""
        try:
            pids = [one.connection.info.backend_pid for one in self._databases]
        except psycopg.OperationalError:
            return False
        with psycopg.connect(self._url, autocommit=True) as watching:
            row = watching.execute(
                "SELECT bool_or(cardinality(pg_blocking_pids(p)) > 0) FROM unnest(%s::int[]) AS p",
                (pids,),
            ).fetchone()
        return row is not None and bool(row[0])


def _watched(database: PgDatabase, reach: Callable[[str], None]) -> None:
    """Have every statement of a connection be a moment."""
    execute = database.execute

    def watched(sql: str, parameters: Sequence[object] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        reach(sql)
        return execute(sql, parameters)

    database.execute = watched  # type: ignore[method-assign]  # what the tests are after


def emptied(url: str) -> None:
    """Have a database as it was before the first worker came."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for name in TABLES:
            connection.execute(f"DELETE FROM {name}")


def outcome(url: str, log: Log) -> dict[str, Any]:
    """What there is in the end: what readers fold, and what the database holds.

    Offsets are left out: a repeat in an inbox moves those behind it.
    """
    found: dict[str, Any] = {"folded": folded(log), "inboxes": _inboxes(log)}
    with psycopg.connect(url, autocommit=True) as connection:
        for name, columns in {
            "outbox": "*",
            "lines": "*",
            "parked": "*",
            "timers": "*",
            "contact_points": "*",
            "seen": "id, topic, partition",
        }.items():
            rows = connection.execute(f"SELECT {columns} FROM {name}").fetchall()
            found[name] = sorted(map(repr, rows))
        found["behind"] = [
            (partition, position)
            for partition, position in connection.execute(
                "SELECT partition, position FROM partitions WHERE domain = 'customer'"
            )
            if position != len(log.inbox(partition))
        ]
    return found


def folded(log: Log) -> dict[tuple[object, ...], list[tuple[object, ...]]]:
    """What a reader folds of the record topics, by partition and source: repeats are dropped.

    Raises:
        AssertionError: A record does not follow what its line said before.
    """
    found: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    marks: dict[tuple[object, ...], tuple[int, int]] = {}
    last: dict[tuple[str, str | None], int | None] = {}
    for (topic, partition), entries in log.places.items():
        if TOPICS[topic].kind == "inbox":
            continue
        for entry in entries:
            record = entry.record()
            assert record.source is not None
            source = record.source
            place = (topic, partition, source.topic, source.partition)
            if (source.offset, source.index) <= marks.get(place, (-1, -1)):
                continue
            marks[place] = (source.offset, source.index)
            digest = sha256(entry.value).hexdigest()[:16]
            found.setdefault(place, []).append((record.id, record.type, digest, record.sequence))
            assert record.previous == last.get((topic, source.topic + str(entry.key)))
            last[topic, source.topic + str(entry.key)] = record.sequence
    return found


def _inboxes(log: Log) -> dict[Place, set[str]]:
    return {
        place: {entry.id for entry in entries}
        for place, entries in log.places.items()
        if TOPICS[place[0]].kind == "inbox"
    }
