"""How far a position is worked off, and how far the tables show it: for those who wait for it."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.topics import DOMAINS
from streams.asof import time_of
from streams.cluster import positions
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.entry import Place
from streams.intake import Taken
from streams.store import FOLDED

_DOMAIN_OF = {topic.name: domain for domain, topic in DOMAINS.items()}


def shown(database: PgDatabase) -> dict[Place, int]:
    """How far the tables show each partition."""
    rows = database.execute(FOLDED)
    return {(str(topic), int(partition)): int(position) for topic, partition, position in rows}


def done(database: PgDatabase, domain: str, partition: int, offset: int) -> bool:
    """Whether a partition is worked off up to an offset, and all that was decided is in the log."""
    row = database.execute(
        "SELECT position >= ? AND NOT EXISTS"
        " (SELECT 1 FROM outbox o WHERE o.domain = p.domain AND o.partition = p.partition)"
        " FROM partitions p WHERE domain = ? AND partition = ?",
        (offset, domain, partition),
    ).fetchone()
    return bool(row and row[0])


class Progress:
    """How far things have come on a cluster, in its positions.

    Args:
        database: The cluster's database.
        log: All topics; nothing is read but where they end.
    """

    def __init__(self, database: PgDatabase, log: Reader) -> None:
        self._db = database
        self._log = log

    def behind(self, taken: Iterable[Taken]) -> str:
        """A position behind what was just taken in; other partitions are not in it."""
        ends: dict[Place, int] = {}
        for one in taken:
            if one.topic is not None and one.partition is not None and one.offset is not None:
                place = (one.topic, one.partition)
                ends[place] = max(ends.get(place, 0), one.offset + 1)
        return positions.token(ends)

    def at(self, moment: str) -> str:
        """The position that `now`, `beginning`, a time or a position names.

        Raises:
            Refused: It is none of these.
            Unavailable: Kafka does not answer.
        """
        if moment == "now":
            return positions.token(self._log.ends())
        if moment == "beginning":
            return positions.token({})
        if positions.is_token(moment):
            return positions.token(positions.vector(moment))
        return positions.token(self._log.since(time_of(moment).timestamp()))

    def beyond(self, position: str) -> int:
        """How many records the log holds beyond a position; raises `Refused` for none."""
        at, starts = positions.vector(position), self._log.starts()
        return sum(
            max(0, end - max(at.get(place, 0), starts[place]))
            for place, end in self._log.ends().items()
        )

    def shown(self) -> str:
        """The position up to which the tables show everything."""
        return positions.token(shown(self._db))

    def shows(self, position: str) -> bool:
        """Whether the tables show everything up to a position; raises `Refused` for none."""
        stood = shown(self._db)
        return all(
            stood[place] >= offset
            for place, offset in positions.vector(position).items()
            if place in stood
        )

    def worked_off(self, position: str) -> str | None:
        """A position behind what followed from everything up to another; None before it is there.

        What the workers decided and the publisher has not sent is not in the log yet.

        Raises:
            Malformed: It is not a position of a cluster.
            Unavailable: Kafka or the database does not answer.
        """
        for (topic, partition), offset in positions.vector(position).items():
            domain = _DOMAIN_OF.get(topic)
            if domain is not None and not done(self._db, domain, partition, offset):
                return None
        return positions.token(self._log.ends())
