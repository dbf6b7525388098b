"""How long a proof and a rebuild take: `python bench/verify.py [RECORDS]`, by default of 100,000.

A desk works off contacts with models that cost nothing until its log is so long, and seals it. Then
all of the log's rows are read and nothing else is done with them (the limit), it is sealed,
verified (rebuilt beside, compared, and held against its numbers and seals), and rebuilt. Beside it,
in the same run, the `eventsourcing` library reads bare events of the same size back, and folds them
into a table in the way it is used: each row with its tracking record in a transaction of its own.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from eventsourcing.persistence import Tracking
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder

from bench.peers import in_sqlite, save
from bench.workload import Timed, contacts, desk, peak_mb, table, timed
from streams.desk import Desk
from streams.embedded.rebuild import rebuild, verify

AT_ONCE = 500
"""Contacts that are produced and worked off together."""

EVENTS = 21_000
"""Events of the library; its pace is the same for more."""


def fill(found: Desk, records: int) -> None:
    """Have the desk work until its log holds so many records."""
    documents = contacts(records, customers=max(1, records // 20))
    at = 0
    while found.log.last_seq() < records:
        found.intake.documents(documents[at : at + AT_ONCE])
        found.run()
        at += AT_ONCE


def read(found: Desk) -> int:
    """Read every row of the log; returns their bytes."""
    rows = found.database.execute("SELECT * FROM log ORDER BY seq")
    return sum(len(row[5]) + len(row[6]) for row in rows)


class Texts(SQLiteTrackingRecorder):
    """The last text of each aggregate, as the library has it: with how far it was folded."""

    def construct_create_table_statements(self) -> list[str]:
        """The tracking table, and the view."""
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS texts (id TEXT PRIMARY KEY, text TEXT)",
        ]

    def put(self, number: str, text: str, tracking: Tracking) -> None:
        """Keep a text."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (number, text))


def library(events: int, size: int) -> tuple[float, float]:
    """Events a second that the library reads and decodes, and that it folds into a table."""
    with in_sqlite() as (application, folder):
        save(application, events, size)
        texts = Texts(SQLiteDatastore(str(folder / "texts.db")))
        texts.create_table()

        def decode() -> Iterator[tuple[Any, int]]:
            start = 1
            while found := application.recorder.select_notifications(start, 1000):
                for one in found:
                    yield application.mapper.to_domain_event(one), int(one.id)
                start = int(found[-1].id) + 1

        def fold() -> None:
            for event, place in decode():
                texts.put(str(event.originator_id), event.text, Tracking("texts", place))

        rates = events / timed(lambda: deque(decode(), 0)).wall, events / timed(fold).wall
        texts.datastore.close()
        return rates


def main() -> None:
    """Print the figures of one store."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with desk(tier=None) as found:
        fill(found, wanted)
        records = found.log.last_seq()
        bare, sealed = timed(lambda: read(found)), timed(found.seal)
        size = read(found)
        before = peak_mb()
        reports: list[dict[str, Any]] = []
        proved = timed(lambda: reports.append(verify(found.database)))
        rebuilt = timed(lambda: reports.append(rebuild(found.database, ())))
        grown = peak_mb() - before
        assert reports[0]["clean"], reports[0]
        assert all(one["same"] for one in reports[1].values()), reports[1]
    decoded, folded = library(EVENTS, size // records)

    def line(what: str, took: Timed) -> tuple[str, str, str]:
        beside = (
            f"{took.wall / bare.wall:.1f} times the bare read;"
            f" {records / took.cpu:,.0f} by processor time"
        )
        return what, f"{records / took.wall:,.0f}", beside

    table(
        f"{records:,} records, {size / 1e6:.0f} MB, records a second",
        [
            line("the log's rows read, and nothing else", bare),
            line("sealed", sealed),
            line("verified (goal: 16,667)", proved),
            line("rebuilt (goal: 20,000)", rebuilt),
            ("memory grew by", f"{grown:,.0f} MB", "goal: under 500 MB in all"),
            ("eventsourcing reads and decodes", f"{decoded:,.0f}", ""),
            (
                "eventsourcing folds into a table",
                f"{folded:,.0f}",
                f"rebuilt here: {records / rebuilt.wall / folded:.1f} times as fast",
            ),
        ],
    )


if __name__ == "__main__":
    main()
