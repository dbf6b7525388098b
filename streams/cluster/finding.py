"""Finding what lies near a known record of the log, without reading the log from its start."""

from __future__ import annotations

from streams.clock import parse_time
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.entry import Entry, Place

SKEW_SECONDS = 60.0
"""By how much the clocks of those who append to the log may differ."""

Spot = tuple[str, int, int]
"""A topic, a partition and an offset."""


def entry_at(reader: Reader, spot: Spot) -> Entry:
    """The entry at a spot, at which there is one.

    Raises:
        Misconfigured: It is gone.
        Unavailable: Kafka does not give it.
    """
    topic, partition, offset = spot
    place = (topic, partition)
    (entry,) = [e for step in reader.steps({place: offset}, {place: offset + 1}) for e in step]
    return entry


def around(reader: Reader, database: PgDatabase, spot: Spot) -> dict[Place, int]:
    """Where each partition was when an entry was appended, or a little before; raises as that.

    Its producer's clock may be ahead of everybody's: what followed from it was said when its worker
    took it.
    """
    entry = entry_at(reader, spot)
    moment = parse_time(entry.appended_at).timestamp()
    row = database.execute("SELECT clock FROM seen WHERE id = ?", (entry.id,)).fetchone()
    if row is not None and row[0] is not None:
        moment = min(moment, float(row[0]))
    return reader.since(moment - SKEW_SECONDS)
