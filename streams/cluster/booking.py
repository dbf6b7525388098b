"""The projector's own books in PostgreSQL: positions, marks, gaps; written with the rows.

All of it is written in the transaction of the rows that it speaks of. Whoever writes locks the
positions of its partitions first and compares them with what it knows, so that of two readers of
one partition one goes on and the other finds that it is behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import psycopg

from streams.cluster.fetching import Fetched
from streams.cluster.judging import Taking
from streams.cluster.marks import Gap, LineKey, Marks
from streams.cluster.pgtext import as_json
from streams.entry import Place

Connection = psycopg.Connection[tuple[Any, ...]]

NAME = "tables"
"""Under which name the tables' reader keeps its books."""

_PLACES = "json_to_recordset(%s::json) AS given (topic text, partition integer)"
_TIMES = (
    "INSERT INTO read_times (topic, partition, clock, position)"
    " SELECT topic, partition, clock, position FROM json_to_recordset(%s::json)"
    " AS given (topic text, partition integer, clock bigint, position bigint)"
    " ON CONFLICT (topic, partition, clock) DO UPDATE SET position = excluded.position"
)
_LINES = "json_to_recordset(%s::json) AS given (topic text, source_topic text, line text)"


class Overtaken(Exception):
    """Somebody else folded what this reader was about to fold; nothing of it was written."""


def begin(
    connection: Connection, places: Iterable[Place], marks: Marks, name: str = NAME
) -> dict[Place, int]:
    """Where to go on with some partitions, with what is known of their sources.

    Args:
        connection: The reader's, in no transaction.
        places: Which partitions.
        marks: Where to keep what is known of their sources.
        name: The reader's name in the books.
    """
    wanted = sorted(set(places))
    given = _json(({"topic": t, "partition": p} for t, p in wanted))
    connection.execute(
        "INSERT INTO read_positions (projection, topic, partition, position, end_position)"
        f" SELECT '{name}', topic, partition, 0, 0 FROM {_PLACES} ON CONFLICT DO NOTHING",
        (given,),
    )
    stood = connection.execute(
        f"SELECT topic, partition, position, late FROM {_PLACES}"
        f" JOIN read_positions USING (topic, partition) WHERE projection = '{name}'",
        (given,),
    ).fetchall()
    positions = {(str(t), int(p)): int(position) for t, p, position, _ in stood}
    # After the positions: what is newer than they are is noticed when the first batch is kept.
    marks.forget(wanted)
    marks.clocks.late.update({(t, p): late for t, p, _, late in stood})
    for topic, partition, source, number, offset, index in connection.execute(
        "SELECT topic, partition, source_topic, source_partition, source_offset, source_index"
        f" FROM {_PLACES} JOIN read_sources USING (topic, partition) WHERE projection = '{name}'",
        (given,),
    ):
        marks.sources[topic, partition, source, number] = (offset, index)
    if name != NAME:  # the clocks are those of our tables, which may be far ahead of this reader
        return positions
    for topic, partition, clock in connection.execute(
        f"SELECT topic, partition, max(clock) FROM {_PLACES}"
        " JOIN read_times USING (topic, partition) GROUP BY topic, partition",
        (given,),
    ):
        marks.clocks.at[topic, partition] = clock
    return positions


def passed(
    connection: Connection,
    stood: Mapping[Place, int],
    ends: Mapping[Place, int],
    name: str = NAME,
) -> set[Place]:
    """Go on behind offsets that hold no record; returns the partitions where nobody else did.

    Args:
        connection: The reader's, in no transaction.
        stood: Where the reader stood in these partitions.
        ends: Where it stands now.
        name: Its name in the books.
    """
    moved = connection.execute(
        "UPDATE read_positions r SET position = given.position,"
        " end_position = greatest(r.end_position, given.position)"
        " FROM json_to_recordset(%s::json)"
        " AS given (topic text, partition integer, stood bigint, position bigint)"
        " WHERE r.topic = given.topic AND r.partition = given.partition"
        f" AND r.projection = '{name}' AND r.position = given.stood"
        " RETURNING r.topic, r.partition",
        (
            _json(
                {"topic": t, "partition": p, "stood": at, "position": ends[t, p]}
                for (t, p), at in stood.items()
            ),
        ),
        prepare=True,
    )
    return {(str(topic), int(partition)) for topic, partition in moved.fetchall()}


def note_gap(connection: Connection, gap: Gap, name: str = NAME) -> None:
    """Note that something is missing, if that was not noted before."""
    connection.execute(
        'INSERT INTO gaps (projection, topic, partition, "offset", line, previous, last)'
        f" VALUES ('{name}', %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (gap.topic, gap.partition, gap.offset, gap.line, gap.previous, gap.last),
    )


def note_ends(connection: Connection, ends: Mapping[Place, int], name: str = NAME) -> None:
    """Note how long partitions have grown that are not folded to their ends."""
    connection.execute(
        "UPDATE read_positions r SET end_position = given.end_position"
        " FROM json_to_recordset(%s::json)"
        " AS given (topic text, partition integer, end_position bigint)"
        " WHERE r.topic = given.topic AND r.partition = given.partition"
        f" AND r.projection = '{name}' AND r.end_position < given.end_position",
        (_json({"topic": t, "partition": p, "end_position": e} for (t, p), e in ends.items()),),
        prepare=True,
    )


