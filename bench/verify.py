"""How long a proof takes: `python bench/verify.py [RECORDS]`, by default of 100,000.

A desk works off contacts with models that cost nothing until its log is so long, and seals it. Then
all of the log's rows are read and nothing else is done with them (the limit), it is sealed, and
verified: rebuilt beside, compared, and held against its numbers and seals.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.workload import Timed, contacts, desk, peak_mb, table, timed
from streams.desk import Desk
from streams.embedded.rebuild import verify

AT_ONCE = 500
"""Contacts that are produced and worked off together."""


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


def main() -> None:
    """Print the figures of one store."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with desk(models=False) as found:
        fill(found, wanted)
        records = found.log.last_seq()
        bare, sealed = timed(lambda: read(found)), timed(found.seal)
        before = peak_mb()
        reports = []
        whole = timed(lambda: reports.append(verify(found.database)))
        assert reports[0]["clean"], reports[0]

        def line(what: str, took: Timed) -> tuple[str, str, str]:
            beside = f"{took.wall / bare.wall:.1f} times the bare read"
            return what, f"{records / took.wall:,.0f}", beside

        table(
            f"{records} records, {read(found) / 1e6:.0f} MB, records a second",
            [
                line("the log's rows read, and nothing else", bare),
                line("sealed", sealed),
                line("verified", whole),
                ("verified, by processor time", f"{records / whole.cpu:,.0f}", ""),
                ("memory grew by", f"{peak_mb() - before:,.0f} MB", ""),
            ],
        )


if __name__ == "__main__":
    main()
