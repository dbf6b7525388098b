"""The way into an inbox past our own intake: what any Kafka client may have sent."""

from __future__ import annotations

from datetime import datetime

from schemas.event import Event
from schemas.record import Record
from streams.cluster.contents import digest
from streams.cluster.identity import secret_of
from streams.cluster.postgres import PgDatabase
from streams.directory import Directory
from streams.entry import Entry
from streams.events_of_input import Resolver
from streams.foreign import Foreign, native
from streams.registry import Registry
from streams.settings import Settings


class Door:
    """Tells native records from foreign ones, and makes the one of the other.

    Args:
        settings: The identity secret, and where a schema registry is.
        database: The worker's connection.

    Raises:
        Misconfigured: The identity secret is not set.
    """

    def __init__(self, settings: Settings, database: PgDatabase) -> None:
        self._db = database
        self._directory = Directory(database)
        self._secret = secret_of(settings)
        url = settings.kafka.schema_registry_url
        self._foreign = Foreign(
            Resolver(self._directory, self._secret), Registry(url) if url else None
        )

    def native(self, entry: Entry) -> bool:
        """Whether a record lies in the log as ours do, on the partition of its key."""
        return native(entry)

    def record(self, entry: Entry, now: datetime) -> Record:
        """The native record in a foreign one; raises `Unreadable` and `Unavailable`."""
        return self._foreign.record(entry, now)

    def content(self, record: Record) -> bytes:
        """What a contact says, as hashes (`streams.cluster.contents`)."""
        return digest(record, self._secret)

    def learn(self, record_id: str, event: Event) -> None:
        """Take in what an event says about whose a handle is, unless our intake did so before."""
        known = self._db.execute("SELECT 1 FROM taken_in WHERE id = ?", (record_id,)).fetchone()
        if known is None:
            self._directory.learn(event)
