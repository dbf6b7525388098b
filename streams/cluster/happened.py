"""The views of a cluster by when things happened, folded from Kafka into tables of a connection.

What had not happened by a moment is passed over, whatever was known when: no past that is kept can
answer that, and the log is read for it. Its order is found as a rebuild finds it. What was folded
goes into temporary tables of a connection, with the views over them, so that a query there is
taken and answered as it always is; all of it goes with the connection.
"""

from __future__ import annotations

from collections.abc import Callable

from projections.tables import TABLES
from schemas.record import Record
from schemas.topics import INBOX_NAMES
from streams.clock import micros
from streams.cluster import tables
from streams.cluster.anew import Anew
from streams.cluster.booking import NAME
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import entries
from streams.cluster.rebuild import copy_rows, folded
from streams.entry import Place
from streams.folding import Step
from streams.foreign import native
from streams.heads import Head, Spot, head_of
from streams.settings import Settings


class Roots:
    """When what lies in the inboxes happened: at the time of the outside record at its root."""

    def __init__(self) -> None:
        self._heads: dict[Spot, Head] = {}

    def read(self, settings: Settings, step: Step) -> None:
        """Read the inboxes' headers; raises as `entries` does."""
        for entry in entries(settings, sorted(INBOX_NAMES)):
            head = head_of(entry.headers)
            if not native(entry):  # its producer may have copied our headers
                head = head._replace(source=None)
            self._heads[entry.topic, entry.partition, entry.offset] = head
            step(1)

    def knows(self, record: Record) -> bool:
        """Whether a record was there when the inboxes were read, as far as it lies in one."""
        return (
            record.topic not in INBOX_NAMES
            or (record.topic, record.partition, record.offset) in self._heads
        )

    def happened(self, record: Record) -> int:
        """When what a record tells of happened, in microseconds since the epoch."""
        assert record.partition is not None
        assert record.offset is not None
        if record.topic in INBOX_NAMES:
            return self._root_of((record.topic, record.partition, record.offset))
        source = record.source
        spot = None if source is None else (source.topic, source.partition, source.offset)
        if spot is not None and spot in self._heads:
            return self._root_of(spot)
        return micros(record.at)

    def _root_of(self, spot: Spot) -> int:
        head = self._heads[spot]
        while head.source is not None and head.source in self._heads:
            head = self._heads[head.source]
        return head.at


def fold_up_to(
    settings: Settings, database: PgDatabase, clock: int, step: Step
) -> Callable[[Record, int], bool]:
    """Show the views of a connection by what had happened at a clock.

    Args:
        settings: Where the log is.
        database: The connection; its tables and views hide those that everybody sees.
        clock: Microseconds since the epoch.
        step: Told how many records were read or folded since it was told last.

    Returns:
        Whether a record had happened by then, whatever its clock.

    Raises:
        Unavailable: Kafka or the database does not answer.
    """
    roots = Roots()
    roots.read(settings, step)
    ends: dict[Place, int] = {}

    def happened(record: Record) -> bool:
        if roots.happened(record) > clock:
            return False
        assert record.partition is not None
        assert record.offset is not None
        ends[record.topic, record.partition] = record.offset + 1
        return True

    with Anew(settings, TABLES, only=happened) as anew:
        anew.up_to(folded(database, anew.topics), database, step)
        with database.transaction():
            database.execute("SET LOCAL statement_timeout = 0")
            tables.hide(database)
            for table in TABLES:
                copy_rows(database, table.sql_name, table.columns, table, anew.rows(table))
                for columns in table.indexes:
                    database.execute(f"CREATE INDEX ON {table.sql_name} ({', '.join(columns)})")
            database.execute(
                "DELETE FROM pg_temp.dead_letters WHERE CAST(headers::json ->> 'ce_time'"
                f" AS timestamptz) > to_timestamp({clock} / 1000000.0)"
            )
            database.executemany(
                "INSERT INTO pg_temp.read_positions VALUES (?, ?, ?, ?, ?)",
                [(NAME, *place, end, end) for place, end in ends.items()],
            )
    return lambda record, _: roots.knows(record) and roots.happened(record) <= clock
