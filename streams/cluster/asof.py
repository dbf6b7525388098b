"""The views of a cluster as they stood at a time or a position.

The projector keeps what rows were before (`streams.cluster.versions`), so that nothing is folded
for a question: it is asked of the views as they stood (`streams.cluster.then`) with a cut. Of a
cut by time all partitions belong as far as they were known; of one by position, as far as it says.
A place in a topic is both: its own partition up to it, and the others as they were known then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from schemas.record import Record
from schemas.topics import INBOX_NAMES, PARTITIONS, TOPICS
from streams import query
from streams.asof import AHEAD, BEFORE, PLACE, no_record, time_of
from streams.clock import Clock, micros
from streams.cluster import positions, then
from streams.cluster.asked import taken_apart
from streams.cluster.postgres import PgDatabase
from streams.cluster.query import PgReader
from streams.entry import Place
from streams.errors import NotFound
from streams.query import Found


class Cut(NamedTuple):
    """What belongs to the past that is asked for.

    Attributes:
        clock: Up to which clock, in microseconds since the epoch.
        ends: How far each partition; all of it where nothing is said.
    """

    clock: int
    ends: Mapping[Place, int] | None = None

    def holds(self, record: Record, clock: int) -> bool:
        """Whether a record, folded at a clock, belongs to it."""
        assert record.partition is not None
        assert record.offset is not None
        if self.ends is None:
            return clock <= self.clock
        return record.offset < self.ends.get((record.topic, record.partition), 0)

    @property
    def past(self) -> then.Past:
        """The cut as the views take it."""
        if self.ends is None:
            return then.Past(then.BY_TIME, {f"{then.SET}.clock": str(self.clock)})
        found = {}
        for topic in then.TOPICS:
            mine = {partition: end for (of, partition), end in self.ends.items() if of == topic}
            beyond = max([PARTITIONS, *(partition + 1 for partition in mine)])
            ends = [mine.get(partition, 0) for partition in range(beyond)]
            found[then.setting(topic)] = "{" + ",".join(map(str, ends)) + "}"
        return then.Past(then.BY_POSITION, found)


_LIVE = (
    "SELECT viewname FROM pg_views WHERE schemaname = current_schema()"
    " AND viewname = ANY(?) ORDER BY 1"
)
"""Which of some names are views that everybody sees."""

Own = Callable[[], tuple[PgReader, frozenset[str]]]
"""Makes a reader that holds the deployment's own views of a moment as well; and which."""


class View:
    """The views at one moment.

    Args:
        reader: Reads the database.
        cut: The moment; None where the reader's connection holds the views of a moment.
        remark: What is to be said of it.
        own: Asked when a query names a view of the deployment's own; by default there is none.

    Attributes:
        remark: The same.
    """

    def __init__(
        self, reader: PgReader, cut: Cut | None, remark: str | None, own: Own | None = None
    ) -> None:
        self._reader = reader
        self._past = None if cut is None else cut.past
        self._own = own
        self._theirs: frozenset[str] | None = None
        self.remark = remark

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Found:
        """The rows of a SELECT over the views; raises `Refused` for anything else."""
        named = {name for name in taken_apart(sql).names if name.startswith("own_")}
        if named:
            self._see_to_own(named)
        return self._reader.query(sql, parameters, self._past)

    def _see_to_own(self, named: set[str]) -> None:
        """Have the views of the deployment's own; nobody may be shown those of now for them."""
        if self._theirs is None:
            self._theirs = frozenset()
            if self._own is not None:
                self._reader, self._theirs = self._own()
            if self._past is not None:
                self._past = self._past._replace(own=self._theirs)
        live = self._reader.database.execute(_LIVE, (sorted(named - self._theirs),)).fetchone()
        if live is not None:
            raise query.no_such_view(f"{live[0]} cannot be folded as it stood")


def cut_of(database: PgDatabase, moment: str) -> Cut:
    """What a moment means.

    Args:
        database: The cluster's.
        moment: RFC 3339 time, a position token, or `topic/partition/offset`.

    Raises:
        Refused: It is neither a time nor a position.
        NotFound: The tables have not folded anything at that position.
    """
    if positions.is_token(moment):
        return _at_position(database, moment)
    place = PLACE.match(moment)
    if place is not None:
        return _at_place(database, (place[1], int(place[2])), int(place[3]))
    return Cut(micros(time_of(moment)))


def remark_on(database: PgDatabase, cut: Cut, clock: Clock) -> str | None:
    """What is to be said of a cut: that nothing was known yet, or that it lies in the future."""
    if cut.ends is not None:
        return None if cut.ends else BEFORE
    if cut.clock > micros(clock.now()):
        return AHEAD
    row = database.execute("SELECT 1 FROM read_times WHERE clock <= ? LIMIT 1", (cut.clock,))
    return None if row.fetchone() else BEFORE


def _at_position(database: PgDatabase, moment: str) -> Cut:
    ends = positions.vector(moment)
    stood = _folded(database)
    for (topic, partition), end in ends.items():
        folded = stood.get((topic, partition), 0)
        beyond = partition >= PARTITIONS and topic in then.TOPICS and not folded
        if topic not in TOPICS or partition < 0 or beyond:
            raise NotFound(f"there is no {topic}/{partition}", "take a position of this log")
        if topic in then.TOPICS and end > folded:
            raise NotFound(
                f"the tables have folded {topic}/{partition} up to offset {folded}, and the"
                f" position lies at {end}",
                "take a position of this log; what was just appended is there in a moment",
            )
    return Cut(then.FOREVER, ends)


def _at_place(database: PgDatabase, place: Place, offset: int) -> Cut:
    """Right behind a record: what its turn wrote elsewhere belongs to it if the turn wrote it."""
    topic, partition = place
    row = database.execute(
        "SELECT clock FROM read_times WHERE topic = ? AND partition = ? AND position > ?"
        " ORDER BY position LIMIT 1",
        (topic, partition, offset),
    ).fetchone()
    if row is None:
        raise no_record(f"{topic}/{partition}/{offset}")
    known = database.execute(
        "SELECT r.topic, r.partition, t.position FROM read_positions r CROSS JOIN LATERAL"
        " (SELECT position FROM read_times t WHERE t.topic = r.topic"
        " AND t.partition = r.partition AND t.clock <= ? ORDER BY t.clock DESC LIMIT 1) AS t"
        " WHERE r.projection = 'tables'",
        (row[0] - (topic in INBOX_NAMES),),
    )
    ends = {(str(t), int(p)): int(end) for t, p, end in known}
    return Cut(then.FOREVER, {**ends, place: offset + 1})


def _folded(database: PgDatabase) -> dict[Place, int]:
    rows = database.execute("SELECT topic, partition, position FROM read_positions")
    return {(str(topic), int(partition)): int(position) for topic, partition, position in rows}
