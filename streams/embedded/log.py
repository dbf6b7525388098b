"""The log in SQLite: topics, partitions, keys, offsets, headers and bytes, as Kafka has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from schemas.record import Record, partition_of
from schemas.vocabulary import rfc3339
from streams import codec
from streams.embedded.database import Database
from streams.entry import Entry

_COLUMNS = "seq, topic, partition, offset, key, headers, value, appended_at, id"
_READ = _COLUMNS.replace("value", "CAST(value AS BLOB)")
"""The same as they are read: a value that a hand made text is read as its bytes."""

_INSERT = f"INSERT INTO log ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class SqliteLog:
    """Appends and reads. An append belongs to the transaction that the caller holds.

    Args:
        database: The store's connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, records: Iterable[Record]) -> list[Entry]:
        """Append records at the ends of their partitions; returns what was stored."""
        stamp = rfc3339(datetime.now(UTC))
        seq = self.last_seq()
        entries: list[Entry] = []
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            topic = record.topic
            partition = partition_of(record.key)
            offset = ends.get((topic, partition))
            if offset is None:
                offset = self.end(topic, partition)
            ends[topic, partition] = offset + 1
            seq += 1
            entries.append(
                Entry(
                    seq,
                    topic,
                    partition,
                    offset,
                    record.key,
                    codec.headers(record).decode(),
                    codec.encode(record.event),
                    stamp,
                    record.id,
                    msgspec.structs.replace(record, partition=partition, offset=offset),
                )
            )
        self._insert([entry[:-1] for entry in entries], ends, seq)
        return entries

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
        offset, seq = self.end(topic, partition), self.last_seq() + 1
        stamp = rfc3339(datetime.now(UTC))
        row = (
            seq,
            topic,
            partition,
            offset,
            key,
            headers,
            value,
            stamp,
            record_id,
        )
        self._insert([row], {(topic, partition): offset + 1}, seq)
        return offset

    def _insert(
        self, rows: Sequence[tuple[object, ...]], ends: dict[tuple[str, int], int], newest: int
    ) -> None:
        database = self._database
        database.grown.update(topic for topic, _ in ends)
        database.executemany(_INSERT, rows)
        database.executemany(
            "INSERT OR REPLACE INTO ends (topic, partition, end_offset) VALUES (?, ?, ?)",
            [(topic, partition, end) for (topic, partition), end in ends.items()],
        )
        if database.connection.in_transaction:
            database.ends.update(ends)
            database.newest = newest

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next record of a partition gets."""
        known = self._database.ends.get((topic, partition))
        if known is not None:
            return known
        row = self._database.execute(
            "SELECT end_offset FROM ends WHERE topic = ? AND partition = ?", (topic, partition)
        ).fetchone()
        end = 0 if row is None else int(row[0])
        if self._database.connection.in_transaction:
            self._database.ends[topic, partition] = end
        return end

    def ends(self) -> dict[tuple[str, int], int]:
        """The end of every partition that holds records."""
        rows = self._database.execute("SELECT topic, partition, end_offset FROM ends")
        return {(str(t), int(p)): int(e) for t, p, e in rows}

    def counts(self) -> dict[tuple[str, int], int]:
        """How many records each partition holds."""
        rows = self._database.execute(
            "SELECT topic, partition, count(*) FROM log GROUP BY topic, partition"
        )
        return {(str(t), int(p)): int(n) for t, p, n in rows}

    def read(self, topic: str, partition: int, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a partition from an offset on."""
        return [
            Entry(*row)
            for row in self._database.execute(
                f"SELECT {_READ} FROM log WHERE topic = ? AND partition = ? AND offset >= ?"
                " ORDER BY offset LIMIT ?",
                (topic, partition, start, limit),
            )
        ]

    def backwards(self, topic: str, partition: int) -> Iterator[Entry]:
        """The entries of a partition, the last first."""
        for row in self._database.execute(
            f"SELECT {_READ} FROM log WHERE topic = ? AND partition = ? ORDER BY offset DESC",
            (topic, partition),
        ):
            yield Entry(*row)

    def scan(self, after: int = 0, topic: str | None = None) -> Iterator[Entry]:
        """Entries in the order of appending, over all topics or one, beyond a place."""
        where = "seq > ?"
        values: list[object] = [after]
        if topic is not None:
            where += " AND +topic = ?"  # the plus keeps it from the index, which has another order
            values.append(topic)
        rows = self._database.execute(f"SELECT {_READ} FROM log WHERE {where} ORDER BY seq", values)
        for row in rows:
            yield Entry(*row)

    def find(self, record_id: str) -> Entry | None:
        """The first entry with this id."""
        row = self._database.execute(
            f"SELECT {_READ} FROM log WHERE id = ? ORDER BY seq LIMIT 1", (record_id,)
        ).fetchone()
        return None if row is None else Entry(*row)

    def has(self, record_id: str) -> bool:
        """Whether there is an entry with this id."""
        found = self._database.execute("SELECT 1 FROM log WHERE id = ? LIMIT 1", (record_id,))
        return found.fetchone() is not None

    def family(self, correlation: str) -> list[Entry]:
        """What followed from an outside record, in the order of appending, without the record.

        By the shared beginning of the ids (`schemas.record.answer_id`), so its cost depends on how
        much followed and not on how long the log is.
        """
        beginning = correlation[:8]
        rows = self._database.execute(
            f"SELECT {_READ} FROM log WHERE id >= ? AND id < ? ORDER BY seq",
            (beginning + "0", beginning + "g"),
        )
        mark = f'"ce_correlationid":{msgspec.json.encode(correlation).decode()}'
        found = [Entry(*row) for row in rows]
        return [e for e in found if e.id != correlation and mark in e.headers]

    def last_before(self, moment: datetime) -> int:
        """The place before the first entry that was appended at a moment or later."""
        row = self._database.execute(
            "SELECT min(seq) FROM log WHERE appended_at >= ?", (rfc3339(moment),)
        ).fetchone()
        return self.last_seq() if row[0] is None else int(row[0]) - 1

    def last_seq(self) -> int:
        """The place of the newest entry; 0 for an empty log."""
        if self._database.newest is not None:
            return self._database.newest
        row = self._database.execute("SELECT max(seq) FROM log").fetchone()
        newest = int(row[0] or 0)
        if self._database.connection.in_transaction:
            self._database.newest = newest
        return newest
