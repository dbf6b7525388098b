"""Backtests over the embedded log: read as it is at one moment, while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from streams.embedded.database import Database
from streams.embedded.recover import evidence
from streams.folding import Step
from streams.recovered import scratch
from streams.surveying import survey
from streams.whatif.history import History
from streams.worlds import Worlds


@contextmanager
def history(database: Database, worlds: Worlds, step: Step = lambda _: None) -> Iterator[History]:
    """A store's log as of now, surveyed.

    Args:
        database: The store.
        worlds: Policies and models as they were at any clock.
        step: Told how many records were read since it was told last.
    """
    with scratch() as anew, database.snapshot():
        survey(database, anew, lambda entry: float(entry.seq), step)
        known = replace(evidence(database), clocks={})  # each turn's own, not where they stand
        yield History(database, anew, known, worlds)
