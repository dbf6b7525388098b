"""The rows of a table folded anew in a scratch database, with what made them and what they were.

As the live tables keep it (`streams.cluster.versions`), so that a rebuild brings the past along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from projections.tables import TABLES, Table
from schemas.record import Record
from streams import folding
from streams.cluster.pgtext import without_nul
from streams.cluster.versions import GONE, MADE, PAST, Clocks, Made, made_columns
from streams.embedded import tables
from streams.embedded.database import Database
from streams.embedded.tables import GATHERED, Rows


class ScratchRows(Rows):
    """The rows of one table.

    Args:
        database: The scratch database, with the table in it.
        table: Which table.
        clocks: What the record is that is folded now.
    """

    def __init__(self, database: Database, table: Table, clocks: Clocks) -> None:
        super().__init__(database, table)
        self._scratch = database
        self._clocks = clocks
        self._made: dict[str, Made] = {}
        self._ended: list[tuple[Any, ...]] = []
        name, self._key = table.sql_name, table.columns[0]
        made = [column for column, _ in MADE]
        for column in made:
            database.execute(f"ALTER TABLE {name} ADD COLUMN {column}")
        past = [*table.columns, *made, *(column for column, _ in GONE)]
        database.execute(f"CREATE TABLE {name}{PAST} ({', '.join(past)})")
        again = "IGNORE" if table.once else "REPLACE"
        marks = ", ".join("?" * (len(table.columns) + len(made)))
        self._upsert = f"INSERT OR {again} INTO {name} VALUES ({marks})"
        self._read = f"SELECT {', '.join(made)} FROM {name} WHERE {self._key} = ?"
        self._end = f"INSERT INTO {name}{PAST} VALUES ({', '.join('?' * len(past))})"

    def put(self, key: str, row: msgspec.Struct | None) -> None:
        """Hold a new row of a key until the flush."""
        if self.table.once:
            self._made.setdefault(key, self._clocks.made(None))
        else:
            was: msgspec.Struct | None = self._held.get(key)
            before = None if was is None else self._made_of(key)
            made = self._made[key] = self._clocks.made(before)
            if was is not None and before is not None:
                self._ended.append((*msgspec.structs.astuple(was), *before, *made[:3]))
        super().put(key, row)

    def relieve(self) -> None:
        """Write what changed once too much is at hand, of what the rows were before too."""
        super().relieve()
        if len(self._ended) >= GATHERED:
            self.flush()

    def _made_of(self, key: str) -> Made:
        made = self._made.get(key)
        if made is None:
            made = Made(*self._scratch.execute(self._read, (key,)).fetchone())
            self._made[key] = made
        return made

    def _values(self, key: str) -> tuple[Any, ...]:
        return (*super()._values(key), *self._made[key])

    def flush(self) -> None:
        """Write what changed."""
        self._scratch.executemany(self._end, self._ended)
        self._ended.clear()
        super().flush()
        if not self._held:
            self._made.clear()

    def kept(self) -> Iterator[tuple[Any, ...]]:
        """The rows with what made them, as the live table holds them."""
        columns = ", ".join([*self.table.columns, *(c for c, _ in made_columns(self.table))])
        return self._rows(f"SELECT {columns} FROM {self.table.sql_name}")

    def past(self) -> Iterator[tuple[Any, ...]]:
        """What the rows were before, in the order of their key and number."""
        return self._rows(
            f"SELECT * FROM {self.table.sql_name}{PAST} ORDER BY {self._key}, made_number"
        )

    def _rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        for row in self._scratch.execute(sql):
            yield tuple(without_nul(one) if isinstance(one, str) else one for one in row)


class ScratchFold(folding.Fold[Rows]):
    """Folds records into tables of a scratch database.

    Args:
        database: The scratch database, empty.
        chosen: Which tables.
        clocks: What the record is that is folded now; None where nobody asks what made a row.
    """

    def __init__(
        self, database: Database, chosen: Sequence[Table], clocks: Clocks | None = None
    ) -> None:
        for table in chosen:
            database.execute(tables.ddl(table)[0])
        super().__init__(
            [
                Rows(database, table) if clocks is None else ScratchRows(database, table, clocks)
                for table in chosen
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

    def of(self, table: Table) -> ScratchRows:
        """The rows of a table with what made them."""
        (found,) = (rows for rows in self.rows if rows.table is table)
        assert isinstance(found, ScratchRows), "it folds without what made them"
        return found


class Sifted(ScratchFold):
    """Folds some records into the tables of another fold, and all of them into the tickets here.

    Args:
        database: A scratch database of its own, empty.
        into: What the records are folded into.
        only: Which records.
    """

    def __init__(
        self, database: Database, into: ScratchFold, only: Callable[[Record], bool]
    ) -> None:
        super().__init__(database, [t for t in TABLES if t.name == "tickets"])
        self._into = into
        self._only = only

    def apply(self, record: Record) -> None:
        """Fold one record."""
        super().apply(record)
        if self._only(record):
            self._into.apply(record)

    def flush(self) -> None:
        """Write what changed, in both."""
        super().flush()
        self._into.flush()

    def relieve(self) -> None:
        """Write what is too much, in both."""
        super().relieve()
        self._into.relieve()
