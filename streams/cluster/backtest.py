"""Backtests over Kafka's log: copied into a file, while workers go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from agents.policy import default_policy
from streams.cluster.copied import copy, forwarded, moment
from streams.cluster.door import Door
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.embedded.taught import Taught
from streams.entry import Place
from streams.extent import Evidence
from streams.folding import Step
from streams.knowledge import KnowledgeHistory
from streams.recovered import scratch
from streams.settings import Settings
from streams.surveying import survey
from streams.understanding import tiers
from streams.whatif.history import History
from streams.worlds import Worlds

_NOTHING: Mapping[Place, int] = {}


@contextmanager
def history(
    settings: Settings,
    database: PgDatabase,
    known: Mapping[Place, int] = _NOTHING,
    step: Step = lambda _: None,
) -> Iterator[History]:
    """The log as of now, surveyed.

    How far a partition was taken, the log says alone: what the database knows beyond that may not
    have been sent yet, with what followed from it.

    Args:
        settings: Where Kafka is.
        database: The cluster's.
        known: How far partitions were taken with all that followed in the log, where that is known.
        step: Told how many records were read since it was told last.

    Raises:
        Misconfigured: Records were deleted from the log.
        Unavailable: Kafka or the database does not answer.
    """
    door = Door(settings, database)
    with scratch() as anew:
        with Reader(settings) as reader:
            copy(reader, anew, step)
        survey(anew, anew, moment, step)
        evidence = Evidence(
            known=known,
            hinted={},
            native=door.native,
            forwarded=lambda entry: forwarded(door, entry),
            clocks={},
            letters_are_seen=False,
        )
        knowledge = KnowledgeHistory(tiers.Later(settings.models.tier))
        yield History(anew, anew, evidence, Worlds(Taught(anew), knowledge, default_policy()))
