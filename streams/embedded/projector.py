"""The projector: folds the log into the tables, rows and read position in one transaction.

It reads an inbox topic only as far as the worker has taken it, so that no view ever shows what no
agent has ruled on. A record that repeats an id on an inbox changes nothing: the first wins.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from projections.tables import TABLES, Table
from schemas.event import Event
from schemas.record import Record
from schemas.topics import INBOX_NAMES
from streams import codec, folding
from streams.deadletters import put_aside_before
from streams.embedded.database import Database
from streams.embedded.indexes import Index
from streams.embedded.log import SqliteLog
from streams.embedded.meaning import Meaning
from streams.embedded.recent import Recent
from streams.embedded.tables import Rows
from streams.entry import Entry, Place
from streams.errors import Unreadable

BATCH = 500
"""Records that are folded in one transaction at most."""


class Fold(folding.Fold[Rows]):
    """Folds records into a set of tables.

    Args:
        database: The store's connection.
        tables: Which tables.
        indexed: Whether what is searched goes into the full-text indexes.
    """

    def __init__(
        self, database: Database, tables: Sequence[Table] = TABLES, *, indexed: bool = False
    ) -> None:
        super().__init__(
            [
                Rows(
                    database, table, Index(database, table) if indexed and table.searched else None
                )
                for table in tables
            ]
        )

    def flush(self) -> None:
        """Write what changed."""
        for rows in self.rows:
            rows.flush()

    def relieve(self) -> None:
        """Write what changed in a table of which too much is at hand; `flush` in the end."""
        for rows in self.rows:
            rows.relieve()

    def forget(self) -> None:
        """Let go of every row that is held: the tables were written by somebody else."""
        for rows in self.rows:
            rows.forget()


class Projector:
    """Keeps the tables up with the log.

    Args:
        database: The store's connection.
        recent: What a worker in this process wrote and took, so that it need not be read back.
        name: Under which name it keeps its positions.
        fold: Into which tables; all of ours by default.
    """

    NAME = "tables"

    in_order = False
    """Whether an inbox, too, is folded in the order of appending, over all of its partitions: where
    a row may gather what lies in several."""

    def __init__(
        self,
        database: Database,
        recent: Recent | None = None,
        *,
        name: str = NAME,
        fold: Fold | None = None,
    ) -> None:
        self._name = name
        self._db = database
        self._log = SqliteLog(database)
        self._fold = fold or Fold(database, indexed=True)
        self._recent = recent or Recent()
        self._left: dict[tuple[str, int], int] = {}
        self._made = 0

    def catch_up(self) -> None:
        """Fold everything that may be folded by now."""
        while self._batch():
            pass

    def _batch(self, most: int | None = None) -> bool:
        """Fold one batch, of so many records at most; returns whether more may be folded."""
        most = BATCH if most is None else most
        with self._db.transaction():
            limits = self._limits()
            stood = self._positions()
            made = int(self._db.execute("PRAGMA schema_version").fetchone()[0])
            if (stood, made) != (self._left, self._made):
                self._fold.forget()  # another projector went on, or a rebuild swapped tables
            count = 0
            moved: list[tuple[str, str, int, int, int]] = []
            together = {
                place: end
                for place, end in limits.items()
                if self.in_order or place[0] not in INBOX_NAMES
            }
            went = {place for place in limits if place not in stood}
            for (topic, partition), limit in limits.items():
                start = stood.get((topic, partition), 0)
                room = min(limit - start, most - count)
                if room > 0 and (topic, partition) not in together:
                    for record in self._records(topic, partition, start, room):
                        if record is not None:
                            self._fold.apply(record)
                    count += room
                    stood[topic, partition] = start + room
                    went.add((topic, partition))
            for entry in self._written(together, stood, most - count):
                record = readable(self._log, entry)
                if record is not None:
                    self._fold.apply(record)
                stood[entry.topic, entry.partition] = entry.offset + 1
                went.add((entry.topic, entry.partition))
            for topic, partition in went:
                start = stood.setdefault((topic, partition), 0)
                end = self._log.end(topic, partition)
                moved.append((self._name, topic, partition, start, end))
            self._fold.flush()
            self._db.executemany(
                "INSERT OR REPLACE INTO read_positions"
                " (projection, topic, partition, position, end_position) VALUES (?, ?, ?, ?, ?)",
                moved,
            )
        self._left, self._made = stood, made
        return any(limit > stood[place] for place, limit in limits.items())

    def _records(
        self, topic: str, partition: int, start: int, count: int
    ) -> Iterable[Record | None]:
        known = self._recent.hand_over((topic, partition), start, count)
        if known is not None:
            return known
        entries = self._log.read(topic, partition, start, count)
        return (readable(self._log, entry) for entry in entries)

    def _written(
        self, ends: Mapping[Place, int], stood: Mapping[Place, int], most: int
    ) -> Sequence[Entry]:
        """At most so many entries that were not folded yet, in the order of appending.

        A ticket that is handed from one customer's line to another goes on in another partition,
        so that between the partitions of one topic order counts.
        """
        rooms = {place: end - stood.get(place, 0) for place, end in ends.items()}
        total = sum(rooms.values())
        if most <= 0 or total == 0:
            return ()
        known = self._recent.written(stood, total, most)
        if known is not None:
            return known
        waiting = [place for place, room in rooms.items() if room]
        share = most // len(waiting) + 1
        chunks = [self._log.read(*place, stood.get(place, 0), share) for place in waiting]
        # Where a chunk is full there is more of its partition, which may come before the others'.
        bound = min((chunk[-1].seq for chunk in chunks if len(chunk) == share), default=math.inf)
        found = (entry for chunk in chunks for entry in chunk if entry.seq <= bound)
        return sorted(found, key=lambda entry: entry.seq)[:most]

    def _positions(self) -> dict[tuple[str, int], int]:
        rows = self._db.execute(
            "SELECT topic, partition, position FROM read_positions WHERE projection = ?",
            (self._name,),
        )
        return {(str(t), int(p)): int(n) for t, p, n in rows}

    def _limits(self) -> dict[tuple[str, int], int]:
        """How far each partition may be folded."""
        return limits(self._db, self._fold.topics)


def limits(database: Database, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """How far each partition may be folded: inboxes up to the worker, the rest to their ends."""
    wanted = frozenset(topics)
    ends = {
        (str(t), int(p)): int(e)
        for t, p, e in database.execute("SELECT topic, partition, end_offset FROM ends")
        if t in wanted and t not in INBOX_NAMES
    }
    taken = {
        (str(t), int(p)): int(n)
        for t, p, n in database.execute("SELECT topic, partition, position FROM positions")
        if t in wanted
    }
    return ends | taken


def readable(log: SqliteLog, entry: Entry) -> Record | None:
    """The record to fold; None for what the worker put to dead letters, and for repeats."""
    if entry.topic in INBOX_NAMES:
        first = log.find(entry.id)
        if first is not None and first.seq != entry.seq:
            return None
        if put_aside_before(log, entry):
            return None
    try:
        return entry.record()
    except Unreadable:
        return None


def replayed(
    database: Database,
    topics: frozenset[str],
    bounds: dict[tuple[str, int], int],
    kinds: Container[type[Event] | None] | None = None,
) -> Iterator[Record]:
    """The records of some topics up to given ends, in the order of appending.

    Args:
        database: One snapshot of the store.
        topics: Which topics.
        bounds: The ends of their partitions.
        kinds: Only events of these types; the others are not even decoded.
    """
    meaning = Meaning(database)
    for entry in SqliteLog(database).scan():
        if (
            entry.topic in topics
            and entry.offset < bounds.get((entry.topic, entry.partition), 0)
            and (kinds is None or codec.kind_of(entry.value) in kinds)
            and meaning.something(entry)
        ):
            try:
                yield entry.record()
            except Unreadable:
                continue
