"""How fast one looks back: `python bench/asof.py [EVENTS]`.

On PostgreSQL, a twentieth as many tickets as there are events, each changed by twenty of them in
four turns over four days, folded as the projector folds: the harshest history, for in a real one
only every fourth event changes a ticket. One ticket and the board are asked for as they stood at
moments over all four days and at places in the log of those days, each beside the same question
about now. On a store, the demo's first
dialogues, which are folded for a moment: the first look, one that goes on from another, the same
one again, and now.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.workload import table, timed
from schemas.record import Record, Source, partition_of
from schemas.topics import CONTACTS, TICKETS
from schemas.vocabulary import rfc3339
from streams.clock import ManualClock, parse_time
from streams.cluster import migrating
from streams.cluster.asof import View, cut_of
from streams.cluster.booking import begin
from streams.cluster.fetching import Fetched
from streams.cluster.folding import Batches
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.progress import shown
from streams.cluster.query import PgReader
from streams.demo.script import START
from streams.desk import Desk
from streams.entry import Place
from tests.projecting import event_of, played
from tests.real import Postgres

EACH = 20
"""Events of a ticket."""

TURNS = 4
"""In how many turns they are written, a day apart."""

AT_ONCE = 1000
"""Events of one batch."""

DIALOGUES = 60

ROUNDS = 15
"""How often each question is asked; the median counts."""

BEGIN = parse_time(START)

ONE = "SELECT * FROM v1_tickets WHERE ticket_id = 'TICK0'"
PAGE = (
    "SELECT * FROM v1_tickets WHERE status <> 'closed' ORDER BY created_at DESC, ticket_id DESC"
    " LIMIT 50"
)
COUNTS = "SELECT status, priority, count(*) AS n FROM v1_tickets GROUP BY 1, 2"


def events(tickets: int) -> Iterator[Record]:
    """The events, turn by turn over all tickets."""
    sequences: dict[str, int] = {}
    offsets: dict[int, int] = {}
    for turn in range(TURNS):
        at = BEGIN + timedelta(days=turn)
        for number in range(tickets):
            line, now = f"line{number}", at + timedelta(seconds=number)
            partition = partition_of(line)
            offset = offsets[partition] = offsets.get(partition, -1) + 1
            each = EACH // TURNS
            for index in range(each):
                last = sequences.get(line)
                sequences[line] = sequence = (last or 0) + 1
                one = event_of(f"TICK{number}", turn * each + index + 1, line, 0, sequence, last)
                source = Source(CONTACTS.name, partition, offset, index, each)
                yield msgspec.structs.replace(one, at=now, source=source)


def fold(database: PgDatabase, tickets: int) -> None:
    """Fold the events as the projector does."""
    batches = Batches(database)
    ends: dict[Place, int] = {}
    places = [(TICKETS.name, partition) for partition in range(12)]
    positions = begin(database.connection, places, batches.marks)
    coming = events(tickets)
    while some := list(islice(coming, AT_ONCE)):
        chunks: dict[Place, list[Fetched]] = {}
        for record in some:
            place = (TICKETS.name, partition_of(record.key))
            offset = ends[place] = ends.get(place, -1) + 1
            chunks.setdefault(place, []).append(
                Fetched(*place, offset, record.key, record.id, record)
            )
        done, _ = batches.fold(chunks, positions, {p: end + 1 for p, end in ends.items()})
        for place, count in done.items():
            positions[place] += count
    database.execute("ANALYZE")


def median(ask: Callable[[], object]) -> float:
    """Milliseconds, the median of some."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        found.append(1000 * (time.perf_counter() - began))
    return statistics.median(found)


def on_postgres(folder: Path, count: int) -> None:
    """Print the cluster's figures."""
    tickets = count // EACH
    with Postgres(folder / "postgres") as postgres:
        url = postgres.fresh_database()
        migrating.migrate(url)
        database = connect(url)
        took = timed(lambda: fold(database, tickets))
        reader = PgReader(url)
        moments = [rfc3339(BEGIN + timedelta(days=d, hours=1)) for d in range(TURNS)]
        past = [View(reader, cut_of(database, moment), None) for moment in moments]
        last = shown(database)[TICKETS.name, 0]
        places = [
            View(reader, cut_of(database, f"{TICKETS.name}/0/{last * part // 8}"), None)
            for part in range(1, 8, 2)
        ]
        rows = []
        for name, sql, goal in (
            ("one ticket", ONE, 50),
            (f"a page of the board of {tickets:,} tickets", PAGE, 300),
            ("its counts by status and priority", COUNTS, 300),
        ):
            reader.query(sql)
            now = median(lambda sql=sql: reader.query(sql))  # type: ignore[misc]  # a default
            then = [median(lambda v=v, sql=sql: v.query(sql)) for v in past]  # type: ignore[misc]  # as above
            at = [median(lambda v=v, sql=sql: v.query(sql)) for v in places]  # type: ignore[misc]  # as above
            rows.append(
                (
                    f"{name}, ms; goal: under {goal}",
                    f"{max(then):.1f}",
                    f"{max(then) / now:.1f} times now ({now:.1f}); by position {max(at):.1f}",
                )
            )
        reader.close()
        database.close()
    table(f"as of on PostgreSQL, {count:,} events ({count / took.wall:,.0f} a second folded)", rows)


def on_a_store(folder: Path) -> None:
    """Print the embedded engine's figures."""
    log = played(folder, DIALOGUES)
    middle, late = (rfc3339(log[len(log) * n // 10].record().at) for n in (5, 9))
    with Desk(folder, ManualClock(START), secret="demo") as desk:  # noqa: S106  # it guards nothing
        now = median(lambda: desk.query(COUNTS))
        first = timed(lambda: desk.as_of(middle).query(COUNTS))
        on = timed(lambda: desk.as_of(late).query(COUNTS))
        again = median(lambda: desk.as_of(late).query(COUNTS))
    table(
        f"as of on a store, {len(log):,} records",
        [
            ("the first look, half way, ms", f"{1000 * first.wall:.0f}", ""),
            (
                "one at nine tenths, on from there, ms",
                f"{1000 * on.wall:.0f}",
                f"{on.wall / first.wall:.2f} of the first",
            ),
            ("the same once more, ms", f"{again:.1f}", f"{again / now:.1f} times now ({now:.1f})"),
        ],
    )


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="pactdesk-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        on_a_store(folder / "store")
        on_postgres(folder, count)


if __name__ == "__main__":
    main()
