"""The log in SQLite: topics, partitions, keys, offsets, headers and bytes, as Kafka has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from schemas.record import Record, partition_of
from schemas.vocabulary import rfc3339
from streams import codec
from streams.embedded.database import Database


class Entry(NamedTuple):
    """One stored line of the log, undecoded.

    Attributes:
        seq: Place in the order of appending over all topics, from 1.
        appended_at: Wall-clock time of the append; never shown in a view.
    """

    seq: int
    topic: str
    partition: int
    offset: int
    key: str | None
    headers: str
    value: bytes
    appended_at: str
    id: str

    def record(self) -> Record:
        """The record in it; raises `Unreadable` when there is none."""
        return codec.record(self.headers, self.value, partition=self.partition, offset=self.offset)


_COLUMNS = "seq, topic, partition, offset, key, headers, value, appended_at, id"


class SqliteLog:
    """Appends and reads. An append belongs to the transaction that the caller holds.

    Args:
        database: The store's connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, records: Iterable[Record]) -> list[Record]:
        """Append records at the ends of their partitions; returns them with their places."""
        stamp = rfc3339(datetime.now(UTC))
        rows = []
        placed = []
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            topic = record.topic
            partition = partition_of(record.key)
            offset = ends.get((topic, partition))
            if offset is None:
                offset = self.end(topic, partition)
            ends[topic, partition] = offset + 1
            rows.append(
                (
                    topic,
                    partition,
                    offset,
                    record.key,
                    codec.headers(record).decode(),
                    codec.encode(record.event),
                    stamp,
                    record.id,
                )
            )
            placed.append((record, partition, offset))
        self._insert(rows, ends)
        return [_with_place(*one) for one in placed]

    def append_raw(
        self,
        topic: str,
        partition: int,
        key: str | None,
        headers: str,
        value: bytes,
        record_id: str,
    ) -> int:
        """Append bytes as they are, such as a dead letter's; returns the offset."""
        offset = self.end(topic, partition)
        stamp = rfc3339(datetime.now(UTC))
        row = (topic, partition, offset, key, headers, value, stamp, record_id)
        self._insert([row], {(topic, partition): offset + 1})
        return offset

    def _insert(self, rows: list[tuple[object, ...]], ends: dict[tuple[str, int], int]) -> None:
        self._database.executemany(
            "INSERT INTO log (topic, partition, offset, key, headers, value, appended_at, id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._database.executemany(
            "INSERT OR REPLACE INTO ends (topic, partition, end_offset) VALUES (?, ?, ?)",
            [(topic, partition, end) for (topic, partition), end in ends.items()],
        )

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next record of a partition gets."""
        row = self._database.execute(
            "SELECT end_offset FROM ends WHERE topic = ? AND partition = ?", (topic, partition)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def ends(self) -> dict[tuple[str, int], int]:
        """The end of every partition that holds records."""
        rows = self._database.execute("SELECT topic, partition, end_offset FROM ends")
        return {(str(t), int(p)): int(e) for t, p, e in rows}

    def read(self, topic: str, partition: int, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a partition from an offset on."""
        return [
            Entry(*row)
            for row in self._database.execute(
                f"SELECT {_COLUMNS} FROM log WHERE topic = ? AND partition = ? AND offset >= ?"
                " ORDER BY offset LIMIT ?",
                (topic, partition, start, limit),
            )
        ]

    def scan(self, after: int = 0, topic: str | None = None) -> Iterator[Entry]:
        """Entries in the order of appending, over all topics or one, beyond a place."""
        where = "seq > ?"
        values: list[object] = [after]
        if topic is not None:
            where += " AND topic = ?"
            values.append(topic)
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM log WHERE {where} ORDER BY seq", values
        )
        for row in rows:
            yield Entry(*row)

    def find(self, record_id: str) -> Entry | None:
        """The first entry with this id."""
        row = self._database.execute(
            f"SELECT {_COLUMNS} FROM log WHERE id = ? ORDER BY seq LIMIT 1", (record_id,)
        ).fetchone()
        return None if row is None else Entry(*row)

    def last_seq(self) -> int:
        """The place of the newest entry; 0 for an empty log."""
        row = self._database.execute("SELECT max(seq) FROM log").fetchone()
        return int(row[0] or 0)


def _with_place(record: Record, partition: int, offset: int) -> Record:
    return msgspec.structs.replace(record, partition=partition, offset=offset)
