"""One batch of the projector: some records, the rows that they touch, and one transaction."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from schemas.topics import INBOX_NAMES
from streams.cluster.booking import Books, Overtaken
from streams.cluster.fetching import Fetched
from streams.cluster.judging import Judge, Taking
from streams.cluster.marks import Gap, Marks, line_of
from streams.cluster.postgres import PgDatabase
from streams.cluster.readings import OURS, Reading
from streams.cluster.rows import PgRows
from streams.entry import Place
from streams.folding import Fold

LINES_HELD = 100_000
"""Lines whose last numbers are kept at hand."""

Chunks = Mapping[Place, list[Fetched]]
"""What follows next in some partitions, in order."""

_log = structlog.get_logger(__name__)


class Batches:
    """Folds batch by batch into the tables of a database.

    What is kept at hand from one batch to the next (sources and lines) belongs to partitions whose
    position is locked and compared in each batch: nobody else can have changed it.

    Args:
        database: The reader's own connection.
        reading: What it folds.

    Attributes:
        marks: What was folded before.
        topics: What the tables fold.
    """

    def __init__(self, database: PgDatabase, reading: Reading = OURS) -> None:
        self._db = database
        self._connection = connection = database.connection
        self._reading = reading
        self.marks = Marks()
        self._fold: Fold[PgRows] = Fold(
            [PgRows(table, self.marks.clocks) for table in reading.tables]
        )
        self.topics = self._fold.topics
        self._judge = Judge(self._fold, self.marks)
        self._books = Books(connection, self.marks, reading.name)

    def fold(
        self, chunks: Chunks, positions: Mapping[Place, int], ends: Mapping[Place, int]
    ) -> tuple[dict[Place, int], list[Gap]]:
        """Fold what may be folded of some records and keep it.

        Args:
            chunks: The records.
            positions: Where their partitions should stand.
            ends: Where they end.

        Returns:
            How many of each partition are done with, the others wait; and what was found missing.

        Raises:
            Overtaken: A partition stands elsewhere, or the reader may not go on; nothing was kept.
            Unfoldable: A user's code raised; nothing was kept.
            psycopg.Error: The database did not take it; nothing was kept.
        """
        if len(self.marks.lines) > LINES_HELD:
            self.marks.lines.clear()
        try:
            with self._connection.pipeline(), self._connection.transaction():
                first = self._asked(chunks, positions)
                done = self._judged(chunks, positions, first)
                for rows in self._fold.rows:
                    rows.write(self._connection)
                moved = {}
                for place, count in done.items():
                    if count:
                        position = chunks[place][count - 1].offset + 1
                        moved[place] = (position, max(position, ends.get(place, 0)))
                self._books.write(moved, self._judge.letters)
            gaps = list(self.marks.gaps)
            self.marks.settled()
        except BaseException:
            self.marks.forget(chunks)
            raise
        finally:
            self._judge.letters.clear()
            for rows in self._fold.rows:
                rows.forget()
        return done, gaps

    def _asked(self, chunks: Chunks, positions: Mapping[Place, int]) -> dict[str, Taking]:
        """Ask for all that a batch needs in one round trip; returns where each id came first."""
        lines, ids = set(), []
        for place, chunk in chunks.items():
            for one in chunk:
                if one.record is not None:
                    for rows, key in self._fold.reads(one.record):
                        rows.want(key)
                if place[0] in INBOX_NAMES:
                    ids.append(one.id)
                elif one.record is not None:
                    line = line_of(one, one.record)
                    if line is not None and line not in self.marks.lines:
                        lines.add(line)
        self._books.ask(chunks.keys(), lines, ids)
        for rows in self._fold.rows:
            rows.ask(self._connection)
        first = self._books.answers({place: positions[place] for place in chunks})
        if self._reading.stands is not None and not self._reading.stands(self._db):
            raise Overtaken
        return first

    def _judged(
        self,
        chunks: Chunks,
        positions: Mapping[Place, int],
        first: Mapping[str, Taking],
    ) -> dict[Place, int]:
        """Fold, partition by partition, until all that is left waits; returns how far each came."""
        done = dict.fromkeys(chunks, 0)
        expected = {place: positions[place] for place in chunks}
        going = True
        while going:
            going = False
            for place, chunk in chunks.items():
                for one in chunk[done[place] :]:
                    if not self._judge.take(one, expected[place], first.get(one.id)):
                        break
                    expected[place] = one.offset + 1
                    done[place] += 1
                    going = True
        return done
