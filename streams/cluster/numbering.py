"""Whether lines numbered without a break what they wrote to inboxes, where keys are not the lines.

What a line writes to a record topic is keyed by the line, and followed while it is folded. On an
inbox it is keyed by its receiver, and the line is the key of the record that it answers, which may
be read sooner or later. So both are noted, and put together at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.topics import INBOX_NAMES
from streams.cluster.fetching import Fetched
from streams.comparing import broken_chain
from streams.embedded.database import Database
from streams.entry import Place

_NOTED = 1000


class Numbers:
    """Notes the numbers on inboxes.

    Args:
        scratch: Where to note them; it has room for as many as the log holds.
    """

    def __init__(self, scratch: Database) -> None:
        self._db = scratch
        self._keys: list[tuple[object, ...]] = []
        self._numbers: list[tuple[object, ...]] = []
        scratch.execute(
            "CREATE TABLE keys (topic TEXT, partition INTEGER, offset INTEGER, key TEXT,"
            " PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID"
        )
        scratch.execute(
            "CREATE TABLE numbers (topic TEXT, partition INTEGER, offset INTEGER,"
            " source_topic TEXT, source_partition INTEGER, source_offset INTEGER,"
            " source_index INTEGER, sequence INTEGER, previous INTEGER)"
        )

    def note(self, one: Fetched) -> None:
        """Note an inbox record's key and number."""
        if one.topic not in INBOX_NAMES:
            return
        self._keys.append((one.topic, one.partition, one.offset, one.key))
        record = one.record
        if record is not None and record.sequence is not None and record.source is not None:
            source = record.source
            self._numbers.append(
                (
                    one.topic,
                    one.partition,
                    one.offset,
                    source.topic,
                    source.partition,
                    source.offset,
                    source.index,
                    record.sequence,
                    record.previous,
                )
            )
        if len(self._keys) >= _NOTED:
            self._flush()

    def _flush(self) -> None:
        self._db.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)", self._keys)
        self._db.executemany(f"INSERT INTO numbers VALUES ({', '.join('?' * 9)})", self._numbers)
        self._keys.clear()
        self._numbers.clear()

    def broken(self, bounds: Mapping[Place, int]) -> Iterator[str]:
        """Where a line's numbers on an inbox do not follow each other; repeats count once.

        Args:
            bounds: How far each partition was read: what answers a later record is left out.
        """
        self._flush()
        rows = self._db.execute(
            "SELECT n.topic, n.partition, n.offset, n.source_topic, k.key, n.previous, n.sequence,"
            " k.offset, n.source_partition, n.source_offset, n.source_index"
            " FROM numbers n LEFT JOIN keys k ON k.topic = n.source_topic"
            " AND k.partition = n.source_partition AND k.offset = n.source_offset"
            " ORDER BY n.topic, n.source_topic, n.source_partition, n.source_offset,"
            " n.source_index, n.offset"
        )
        last: dict[tuple[str, str, str], int] = {}
        before = None
        for topic, partition, offset, source, key, previous, sequence, there, *place in rows:
            if (topic, source, *place) == before:
                continue
            if there is None and place[1] >= bounds.get((source, place[0]), 0):
                continue
            before = (topic, source, *place)
            number = (topic, source, str(key or ""))
            if previous != last.get(number):
                where = f"{topic}/{partition}/{offset}"
                yield f"{where}: {broken_chain(number[2], previous, last.get(number))}"
            last[number] = sequence
