"""Folding records into tables, whatever the tables lie in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from projections.tables import TABLES, Table
from schemas.event import Event
from schemas.record import Record
from streams.errors import NotFound

Step = Callable[[int], None]
"""Told how many records were folded since it was told last."""


class Rows(Protocol):
    """The rows of one table, as an engine holds them."""

    @property
    def table(self) -> Table:
        """Which table."""
        ...

    def get(self, key: str) -> msgspec.Struct | None:
        """The row of a key."""
        ...

    def put(self, key: str, row: msgspec.Struct | None) -> None:
        """Hold a new row of a key until it is written."""
        ...


R = TypeVar("R", bound=Rows)


class Fold(Generic[R]):
    """Folds records into a set of tables.

    Args:
        rows: The tables' rows.

    Attributes:
        rows: The same.
    """

    def __init__(self, rows: Sequence[R]) -> None:
        self.rows = tuple(rows)
        self._touched: dict[type[Event], list[R]] = defaultdict(list)
        for one in self.rows:
            for kind in one.table.folds:
                self._touched[kind].append(one)

    @property
    def topics(self) -> frozenset[str]:
        """The topics that these tables fold."""
        return frozenset(one.table.topic for one in self.rows)

    @property
    def kinds(self) -> frozenset[type[Event]]:
        """The event types that mean something to these tables."""
        return frozenset(self._touched)

    def apply(self, record: Record) -> None:
        """Fold one record into every table that it means something to."""
        for rows in self._touched.get(type(record.event), ()):
            table = rows.table
            for key in table.keys(record):
                before = None if table.once else rows.get(key)
                after = table.evolve(before, record, key)
                if after is not before:
                    rows.put(key, after)

    def apply_but(self, record: Record, but: Container[tuple[str, str]]) -> None:
        """Fold one record as `apply` does, but for some rows: by the table's name and the key."""
        for rows in self._touched.get(type(record.event), ()):
            table = rows.table
            for key in table.keys(record):
                if (table.name, key) not in but:
                    before = None if table.once else rows.get(key)
                    after = table.evolve(before, record, key)
                    if after is not before:
                        rows.put(key, after)

    def touches(self, record: Record) -> Iterator[tuple[str, str]]:
        """Which rows a record may change: by the table's name and the key."""
        for rows in self._touched.get(type(record.event), ()):
            for key in rows.table.keys(record):
                yield rows.table.name, key

    def reads(self, record: Record) -> Iterator[tuple[R, str]]:
        """Which rows a record is folded onto, so that they can be fetched together."""
        for rows in self._touched.get(type(record.event), ()):
            if not rows.table.once:
                for key in rows.table.keys(record):
                    yield rows, key


def chosen_of(names: Sequence[str]) -> tuple[Table, ...]:
    """The tables of some names, all of them for none.

    Raises:
        NotFound: A table that there is not.
    """
    known = {table.name: table for table in TABLES}
    for name in names:
        if name not in known:
            raise NotFound(
                f"there is no projection {name}", "use some of " + ", ".join(sorted(known))
            )
    return tuple(known[name] for name in names) or TABLES
