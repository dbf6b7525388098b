"""What a backtest reads, whichever engine wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from streams.embedded.database import Database
from streams.extent import Evidence
from streams.folding import Step
from streams.worlds import Worlds

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class History(NamedTuple):
    """A log in a file, with what is known beside it.

    Attributes:
        log: The log.
        anew: A scratch store, surveyed.
        evidence: How far it was taken.
        worlds: Policies and models as they were at any clock.
    """

    log: Database
    anew: Database
    evidence: Evidence
    worlds: Worlds


@contextmanager
def history_of(desk: AnyDesk, step: Step = lambda _: None) -> Iterator[History]:
    """The log of a desk on either engine, as of now.

    Args:
        desk: The desk.
        step: Told how many records were read since it was told last.

    Raises:
        Misconfigured: Records were deleted from the log.
        Unavailable: Kafka or the database does not answer.
    """
    from streams.desk import Desk

    if isinstance(desk, Desk):
        from streams.embedded.backtest import history

        with history(desk.database, desk.worlds, step) as found:
            yield found
    else:
        from streams.cluster.backtest import history as history_on_cluster

        with history_on_cluster(desk.settings, desk.database, step=step) as found:
            yield found
