"""Backtests over the embedded log: read as it is at one moment, while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from streams.embedded.recover import evidence
from streams.folding import Step
from streams.recovered import scratch
from streams.surveying import survey
from streams.whatif.history import History

if TYPE_CHECKING:
    from streams.desk import Desk


@contextmanager
def history(desk: Desk, step: Step = lambda _: None) -> Iterator[History]:
    """The desk's log as of now, surveyed.

    Args:
        desk: The desk.
        step: Told how many records were read since it was told last.
    """
    database = desk.database
    with scratch() as anew, database.snapshot():
        survey(database, anew, lambda entry: float(entry.seq), step)
        known = replace(evidence(database), clocks={})  # each turn's own, not where they stand
        yield History(database, anew, known, desk.worlds)
