"""Finding in the embedded log what must be known to say why: by id and by the bytes of a line."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.record import partition_of
from schemas.topics import PARTITIONS
from streams.directory import Directory
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry


class Lookup:
    """Finds entries of the log in a store.

    Args:
        database: The store's connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._log = SqliteLog(database)

    def find(self, record_id: str, effect: Entry | None = None) -> Entry | None:
        """The first entry with an id; its index needs no hint."""
        del effect
        return self._log.find(record_id)

    def at(self, topic: str, partition: int, offset: int) -> Entry | None:
        """The entry at a place."""
        found = self._log.read(topic, partition, offset, 1)
        return found[0] if found and found[0].offset == offset else None

    def naming(self, topic: str, line: str, name: str) -> Iterator[Entry]:
        """The entries of a line on a topic whose bytes hold a name, in their order.

        SQLite looks through the bytes of the one partition; what does not match is never decoded.
        """
        named = "key = ? AND instr(value, CAST(? AS BLOB))"
        return self._entries(topic, partition_of(line), named, line, name)

    def line(self, topic: str, line: str) -> Iterator[Entry]:
        """The entries of a line on a topic, in their order."""
        return self._entries(topic, partition_of(line), "key = ?", line)

    def whole(self, topic: str) -> Iterator[Entry]:
        """The entries of a topic, each partition in its order."""
        for partition in range(PARTITIONS):
            yield from self._entries(topic, partition, "TRUE")

    def owner(self, ticket_id: str) -> str | None:
        """On whose line a ticket is; None when it is not there."""
        return Directory(self._database).owner_of(ticket_id)

    def _entries(self, topic: str, partition: int, where: str, *values: object) -> Iterator[Entry]:
        columns = ", ".join(Entry._fields[:9])
        rows = self._database.execute(
            f"SELECT {columns} FROM log WHERE topic = ? AND partition = ? AND {where}"
            " ORDER BY offset",
            (topic, partition, *values),
        )
        for row in rows:
            yield Entry(*row)
