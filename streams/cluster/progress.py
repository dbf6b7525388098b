"""How far a position is worked off, and how far the tables show it: for those who wait for it."""

from __future__ import annotations

from schemas.topics import DOMAINS
from streams.cluster import positions
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.entry import Place

_DOMAIN_OF = {topic.name: domain for domain, topic in DOMAINS.items()}


def shown(database: PgDatabase) -> dict[Place, int]:
    """How far the tables show each partition."""
    rows = database.execute("SELECT topic, partition, position FROM read_positions")
    return {(str(topic), int(partition)): int(position) for topic, partition, position in rows}


def shows(database: PgDatabase, position: str) -> bool:
    """Whether the tables show everything up to a position; raises `Refused` for none."""
    stood = shown(database)
    return all(
        stood[place] >= offset
        for place, offset in positions.vector(position).items()
        if place in stood
    )


def worked_off(database: PgDatabase, reader: Reader, position: str) -> str | None:
    """A position behind what followed from everything up to another; None before it is there.

    What the workers decided and the publisher has not sent is not in the log yet.

    Raises:
        Refused: It is not a position of a cluster.
        Unavailable: Kafka or the database does not answer.
    """
    for (topic, partition), offset in positions.vector(position).items():
        domain = _DOMAIN_OF.get(topic)
        if domain is not None and not done(database, domain, partition, offset):
            return None
    return positions.token(reader.ends())


def done(database: PgDatabase, domain: str, partition: int, offset: int) -> bool:
    """Whether an inbox partition is worked off up to an offset, and what was said is in the log."""
    row = database.execute(
        "SELECT position >= ? AND NOT EXISTS"
        " (SELECT 1 FROM outbox o WHERE o.domain = p.domain AND o.partition = p.partition)"
        " FROM partitions p WHERE domain = ? AND partition = ?",
        (offset, domain, partition),
    ).fetchone()
    return bool(row and row[0])
