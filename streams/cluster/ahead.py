"""Whether the log knows of decisions that the database does not: then nobody may decide on.

Nothing is on Kafka that the database could forget by itself. But a database may be lost, or an
older one restored; a worker that began with it would take records again that were decided before.
"""

from __future__ import annotations

from schemas.topics import DECISIONS, DOMAINS, TICKETS
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.entry import Place
from streams.errors import Unreadable
from streams.settings import Settings

LOOKED_AT = 200
"""How many of the last records of a partition are looked at."""

_SOURCES = {topic.name: domain for domain, topic in DOMAINS.items()}


def ahead(settings: Settings, database: PgDatabase) -> list[str]:
    """Where the log has what followed from records that the database has not taken, in words.

    Empty when all is well, however many workers are at work meanwhile: the log is read first, and
    positions only grow. Run `pactdesk recover` when it is not.

    Args:
        settings: Where the log is.
        database: The case store.

    Raises:
        Misconfigured: A topic is missing, or its records were deleted.
        Unavailable: Kafka or the database does not answer.
    """
    highest: dict[Place, int] = {}
    with Reader(settings, [DECISIONS.name, TICKETS.name]) as reader:
        starts, ends = reader.starts(), reader.ends()
        begin = {place: max(starts[place], end - LOOKED_AT) for place, end in ends.items()}
        for step in reader.steps(begin, ends):
            for entry in step:
                try:
                    source = entry.record().source
                except Unreadable:
                    continue
                if source is not None and source.topic in _SOURCES:
                    place = (source.topic, source.partition)
                    highest[place] = max(source.offset, highest.get(place, 0))
    rows = database.execute("SELECT domain, partition, position FROM partitions")
    stood = {(DOMAINS[d].name, int(p)): int(at) for d, p, at in rows if d in DOMAINS}
    return [
        f"the log has what followed from {topic}/{partition}/{offset}, and the database has taken"
        f" that partition up to offset {stood.get((topic, partition), 0)}"
        for (topic, partition), offset in sorted(highest.items())
        if offset >= stood.get((topic, partition), 0)
    ]