class Books:
    """What is read and written around one batch; every call belongs to its transaction.

    Args:
        connection: The reader's; in pipeline mode, so that asking costs no round trip.
        marks: The reader's.
        name: Its name.
    """

    def __init__(self, connection: Connection, marks: Marks, name: str = NAME) -> None:
        self._db = connection
        self._name = name
        self._marks = marks
        self._stood: psycopg.Cursor[tuple[Any, ...]] | None = None
        self._lines: psycopg.Cursor[tuple[Any, ...]] | None = None
        self._first: psycopg.Cursor[tuple[Any, ...]] | None = None

    def ask(self, places: Collection[Place], lines: Collection[LineKey], ids: list[str]) -> None:
        """Lock some positions, and ask for lines' last numbers and for where ids came first."""
        given = _json({"topic": t, "partition": p} for t, p in sorted(places))
        self._stood = self._db.execute(
            f"SELECT r.topic, r.partition, r.position FROM {_PLACES} JOIN read_positions r"
            f" USING (topic, partition) WHERE r.projection = '{self._name}'"
            " ORDER BY r.topic, r.partition FOR UPDATE OF r",
            (given,),
            prepare=True,
        )
        self._lines = self._first = None
        if lines:
            given = _json({"topic": t, "source_topic": s, "line": line} for t, s, line in lines)
            self._marks.lines.update(dict.fromkeys(lines))
            self._lines = self._db.execute(
                f"SELECT topic, source_topic, line, sequence FROM {_LINES} JOIN read_lines"
                f" USING (topic, source_topic, line) WHERE projection = '{self._name}'",
                (given,),
                prepare=True,
            )
        if ids:
            self._first = self._db.execute(
                'SELECT id, topic, partition, "offset", clock FROM seen'
                " WHERE id = ANY(ARRAY(SELECT json_array_elements_text(%s::json)))",
                (as_json(ids),),
                prepare=True,
            )

    def answers(self, expected: Mapping[Place, int]) -> dict[str, Taking]:
        """Compare the positions, take in the lines; returns where each id came first.

        Raises:
            Overtaken: A position is not as expected.
        """
        assert self._stood is not None
        stood = {(t, p): position for t, p, position in self._stood.fetchall()}
        if stood != dict(expected):
            raise Overtaken
        if self._lines is not None:
            for topic, source, line, sequence in self._lines.fetchall():
                self._marks.lines[topic, source, line] = sequence
        if self._first is None:
            return {}
        return {number: tuple(taking) for number, *taking in self._first.fetchall()}

    def write(self, moved: Mapping[Place, tuple[int, int]], letters: Iterable[Fetched]) -> None:
        """Write positions (with the partitions' ends), marks, clocks, gaps and dead letters."""
        marks = self._marks
        self._upsert(
            "read_positions",
            "topic text, partition integer",
            "position bigint, end_position bigint, late bigint",
            [
                {
                    "topic": t,
                    "partition": p,
                    "position": position,
                    "end_position": end,
                    "late": marks.clocks.late.get((t, p), 0),
                }
                for (t, p), (position, end) in sorted(moved.items())
            ],
        )
        self._upsert(
            "read_sources",
            "topic text, partition integer, source_topic text, source_partition integer",
            "source_offset bigint, source_index integer",
            [
                {
                    "topic": t,
                    "partition": p,
                    "source_topic": source,
                    "source_partition": number,
                    "source_offset": marks.sources[t, p, source, number][0],
                    "source_index": marks.sources[t, p, source, number][1],
                }
                for t, p, source, number in sorted(marks.moved_sources)
            ],
        )
        self._upsert(
            "read_lines",
            "topic text, source_topic text, line text",
            "sequence bigint",
            [
                {
                    "topic": t,
                    "source_topic": source,
                    "line": line,
                    "sequence": marks.lines[t, source, line],
                }
                for t, source, line in sorted(marks.moved_lines)
            ],
        )
        if self._name == NAME:  # another reader would put our tables back to where it stands
            self._times()
        for gap in marks.gaps:
            note_gap(self._db, gap, self._name)
        for letter in letters:
            self._letter(letter)

    def _times(self) -> None:
        times = [
            {"topic": t, "partition": p, "clock": clock, "position": position}
            for (t, p, clock), position in sorted(self._marks.clocks.moved.items())
        ]
        if times:
            self._db.execute(_TIMES, (as_json(times),), prepare=True)

    def _upsert(self, table: str, keys: str, values: str, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        key = ", ".join(_names(keys))
        names = ", ".join([*_names(keys), *_names(values)])
        again = ", ".join(f"{name} = excluded.{name}" for name in _names(values))
        self._db.execute(
            f"INSERT INTO {table} (projection, {names}) SELECT '{self._name}', {names}"
            f" FROM json_to_recordset(%s::json) AS given ({keys}, {values})"
            f" ON CONFLICT (projection, {key}) DO UPDATE SET {again}",
            (as_json(rows),),
            prepare=True,
        )

    def _letter(self, one: Fetched) -> None:
        assert one.letter is not None
        headers, value = one.letter
        self._db.execute(
            'INSERT INTO dead_letters (id, partition, "offset", headers, key, value)'
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (
                one.id or f"{one.topic}/{one.partition}/{one.offset}",
                one.partition,
                one.offset,
                as_json(headers),
                one.key,
                value,
            ),
        )


def _names(columns: str) -> list[str]:
    return [column.split()[0] for column in columns.split(", ")]


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return as_json(list(rows))
