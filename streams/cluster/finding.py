"""Finding what lies near a known record of the log, without reading the log from its start."""

from __future__ import annotations

from streams.clock import parse_time
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


def around(reader: Reader, spot: Spot) -> dict[Place, int]:
    """Where each partition was when an entry was appended, or a little before; raises as that."""
    appended = parse_time(entry_at(reader, spot).appended_at).timestamp()
    return reader.since(appended - SKEW_SECONDS)
