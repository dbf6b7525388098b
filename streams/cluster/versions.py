"""Which version of a row was made by which record, so that tables can be shown as they stood.

A row of a live table knows the record that made it what it is. What it was before lies in the
table's past (`p_tickets_past`), with the record that made it so and the one that ended it. A table
whose rows never change has no past: its rows are there from their record on. Users' own tables have
no versions at all: as they stood they are folded anew (`streams.cluster.own_past`), as on the
embedded engine, and a view of theirs may say `SELECT *`.

A version is there from its clock on: the clock of the turn that took or wrote its record, or of the
version before it where that is later. So of a row's versions those that are known at a time are
always the first ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import msgspec

from projections.tables import Table
from streams.clock import micros
from streams.entry import Place

MADE = (
    ("made_clock", "bigint"),
    ("made_partition", "integer"),
    ("made_offset", "bigint"),
    ("made_number", "integer"),
    ("made_across", "boolean"),
)
"""What a row of a live table and of a past knows of the record that made it."""

_OURS = "p"
"""The prefix of tables whose rows have versions."""

MADE_ONCE = MADE[:3]
"""What a row knows that never changes."""

GONE = (("gone_clock", "bigint"), ("gone_partition", "integer"), ("gone_offset", "bigint"))
"""What a row of a past knows of the record that ended it."""

PAST = "_past"
"""What the name of a table's past ends with."""


class Made(NamedTuple):
    """What made a version of a row.

    Attributes:
        clock: From when on it is known.
        partition: Where its record lies.
        offset: Where its record lies.
        number: Which version of its row it is, from 1.
        across: Whether it or one before it came from another partition than the first.
    """

    clock: int
    partition: int
    offset: int
    number: int = 1
    across: bool = False


class Clocks:
    """The clocks of the partitions, and the record that is folded now.

    The clock of a record that a turn wrote is its own time, for that is the turn's. Of an inbox
    record it is the clock of the turn that took it; where nobody noted that, its own time or the
    latest one before it in its partition, as under simulated time.

    Attributes:
        at: The latest time of each partition so far.
        moved: How far each partition had come at each of its clocks since `settled`.
        late: By how much a record of each partition was behind the latest time, at most.
    """

    def __init__(self) -> None:
        self.at: dict[Place, int] = {}
        self.moved: dict[tuple[str, int, int], int] = {}
        self.late: dict[Place, int] = {}
        self._now = Made(0, 0, 0)

    def take(
        self, place: Place, offset: int, at: datetime | None, *, written: bool = False
    ) -> None:
        """A record is taken: it is the one that is folded now, where it is folded at all.

        Args:
            place: Where it lies.
            offset: Where it lies.
            at: Of an inbox record the clock of its turn, or its own time where nobody noted that;
                else its own. None for what changes no table.
            written: Whether a turn wrote it: its own time is then the turn's, whatever came before.
        """
        topic, partition = place
        latest = self.at.get(place, 0)
        if at is not None:
            clock = micros(at)
            latest = self.at[place] = max(latest, clock)
            if clock < latest:
                self.late[place] = max(self.late.get(place, 0), latest - clock)
            self._now = Made(clock if written else latest, partition, offset)
        self.moved[topic, partition, latest] = offset + 1

    @property
    def now(self) -> int:
        """The clock of the record that is folded now."""
        return self._now.clock

    def made(self, before: Made | None) -> Made:
        """What the record that is folded now makes of a row: of its version before, or anew."""
        now = self._now
        if before is None:
            return now
        clock, partition, _, number, across = before
        return Made(
            max(clock, now.clock),
            now.partition,
            now.offset,
            number + 1,
            across or now.partition != partition,
        )

    def settled(self) -> None:
        """What changed is kept elsewhere by now."""
        self.moved.clear()

    def forget(self, places: set[Place]) -> None:
        """Let go of what is known of some partitions."""
        for place in places:
            self.at.pop(place, None)
            self.late.pop(place, None)


@cache
def made_columns(table: Table) -> tuple[tuple[str, str], ...]:
    """What the rows of a live table know of their record: names and types."""
    if table.prefix != _OURS:
        return ()
    return MADE_ONCE if table.once else MADE


def has_past(table: Table) -> bool:
    """Whether what the rows of a table were before is kept."""
    return table.prefix == _OURS and not table.once


@cache
def kept(table: Table) -> type[Any]:
    """The struct of a live row with what made it."""
    return _sparse(f"Kept_{table.name}", [*table.columns, *(c for c, _ in made_columns(table))])


@cache
def ended(table: Table) -> type[Any]:
    """The struct of a past row with what made it and what ended it."""
    return _sparse(f"Ended_{table.name}", [*table.columns, *(c for c, _ in (*MADE, *GONE))])


def _sparse(name: str, columns: Sequence[str]) -> type[Any]:
    """A struct that says nothing in JSON of a column that is empty: the database reads less."""
    fields = [(column, Any, None) for column in columns]
    return msgspec.defstruct(name, fields, omit_defaults=True, gc=False)


@cache
def _together(table: Table) -> tuple[str, ...]:
    """The columns by which rows of a past are looked up: what belongs to something else."""
    ids = (first for first, *_ in table.indexes if first.endswith(("_id", "_into")))
    return tuple(dict.fromkeys(ids))


def past_ddl(table: Table, own: str, columns: str) -> tuple[str, ...]:
    """The statements that make a table's past and its indexes; none where it has no past.

    What is known at a time is found by an index over the times from which and up to which versions
    are known. One that was made and ended by the same turn is known at no time, and lies in an
    index of its own, for cuts within a turn. How many are known at a time, the planner sees from
    statistics of those times; without, it reads all that is known for one row.

    Args:
        table: Which table.
        own: The name of the live table that it goes with.
        columns: Its columns with their types, as the engine says it.
    """
    if not has_past(table):
        return ()
    name, key = own + PAST, table.columns[0]
    more = ", ".join(f"{column} {kind} NOT NULL" for column, kind in (*MADE, *GONE))
    return (
        f"CREATE TABLE {name} ({columns}, {more}, PRIMARY KEY ({key}, made_number))",
        (
            f"CREATE INDEX {name}_known ON {name} USING gist (int8range(made_clock, gone_clock))"
            " WHERE gone_clock > made_clock"
        ),
        f"CREATE INDEX {name}_within ON {name} (made_clock) WHERE gone_clock = made_clock",
        f"CREATE STATISTICS {name}_known ON (int8range(made_clock, gone_clock)) FROM {name}",
        *(f"CREATE INDEX {name}_{column} ON {name} ({column})" for column in _together(table)),
    )


def past_indexes(table: Table) -> list[str]:
    """What the names of the indexes of a table's past end with, behind the live table's name."""
    if not has_past(table):
        return []
    return [f"{PAST}_{name}" for name in ("known", "within", *_together(table))]


def past_statistics(table: Table) -> list[str]:
    """What the names of the statistics of a table's past end with, as those of its indexes."""
    return [f"{PAST}_known"] if has_past(table) else []
