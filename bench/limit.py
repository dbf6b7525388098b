"""How near the store is to its disk: `python bench/limit.py [CONTACTS]`.

The desk works off contacts with models that cost nothing. Then a bare SQLite file takes the same
number of records, of the same sizes, in the same number of transactions, into the same log table
with the same indexes, and nothing else: no state, no timers, no position. That is the limit.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.workload import Timed, contacts, desk, table, timed
from streams.embedded.opening import CHECKPOINT_PAGES

Row = tuple[object, ...]


def ours(count: int) -> tuple[Timed, list[list[Row]]]:
    """Time the desk; returns what it wrote to its log, by append."""
    with desk(tier=None) as found:
        found.intake.documents(contacts(count, customers=max(1, count // 2)))
        appends: list[list[Row]] = []
        statements = found.database.executemany

        def watched(sql: str, values: list[Row]) -> object:
            if sql.startswith("INSERT INTO log"):
                appends.append(values)
            return statements(sql, values)

        found.database.executemany = watched  # type: ignore[assignment]  # only to look on
        with found.shift() as shift:
            return timed(shift.run), appends


def bare(appends: list[list[Row]]) -> Timed:
    """Time a bare SQLite log that takes the same rows in the same transactions."""
    with tempfile.TemporaryDirectory(prefix="pactdesk-bench-") as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(
            "CREATE TABLE log (seq INTEGER PRIMARY KEY, topic TEXT, partition INTEGER,"
            " offset INTEGER, key TEXT, headers TEXT, value BLOB, appended_at TEXT, id TEXT)"
        )
        connection.execute("CREATE UNIQUE INDEX log_place ON log (topic, partition, offset)")
        connection.execute("CREATE INDEX log_id ON log (id)")

        def work() -> None:
            for rows in appends:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
                connection.execute("COMMIT")

        took = timed(work)
        connection.close()
        return took


def main() -> None:
    """Print both figures and their ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    took, appends = ours(count)
    records = sum(len(rows) for rows in appends)
    limit = bare(appends)
    table(
        f"{records} records in {len(appends)} transactions, records a second",
        [
            ("bare SQLite inserts (the limit)", f"{records / limit.wall:,.0f}", ""),
            (
                "decided, folded, committed and projected",
                f"{records / took.wall:,.0f}",
                f"{limit.wall / took.wall:.2f} of the limit",
            ),
        ],
    )


if __name__ == "__main__":
    main()
