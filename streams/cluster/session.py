"""One connection of the projector to each side: fetches, folds, and says what is wrong.

A session ends with the first error of either side; what it had not committed is fetched again by
the next one. Its transactions need not be durable: after a crash of the database the rows and the
positions that belong to them go back together, and are folded again from the log.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from itertools import islice

import psycopg
import structlog
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from schemas.topics import DEAD_LETTERS, DOMAINS, INBOX_NAMES
from streams.cluster.booking import Overtaken, begin, note_ends, note_gap, passed
from streams.cluster.fetching import Fetched, Fetching
from streams.cluster.folding import Batches
from streams.cluster.marks import Gap
from streams.cluster.membership import Assignment, consumer, keep_joining
from streams.cluster.postgres import PgDatabase, connect, url_of
from streams.cluster.reading import kept
from streams.cluster.readings import OURS, Reading
from streams.cluster.topics import absent
from streams.entry import Place
from streams.errors import Misconfigured, Unavailable
from streams.own.table import Unfoldable
from streams.settings import Settings

BATCH = 1000
"""Records that are folded in one transaction, roughly, at most."""

PATIENCE_SECONDS = 30.0
"""After how long a ticket's event that waits for its predecessor is an alarm."""

EVERY_SECONDS = 1.0
"""How often the ends of partitions that stand still are noted, for the lag, and Kafka is told how
far we are, for its own tools."""

SILENT_SECONDS = 10.0
"""After how long without a record the topics are looked for: a consumer says nothing when they are
deleted."""

CLOSE_MILLISECONDS = 5000
"""How long leaving the group may take."""

_TAKEN_BY_OTHERS = (
    Overtaken,
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)

_log = structlog.get_logger(__name__)


