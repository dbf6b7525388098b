"""The log into Arrow and Parquet: `python bench/replay.py [CONTACTS] [RECORDS]`.

Beside it, in the same run: a bare read of the same bytes, which is the limit, and the
`eventsourcing` library reading and decoding as many events of the same size from SQLite. A log of
some contacts' turns is copied until it has so many records, each under an offset of its own.
`bench/cluster.py` starts a Kafka; with PACTDESK_KAFKA__BOOTSTRAP_SERVERS set to one that holds the
contract's topics, the same is measured from there.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pyarrow import parquet

from bench.peers import GROUP, in_sqlite, save
from bench.workload import contacts, desk, held_mb, table, timed
from streams.cli.output import Progress
from streams.cluster.history import KafkaLog
from streams.desk import Desk
from streams.embedded.history import EmbeddedLog
from streams.history.batches import batch
from streams.history.replaying import AT_ONCE, REPLAYED, Log, replay
from streams.settings import load


def grown(found: Desk, records: int) -> int:
    """Copy the log behind itself until it has so many records; returns how many it has."""
    database = found.database
    while True:
        (have,) = database.execute("SELECT count(*) FROM log").fetchone()
        if have >= records:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # as a desk does while it grows
            return int(have)
        with database.transaction():
            database.execute(
                "INSERT INTO log (topic, partition, offset, key, headers, value, appended_at, id)"
                " SELECT topic, partition, offset + (SELECT end_offset FROM ends e WHERE"
                " e.topic = log.topic AND e.partition = log.partition), key,"
                # a later turn: readers leave out what a source gave before
                " json_replace(headers, '$.ce_sourceoffset',"
                " CAST((headers ->> 'ce_sourceoffset') + ? AS TEXT)),"
                " value, appended_at, id FROM log WHERE seq <= ? ORDER BY seq",
                (have, have),
            )
            database.execute(
                "UPDATE ends SET end_offset = (SELECT max(offset) + 1 FROM log WHERE"
                " log.topic = ends.topic AND log.partition = ends.partition)"
            )


def bare(found: Desk) -> Callable[[], object]:
    """Read every byte that a replay reads, and do nothing with it."""

    def work() -> None:
        for (topic, partition), end in EmbeddedLog(found.database).ends().items():
            for _ in found.database.execute(
                "SELECT offset, key, headers, value FROM log WHERE topic = ? AND partition = ?"
                " AND offset < ? ORDER BY offset",
                (topic, partition, end),
            ):
                pass

    return work


def to_arrow(log: Log) -> Callable[[], object]:
    """Every record as a row of an Arrow table, and no file."""

    def work() -> None:
        for place, end in log.ends().items():
            for raws in log.read(place, 0, end, AT_ONCE):
                batch(place, raws, {})

    return work


@contextmanager
def unseen() -> Iterator[Progress]:
    """No bar."""
    yield Progress("records", None, shown=False)


def segments(path: Path) -> Callable[[], object]:
    """Every row back from the segments."""

    def work() -> None:
        for file in path.glob("type=*/*.parquet"):
            parquet.ParquetFile(file).read(use_threads=False)

    return work


def peer(events: int, size: int) -> float:
    """Events a second that the `eventsourcing` library reads and decodes from SQLite."""
    with in_sqlite() as (application, _):
        save(application, events, size)

        def read() -> None:
            mapper, count = application.mapper, 0
            start = 1
            while found := application.recorder.select_notifications(start, 1000):
                count += sum(mapper.to_domain_event(one) is not None for one in found)
                start = int(found[-1].id) + 1
            assert count == events // GROUP * GROUP

        return events / timed(read).cpu


def rates(log: Log, records: int, path: Path) -> list[tuple[str, float]]:
    """Records a second of this process's own time, and what it was that took it."""
    arrow = timed(to_arrow(log)).cpu
    whole = timed(lambda: replay(log, path, None, lambda _: unseen())).cpu
    again = timed(lambda: replay(log, path, None, lambda _: unseen()))
    back = timed(segments(path)).cpu
    print(f"  a second replay: {again.wall:.2f} s")
    return [
        ("to Arrow (goal: 100,000 embedded, 50,000 from Kafka)", records / arrow),
        ("to Arrow and into Parquet", records / whole),
        ("back from the segments (goal: 1,000,000)", records / back),
    ]


def main() -> None:
    """Print the figures, and the ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    settings = load()[0]
    with desk(tier=None) as found, tempfile.TemporaryDirectory() as folder:
        found.intake.documents(contacts(count, customers=max(1, count // 2)))
        found.run()
        grown(found, wanted)
        log = EmbeddedLog(found.database)
        records = sum(log.ends().values())
        held = held_mb("--data", str(found.folder), "replay", "--to", str(Path(folder) / "first"))
        print(f"  the command that replays all of it: {held:,.0f} MB at most (goal: under 500)")
        size = _size(found)
        limit = records / timed(bare(found)).cpu
        rows = [("read and nothing else", limit), *rates(log, records, Path(folder) / "embedded")]
        other = peer(min(records, 100_000), size)
        rows.insert(1, ("eventsourcing reads and decodes", other))
        _print(f"{records:,} records of {size} bytes, a second of one core", rows, other)
        if settings.kafka.bootstrap_servers:
            with KafkaLog(settings) as kafka:
                there = sum(kafka.ends().values())
                found_there = rates(kafka, there, Path(folder) / "kafka")
            _print(f"{there:,} records of Kafka, a second of one core", found_there, other)


def _size(found: Desk) -> int:
    row: Any = found.database.execute(
        "SELECT avg(length(headers) + length(value)) FROM (SELECT * FROM log WHERE topic IN"
        f" ({', '.join('?' * len(REPLAYED))}) LIMIT 10000)",
        REPLAYED,
    ).fetchone()
    return int(row[0])


def _print(title: str, rows: list[tuple[str, float]], other: float) -> None:
    table(
        title, [(what, f"{rate:,.0f}", f"{rate / other:.2f} of the library") for what, rate in rows]
    )


if __name__ == "__main__":
    main()
