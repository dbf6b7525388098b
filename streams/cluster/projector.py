"""The projector of the cluster: folds the log into the tables, as one of several or alone.

Rows, positions and marks commit together, so that nothing is lost or doubled wherever it ends. An
inbox is folded only as far as the worker has taken it: no view shows what no agent has ruled on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import structlog
from kafka.errors import KafkaError

from streams.cluster.kafka import of_kafka, quiet
from streams.cluster.pace import Pace
from streams.cluster.postgres import of_the_database
from streams.cluster.presence import PROJECTIONS, Presence
from streams.errors import Unavailable
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.cluster.session import Session

IDLE_MILLISECONDS = 200.0
"""How long a fetch may wait for records; a stop is noticed this much later."""

FIRST_MILLISECONDS, LAST_MILLISECONDS = 2.0, 50.0
"""How soon what waits is looked at again: at first, and after it has waited for long."""

MANY = 300.0
"""Records a second that are many: then small batches cost more than they are worth."""

FEW = 100
"""Records of a batch that are few: while many come, the next one is left to grow."""

LINGER_SECONDS = 0.02
"""How long it is left to grow."""

FIRST_SECONDS, LAST_SECONDS = 0.1, 5.0
"""How soon either side is called again that did not answer: at first, and later on."""

_log = structlog.get_logger(__name__)


class Projector:
    """Keeps the tables of the cluster.

    Args:
        settings: Where the log and the database are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, stop: threading.Event) -> None:
        """Fold until told to stop, sharing the partitions with the other projectors.

        Away brokers or databases are called again, for as long as it takes.

        Raises:
            Misconfigured: The settings or the database do not allow it; nothing will change that
                but people.
        """
        quiet()
        pause, told = FIRST_SECONDS, ""
        while not stop.is_set():
            try:
                with self._session(grouped=True) as session:
                    patience, pace = FIRST_MILLISECONDS, Pace(MANY)
                    presence = Presence(session.database, PROJECTIONS)
                    while not stop.is_set():
                        presence.tell()
                        count = session.step(patience if session.waits else IDLE_MILLISECONDS)
                        pace.note(count)
                        if pace.fast and count < FEW:
                            stop.wait(LINGER_SECONDS)
                        patience = (
                            FIRST_MILLISECONDS if count else min(2 * patience, LAST_MILLISECONDS)
                        )
                        if count or not session.waits:
                            pause, told = FIRST_SECONDS, ""
                    presence.leave()
            except Unavailable as error:
                if error.what != told:
                    _log.warning("projector.away", why=error.what, remedy=error.remedy)
                told = error.what
                stop.wait(pause)
                pause = min(2 * pause, LAST_SECONDS)

    def catch_up(self) -> int:
        """Fold up to where the log ends by now, beside whoever else does; returns how many records.

        What must wait (an inbox record for the worker, a ticket's event for another) is left.

        Raises:
            Misconfigured: The settings or the database do not allow it.
            Unavailable: Kafka or the database does not answer.
        """
        quiet()
        with self._session(grouped=False) as session:
            ends, total = session.ends(), 0
            while True:
                count = session.step(FIRST_MILLISECONDS if session.waits else IDLE_MILLISECONDS)
                total += count
                short = [p for p, end in ends.items() if session.positions.get(p, 0) < end]
                if not short or (not count and all(session.has_fetched(p, ends[p]) for p in short)):
                    return total

    @contextmanager
    def _session(self, *, grouped: bool) -> Iterator[Session]:
        from streams.cluster.session import Session

        try:
            session = Session(self._settings, grouped=grouped)
            try:
                yield session
            finally:
                session.close()
        except psycopg.Error as error:
            raise of_the_database(error) from error
        except (KafkaError, OSError) as error:
            raise of_kafka(error, self._settings) from error