class Session:
    """Reads the log and keeps the tables, until something fails.

    Args:
        settings: Where the log and the database are.
        grouped: Share the partitions with the other projectors; else read all of them.
        reading: What it folds.

    Attributes:
        positions: The next offset to fold of each partition at hand.
    """

    def __init__(self, settings: Settings, *, grouped: bool, reading: Reading = OURS) -> None:
        self._db = connect(url_of(settings))
        try:
            connection = self._db.connection
            connection.execute("SET synchronous_commit = off")
            # The tables' statistics lag behind: every read is of single rows, by their keys.
            for plan in ("seqscan", "hashjoin", "mergejoin"):
                connection.execute(f"SET enable_{plan} = off")
            self._batches = Batches(self._db, reading)
            letters = [DEAD_LETTERS.name] if reading.letters else []
            self._topics = sorted({*self._batches.topics, *letters})
            self._assignment = Assignment()
            self._consumer = consumer(
                settings, self._topics, self._assignment, grouped=grouped, most=BATCH
            )
        except BaseException:
            self._db.close()
            raise
        self._settings, self._grouped, self._reading = settings, grouped, reading
        self._most, self._turn = BATCH, 0
        self._fetching = Fetching(self._consumer)
        self._stopped_at: dict[Place, tuple[int, float]] = {}
        self._noted = self._heard = time.monotonic()
        self._without_until = self._noted + 6 * settings.kafka.session_timeout_seconds
        self.positions: dict[Place, int] = {}

    def close(self) -> None:
        """Leave the group and end both connections."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_MILLISECONDS)
        finally:
            self._db.close()

    def step(self, milliseconds: float) -> int:
        """Fetch, and fold what may be folded; returns how many records were done with.

        A batch that cannot be folded is taken again in smaller ones, until it is one record.

        Args:
            milliseconds: How long to wait for something to come.

        Raises:
            Unfoldable: A user's code raised on a record; everything before it is kept.
        """
        if self._grouped:
            keep_joining(self._consumer)
        came = self._fetching.poll(milliseconds)
        self._reassign()
        chunks = self._candidates()
        count = 0
        if chunks:
            ends = {place: self._fetching.end(place) for place in chunks}
            try:
                done, gaps = self._batches.fold(chunks, self.positions, ends)
            except _TAKEN_BY_OTHERS as error:
                _log.info("projector.again", why=type(error).__name__)
                self._begin(chunks)
            except Unfoldable:
                self._begin(chunks)
                if not self._most:
                    raise
                self._most //= 2
                return 1
            else:
                count = self._kept(chunks, done, gaps)
        now = time.monotonic()
        if now - self._noted > EVERY_SECONDS:
            self._note()
        if came:
            self._heard = now
        elif now - self._heard > SILENT_SECONDS:
            self._heard = now
            fault = absent(self._settings, self._topics)
            if isinstance(fault, Misconfigured):
                raise fault
            if not self.positions and now > self._without_until:
                raise Unavailable(
                    "Kafka has given this projector no partition", "it joins the group again"
                )
        return count

    @property
    def database(self) -> PgDatabase:
        """Its connection, between two steps."""
        return self._db

    @property
    def waits(self) -> bool:
        """Whether something was fetched that is not folded yet."""
        return bool(self._fetching.waiting())

    def ends(self) -> dict[Place, int]:
        """The end of every partition at hand, as the broker says."""
        found = self._consumer.end_offsets(list(self._consumer.assignment()))
        return {(tp.topic, tp.partition): int(end) for tp, end in found.items()}

    def has_fetched(self, place: Place, end: int) -> bool:
        """Whether a partition was fetched up to an end, or as much of it as may wait here."""
        return bool(
            self.positions.get(place, 0) >= end
            or self._fetching.queue(place)
            or self._consumer.position(TopicPartition(*place)) >= end
        )

    def _reassign(self) -> None:
        """Take up what was assigned and let go of what was taken away."""
        gone, new = self._assignment.changes()
        if gone:
            self._fetching.drop(gone)
            self._batches.marks.forget(gone)
            # what waits there stays noted: if it comes back it is not told again
            for place in gone:
                self.positions.pop(place, None)
        if not new:
            return
        self._begin(new)
        ends = self.ends()
        for place in sorted(new & ends.keys()):
            if ends[place] < self.positions[place]:
                raise Misconfigured(
                    f"{place[0]}/{place[1]} ends at offset {ends[place]}, and the tables have"
                    f" folded it up to {self.positions[place]}: this is another log",
                    "set kafka.bootstrap_servers to the log that the database belongs to, or"
                    " database.url to an empty database",
                )
        self._note_what_is_gone(new)

    def _note_what_is_gone(self, places: Collection[Place]) -> None:
        """Say where records are gone that were not folded: nothing else would, on an inbox."""
        found = self._consumer.beginning_offsets([TopicPartition(*place) for place in places])
        for where, first in found.items():
            at = self.positions[where.topic, where.partition]
            if at < first and kept(where.topic):
                why = f"the records from offset {at} on are not there"
                gap = Gap(where.topic, where.partition, int(first), "", None, None, why)
                note_gap(self._db.connection, gap, self._reading.name)
                self._tell(gap)

    def _begin(self, places: Collection[Place]) -> None:
        """Go on with some partitions where the database says."""
        for place, position in begin(
            self._db.connection, places, self._batches.marks, self._reading.name
        ).items():
            self.positions[place] = position
            if position != self._stopped_at.get(place, (None,))[0]:  # else it was told already
                self._stopped_at.pop(place, None)
            self._fetching.begin(place, position)

    def _candidates(self) -> dict[Place, list[Fetched]]:
        """What is to be looked at in one batch: of inboxes only what the worker has taken."""
        waiting = [place for place in self._fetching.waiting() if place in self.positions]
        if not waiting:
            return {}
        taken = self._taken() if any(topic in INBOX_NAMES for topic, _ in waiting) else {}
        if not self._most:  # one record at a time, of each partition in its turn
            self._turn += 1
            waiting = [waiting[self._turn % len(waiting)]]
        share = self._most // len(waiting) + 1
        chunks: dict[Place, list[Fetched]] = {}
        for place in waiting:
            most = 1 if place in self._stopped_at else share
            chunk = list(islice(self._fetching.queue(place), most))
            if place[0] in INBOX_NAMES:
                limit = taken.get(place, 0)
                chunk = [one for one in chunk if one.offset < limit]
            if chunk:
                chunks[place] = chunk
        return chunks

    def _taken(self) -> dict[Place, int]:
        """How far the inboxes are worked off."""
        rows = self._db.execute(
            "SELECT domain, partition, position FROM partitions WHERE domain = ANY(?)",
            (list(DOMAINS),),
        )
        return {(DOMAINS[domain].name, int(p)): int(position) for domain, p, position in rows}

    def _kept(
        self,
        chunks: Mapping[Place, list[Fetched]],
        done: Mapping[Place, int],
        gaps: Iterable[Gap],
    ) -> int:
        """A batch was committed: go on behind it, and say what is wrong."""
        for gap in gaps:
            self._tell(gap)
        for place, count in done.items():
            if count:
                self.positions[place] = chunks[place][count - 1].offset + 1
                self._fetching.taken(place, count)
            if count == len(chunks[place]):
                self._stopped_at.pop(place, None)
            else:
                self._waits(place, chunks[place][count].offset)
        return sum(done.values())

    def _tell(self, gap: Gap) -> None:
        where = f"{gap.topic}/{gap.partition}/{gap.offset}"
        _log.warning("projector.gap", record=where, line=gap.line, why=gap.why)

    def _waits(self, place: Place, offset: int) -> None:
        """A ticket's event waits for its predecessor: after a while that is an alarm, once."""
        now = time.monotonic()
        before, since = self._stopped_at.get(place, (None, now))
        if before != offset:
            since = now
        elif now - since > PATIENCE_SECONDS:
            since = float("inf")
            _log.warning(
                "projector.waits",
                record=f"{place[0]}/{place[1]}/{offset}",
                why="the event of its ticket before it has not come; its partition waits with it",
            )
        self._stopped_at[place] = (offset, since)

    def _pass_over(self) -> None:
        """Go on behind what was fetched and held no record, such as a transaction's marks."""
        at = {
            place: int(self._consumer.position(TopicPartition(*place)))
            for place in self.positions
            if not self._fetching.queue(place)
        }
        stood = {place: self.positions[place] for place in at if at[place] > self.positions[place]}
        if stood:
            for place in passed(self._db.connection, stood, at, self._reading.name):
                self.positions[place] = at[place]

    def _note(self) -> None:
        """Note how long the partitions are, and tell Kafka how far we are."""
        self._noted = time.monotonic()
        self._pass_over()
        ends = {p: self._fetching.end(p) for p in self.positions}
        note_ends(self._db.connection, ends, self._reading.name)
        if self._grouped and self.positions:
            self._consumer.commit_async(
                {
                    TopicPartition(*place): OffsetAndMetadata(position, "", -1)
                    for place, position in self.positions.items()
                }
            )
