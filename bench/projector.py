"""How fast the cluster's projector is: `python bench/projector.py [DIALOGUES]`.

The log of the demo's first dialogues lies on a real Kafka, byte for byte, and is folded into a
real PostgreSQL: from the beginning, folded anew and compared by `verify`, and, with a projector
that is up, record by record from the log to its row.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.workload import peak_mb, table, timed
from streams.cluster.postgres import PgDatabase
from streams.cluster.producer import Producer
from streams.cluster.projector import Projector
from streams.cluster.rebuild import verify
from streams.cluster.wire import outgoing
from streams.settings import Settings
from tests.projecting import (
    SECONDS,
    as_sent,
    ends_of,
    event_of,
    lag,
    opened,
    played,
    ready,
    started,
    take,
    taken_in,
)
from tests.real import Broker, Cluster, Postgres, until

AT_ONCE = 5000
"""Records that are sent to Kafka together."""

BEYOND = 1_000_000
"""An offset beyond the demo's inbox: what does not come later than it is a repeat."""

PROBES = 300
"""Records that are followed from the log to their row."""


def loaded(settings: Settings, folder: Path, dialogues: int) -> int:
    """Put the demo's log on Kafka, as worked off; returns how many records the tables fold."""
    log = played(folder, dialogues)
    with Producer(settings) as producer:
        for first in range(0, len(log), AT_ONCE):
            producer.send([as_sent(one) for one in log[first : first + AT_ONCE]])
    take(settings, taken_in(log, folder))
    return sum(ends_of(log).values())


def seen(database: PgDatabase, producer: Producer, number: int) -> float:
    """Milliseconds from an acknowledged record to its row."""
    ticket = f"BENCH{number}"
    record = event_of(ticket, 1, f"line{number}", BEYOND + number, 1, None)
    producer.send([outgoing(record)])
    began = time.perf_counter()
    while database.execute("SELECT 1 FROM p_tickets WHERE ticket_id = ?", (ticket,)).rowcount < 1:
        if time.perf_counter() - began > SECONDS:
            raise SystemExit("the projector that is up folded nothing in time")
        time.sleep(0.0005)
    return 1000 * (time.perf_counter() - began)


def latencies(settings: Settings) -> list[float]:
    """The same for single records to a projector that is up and has nothing else to do."""
    with started(settings) as process, opened(settings) as database, Producer(settings) as producer:
        try:
            seen(database, producer, 0)
            return sorted(seen(database, producer, number) for number in range(1, PROBES))
        finally:
            process.terminate()


def main() -> None:
    """Print the figures."""
    dialogues = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="pactdesk-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with Broker(folder / "kafka") as broker, Postgres(folder / "postgres") as postgres:
            cluster = Cluster(broker, postgres, postgres.fresh_database())
            settings = ready(cluster, folder)
            count = loaded(settings, folder / "played", dialogues)
            fold = timed(Projector(settings).catch_up)
            assert lag(settings) == 0
            anew = timed(lambda: verify(settings))
            taken = latencies(settings)
            until(lambda: lag(settings) == 0, SECONDS, "it is folded")
    table(
        f"the projector, {count:,} records of {dialogues} dialogues",
        [
            (
                "from Kafka into PostgreSQL, records a second",
                f"{count / fold.wall:,.0f}",
                f"{count / fold.cpu:,.0f} by processor time; goal: 8,000",
            ),
            (
                "folded anew and compared (verify), records a second",
                f"{count / anew.wall:,.0f}",
                f"{count / anew.cpu:,.0f} by processor time",
            ),
            (
                "from the log to its row, one at a time, p50 ms",
                f"{statistics.median(taken):.1f}",
                f"p99 {taken[int(0.99 * len(taken))]:.1f}; goal: under 20",
            ),
            ("memory at most, MB", f"{peak_mb():.0f}", "with the demo's play and the log in it"),
        ],
    )


if __name__ == "__main__":
    main()
