"""The cluster's worker without Kafka: a real database, and a log in memory behind the publisher."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from agents.policy import default_policy
from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id, partition_of
from schemas.topics import Domain
from streams.clock import Clock, RecordedClock
from streams.cluster import migrating
from streams.cluster.contents import digest
from streams.cluster.inlet import Inlet
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.publisher import Publisher
from streams.cluster.wire import Outgoing, outgoing
from streams.directory import Directory
from streams.entry import Entry
from streams.errors import Unavailable
from streams.events_of_input import Resolver
from streams.foreign import Foreign, native
from streams.testing import START, FakeModels
from streams.worlds import Worlds

SECRET = "inlets"  # noqa: S105  # it guards nothing

CUSTOMER = "ann"
PARTITION = partition_of(CUSTOMER)


def contact(
    number: int,
    *,
    customer: str = CUSTOMER,
    offset: int | None = None,
    message: str | None = None,
) -> Entry:
    """The entry of a contact, at the offset of its number and saying it by default."""
    event = ContactReceived(
        customer_id=customer,
        channel="email",
        message=message or f"message {number}",
        provider_id=f"m{number}",
        attachments=[],
        metadata="{}",
    )
    record_id = contact_id("email", event.provider_id)
    record = Record(
        id=record_id, key=customer, at=START, by="producer", event=event, correlation=record_id
    )
    return lying(record, number if offset is None else offset)


def lying(record: Record, offset: int) -> Entry:
    """The entry of a record, at an offset of the partition of its key."""
    sent = outgoing(record)
    return Entry(
        0, sent.topic, sent.partition, offset, sent.key, sent.headers, sent.value,
        "2026-03-02T09:00:00.000Z", sent.id,
    )  # fmt: skip


class MemoryLog:
    """Takes what the publisher sends, in order; can be made to fail.

    Attributes:
        sent: What was sent, in order.
        away: How many calls from now on find no broker.
        refuses: What a call raises that cannot be tried again.
    """

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.away = 0
        self.refuses: Exception | None = None
        self.closed = False

    def send(self, batch: Sequence[Outgoing]) -> None:
        """Keep a batch."""
        if self.refuses is not None:
            raise self.refuses
        if self.away:
            self.away -= 1
            raise Unavailable("no broker answers", "wait")
        self.sent += batch

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def entries(self) -> list[Entry]:
        """What was sent, as entries with offsets by partition."""
        ends: dict[tuple[str, int], int] = {}
        found = []
        for one in self.sent:
            place = (one.topic, one.partition)
            offset = ends.get(place, 0)
            ends[place] = offset + 1
            found.append(Entry(0, *place, offset, one.key, one.headers, one.value, _EPOCH, one.id))
        return found


_EPOCH = "2026-03-02T09:00:00.000Z"


class _Given:
    """The same models at every moment."""

    def __init__(self, models: Any) -> None:  # Any: whatever models a test has
        self._models = models

    def add(self, record: Record) -> None:
        """Nothing is learned."""

    def activate(self, tier: str, clock: float) -> None:
        """They stay the same."""

    def prepare(self, clock: float) -> Iterator[int]:
        """They are ready."""
        del clock
        return iter(())

    def at(self, clock: float, index: str | None = None) -> Any:  # Any: as given
        """The models."""
        del clock, index
        return self._models


class LocalDoor:
    """The door of a worker whose settings name no registry."""

    def __init__(self, database: PgDatabase) -> None:
        self._directory = Directory(database)
        self._foreign = Foreign(Resolver(self._directory, SECRET))

    def native(self, entry: Entry) -> bool:
        """As the real one."""
        return native(entry)

    def record(self, entry: Entry, now: Any) -> Record:  # Any: a moment
        """As the real one."""
        return self._foreign.record(entry, now)

    def content(self, record: Record) -> bytes:
        """As the real one."""
        return digest(record, SECRET)

    def learn(self, record_id: str, event: Any) -> None:  # Any: an event
        """As the real one, where nothing came in through the intake."""
        del record_id
        self._directory.learn(event)


class Works:
    """One worker process's worth of inlets on a database.

    Args:
        url: A database of the test's own.
        log: Where the publisher sends.
        clock: The turns' clock.
        worlds: What turns see; models that find every message calm by default.
    """

    def __init__(
        self,
        url: str,
        log: MemoryLog,
        clock: Clock | None = None,
        worlds: Worlds | None = None,
        holds: Callable[[str, int, int, int], bool] = lambda *_: False,
    ) -> None:
        migrating.require(url)
        self.url = url
        self.log = log
        self.failures: list[BaseException] = []
        self._clock = clock or RecordedClock()
        self._worlds = worlds or Worlds(lambda: (), _Given(FakeModels()), default_policy())
        self._holds = holds
        self.publisher = Publisher(connect(url), log, self.failures.append)
        self.publisher.start()
        self.databases: list[PgDatabase] = []

    def inlet(self, domain: Domain = "customer", partitions: Sequence[int] = range(12)) -> Inlet:
        """The inlet of a domain that owns some partitions."""
        database = connect(self.url)
        database.execute("SET synchronous_commit = off")
        self.databases.append(database)
        inlet = Inlet(
            domain,
            database,
            self.publisher,
            worlds=self._worlds,
            clock=self._clock,
            door=LocalDoor(database),
            holds=self._holds,
        )
        inlet.assigned(partitions)
        return inlet

    def close(self) -> None:
        """End the publisher, all that waits sent, and the connections."""
        self.publisher.stop(20)
        for database in self.databases:
            database.close()
        self.databases.clear()
