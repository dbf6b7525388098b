"""What Kafka no longer has, and somebody was still to take: found, told of, and given up.

Topics are kept for ever. Where one was not, by a retention that somebody set or by hand, workers
and effects stop before the hole, for what lay there cannot be decided any more. Only people can say
that it is to be given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.topics import DECISIONS, DOMAINS
from streams.cluster import effects
from streams.cluster.ownership import advance, claim, release
from streams.cluster.postgres import PgDatabase
from streams.cluster.presence import me
from streams.cluster.reading import Reader
from streams.entry import Place
from streams.settings import Settings

TAKERS = {DECISIONS.name: effects.DOMAIN, **{one.name: name for name, one in DOMAINS.items()}}
"""Who takes what lies on a topic."""


class Lost(NamedTuple):
    """Records that are gone from a partition before they were taken.

    Attributes:
        topic: Where they lay.
        partition: Where they lay.
        start: The first offset.
        end: The offset behind the last.
        work: Who was to take them: a domain, or the effects.
    """

    topic: str
    partition: int
    start: int
    end: int
    work: str

    def __str__(self) -> str:
        which = f"{self.start} to {self.end - 1}" if self.end > self.start + 1 else str(self.start)
        return (
            f"{self.topic}/{self.partition}/{which} is gone from Kafka, and was not taken by"
            f" {'' if self.work == effects.DOMAIN else 'the domain '}{self.work}"
        )


def lost(database: PgDatabase, starts: Mapping[Place, int]) -> list[Lost]:
    """What is gone that nobody took, partition by partition.

    Args:
        database: The case store, which says how far everybody is.
        starts: The first offset that each partition still has.
    """
    stood = _taken(database)
    return [
        Lost(topic, partition, stood.get((topic, partition), 0), start, TAKERS[topic])
        for (topic, partition), start in sorted(starts.items())
        if topic in TAKERS and stood.get((topic, partition), 0) < start
    ]


def found(settings: Settings, database: PgDatabase) -> list[Lost]:
    """The same, as Kafka is by now.

    Raises:
        Misconfigured: A topic is missing.
        Unavailable: Kafka or the database does not answer.
    """
    with Reader(settings, tuple(TAKERS)) as reader:
        return lost(database, reader.starts())


def give_up(settings: Settings, database: PgDatabase) -> list[Lost]:
    """Let everybody go on behind what is gone; returns what was given up.

    Whoever works on such a partition ends, and goes on behind the hole when started again.

    Raises:
        Misconfigured: A topic is missing.
        Unavailable: Kafka or the database does not answer.
    """
    given = found(settings, database)
    for one in given:
        owned = claim(database, one.work, one.partition, me())
        if owned.position < one.end:
            with database.durably():
                advance(database, owned, one.end, owned.clock, 0)
        release(database, owned)
    return given


def _taken(database: PgDatabase) -> dict[Place, int]:
    topics = {work: topic for topic, work in TAKERS.items()}
    rows = database.execute("SELECT domain, partition, position FROM partitions")
    return {(topics[work], int(p)): int(at) for work, p, at in rows if work in topics}
