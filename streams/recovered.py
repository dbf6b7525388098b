"""Where a case store is folded anew: beside the live one, in a file that goes afterwards.

It has the tables of an embedded store, whichever engine it is for, and what folding needs beside:
what followed from which record, which records were put aside, and who said whose a handle is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from projections.case import Ticket
from streams.comparing import digest_of_rows
from streams.embedded.database import Database
from streams.embedded.opening import open_database
from streams.embedded.store import CaseStore
from streams.errors import Refused
from streams.store import packed, unpacked_line, unpacked_ticket

_BESIDE = """
DROP TABLE parked;
CREATE TABLE parked (
    ticket_id TEXT NOT NULL,
    key TEXT NOT NULL,
    closed INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (ticket_id, key)
) WITHOUT ROWID;
CREATE INDEX parked_open ON parked (key) WHERE NOT closed;

CREATE TABLE outputs (
    source_topic TEXT NOT NULL,
    source_partition INTEGER NOT NULL,
    source_offset INTEGER NOT NULL,
    place INTEGER NOT NULL,
    count INTEGER NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (source_topic, source_partition, source_offset, place)
) WITHOUT ROWID;

CREATE TABLE put_aside (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, offset)
) WITHOUT ROWID;

CREATE TABLE taught (
    moment REAL NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (moment, topic, partition, offset)
) WITHOUT ROWID;

CREATE TABLE first (
    id TEXT NOT NULL PRIMARY KEY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL
) WITHOUT ROWID;
"""
"""Between partitions there is no order: a parked ticket that moved lies once for each of its lines
until all are folded. The other tables hold what surveying the log finds, and which of several
records with one id is the first."""


@contextmanager
def scratch() -> Iterator[Database]:
    """An empty store in a folder that nobody else sees and that goes with it."""
    with TemporaryDirectory(prefix="pactdesk-recover-") as folder:
        database = open_database(Path(folder))
        try:
            database.execute("PRAGMA journal_mode = OFF")  # whatever goes wrong, it is thrown away
            database.execute("PRAGMA synchronous = OFF")
            database.connection.executescript(_BESIDE)
            database.execute("BEGIN")
            yield database
        finally:
            database.close()


class RecoveredStore(CaseStore):
    """The lines as they are folded anew; a ticket that moved may be parked on several of them.

    Args:
        database: The scratch store.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._came_back: list[tuple[str, Ticket]] = []

    def begin(self) -> None:
        """Begin with a record."""
        self._came_back.clear()

    def undo(self) -> None:
        """Park again what came back for a record that cannot be folded after all."""
        for key, ticket in self._came_back:
            self.park(key, [ticket])

    def parked(self, key: str, ticket_ids: Iterable[str]) -> list[Ticket]:
        """The parked tickets of a line among these, each taken out of the parking."""
        found = super().parked(key, ticket_ids)
        self._came_back += [(key, ticket) for ticket in found]
        return found

    def park(self, key: str, tickets: Iterable[Ticket]) -> None:
        """Put tickets aside."""
        self._db.executemany(
            "INSERT OR REPLACE INTO parked (ticket_id, key, closed, state) VALUES (?, ?, ?, ?)",
            [(t.id, key, t.status == "closed", packed(t)) for t in tickets],
        )


def parked_rows(database: Database) -> Iterator[tuple[Any, ...]]:
    """The parked tickets, each where it went last: ticket, line, whether it is closed, state."""
    rows = database.execute(
        "SELECT ticket_id, key, closed, state FROM parked ORDER BY ticket_id, key"
    )
    for _, same in groupby(rows, key=lambda row: row[0]):
        yield max(same, key=lambda row: unpacked_ticket(row[3]).revision)


ROWS: dict[str, tuple[str, ...]] = {
    "lines": ("domain", "key", "numbered", "state"),
    "parked": ("ticket_id", "key", "closed", "state"),
    "timers": ("id", "key", "partition", "ticket_id", "kind", "target", "due_at"),
    "claims": ("request_id", "part", "attempt", "state", "outcome"),
    "contact_points": ("channel", "handle", "customer_id", "declared", "absorbed"),
}
"""The tables that both engines have alike, and their columns; what identifies a row comes first."""


def rows_of(database: Database, table: str) -> Iterator[tuple[Any, ...]]:
    """The rows of one of `ROWS`, as they were folded anew, in the order of their columns."""
    if table == "parked":
        return parked_rows(database)
    columns = ", ".join(ROWS[table])
    return iter(database.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}"))


Report = dict[str, Any]
"""What a recovery came to: `records` folded, by table its `rows` and whether it was the `same`
before, the entries that were `left` to the worker by partition, and the `gaps` of the log; on a
cluster also the `contents` of how many contacts were missing and are known again."""


def compared(
    name: str, anew: Iterable[tuple[Any, ...]], live: Iterable[tuple[Any, ...]]
) -> dict[str, Any]:
    """A table as it was folded anew, beside the live one, both in one order; states by content."""
    digest, rows = digest_of_rows(_meant(name, row) for row in anew)
    before, _ = digest_of_rows(_meant(name, row) for row in live)
    return {"rows": rows, "same": digest == before}


def _meant(name: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row with its state decoded; with its bytes, if they are none."""
    try:
        match name:
            case "lines":
                return (*row[:2], *unpacked_line(row[0], row[3], row[2]))
            case "parked":
                return (*row[:3], unpacked_ticket(row[3]))
            case _:
                return tuple(row)
    except (msgspec.MsgspecError, KeyError):
        return tuple(row)


def refuse_worse(gaps: Sequence[str], lines: int) -> None:
    """Keep a store that is there from being replaced by one that was folded from less.

    Args:
        gaps: What the log lacks.
        lines: How many lines the live store has.

    Raises:
        Refused: There are both.
    """
    if gaps and lines:
        raise Refused(
            f"the log lacks what was decided once ({gaps[0]}"
            + (f", and {len(gaps) - 1} more" if len(gaps) > 1 else "")
            + "), and a store is there that may have it",
            "restore the log; nothing was changed. If this store is lost anyway, empty its table"
            " lines and recover what the log still holds",
        )
