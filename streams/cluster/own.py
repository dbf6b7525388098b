"""Users' projections on a cluster: each a reader of its own, in one process at a time.

What a user's code raises stops its own projection alone, with everything before that record kept.
Nobody else waits for it: our tables have readers of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import psycopg
import structlog
from kafka.errors import KafkaError

from streams.cluster import readers, tables
from streams.cluster.alone import Alone
from streams.cluster.kafka import of_kafka, quiet
from streams.cluster.postgres import PgDatabase, connect, of_the_database, url_of
from streams.cluster.readings import Reading, tables_of
from streams.errors import PactdeskError, Unavailable
from streams.own.standing import how, note, standing_of
from streams.own.table import Own, Unfoldable
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.cluster.session import Session

WORK = "own projections"
"""What the work is called that one process does at a time."""

IDLE_SECONDS = 0.05
"""How long to wait where nothing came."""

AWAY_SECONDS = 1.0
"""After how long to begin again where another process does the work, or a service is away."""

_log = structlog.get_logger(__name__)


class OwnProjectors:
    """Keeps the projections of a deployment's own up with the log.

    Args:
        settings: Where the log and the database are.
        owns: Which projections.
    """

    def __init__(self, settings: Settings, owns: Sequence[Own]) -> None:
        self._settings = settings
        self._owns = owns
        self._tried: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Fold until told to stop, whenever no other process does.

        Away brokers or databases are called again, for as long as it takes.

        Raises:
            Misconfigured: The settings or the database do not allow it.
        """
        quiet()
        told = ""
        while not stop.is_set():
            try:
                self._work(stop)
            except Unavailable as error:
                if error.what != told:
                    _log.warning("projector.away", why=error.what, remedy=error.remedy)
                told = error.what
            stop.wait(AWAY_SECONDS)

    def _work(self, stop: threading.Event) -> None:
        """Fold for as long as this process is the one to; returns where it is not."""
        sessions: dict[str, Session] = {}
        try:
            database = connect(url_of(self._settings))
            try:
                alone = Alone(database)
                while not stop.is_set() and alone.does(WORK):
                    if not self.fold(database, sessions):
                        stop.wait(IDLE_SECONDS)
            finally:
                for session in sessions.values():
                    session.close()
                database.close()
        except psycopg.Error as error:
            raise of_the_database(error) from error
        except (KafkaError, OSError) as error:
            raise self._of_kafka(error) from error

    def _of_kafka(self, error: KafkaError | OSError) -> PactdeskError:
        return of_kafka(error, self._settings)

    def fold(self, database: PgDatabase, sessions: dict[str, Session]) -> int:
        """Fold a batch of each that may be folded; returns how many records that were.

        Args:
            database: The connection by which they are made and noted.
            sessions: The readers that are at work, by name; the caller closes them.
        """
        return sum(self._fold(one, database, sessions) for one in self._owns)

    def _fold(self, own: Own, database: PgDatabase, sessions: dict[str, Session]) -> int:
        if not self._begins(own, database):
            if own.name in sessions:
                sessions.pop(own.name).close()
            return 0
        if own.name not in sessions:
            sessions[own.name] = self._session(own)
        session = sessions[own.name]
        try:
            return session.step(0.0)
        except Unfoldable as fault:
            sessions.pop(own.name).close()
            with database.transaction():
                note(database, own, fault)
            _log.warning(
                "projection.stopped", projection=own.name, record=fault.place, why=fault.why
            )
            return 0

    def _begins(self, own: Own, database: PgDatabase) -> bool:
        """Whether it may be folded; it is made where it is not there."""
        state = how(own, standing_of(database, own))
        if state == "running":
            return True
        if state == "changed" or (state == "stopped" and own.name in self._tried):
            return False
        with database.transaction():
            if state == "new":
                make(database, own)
            note(database, own)
        self._tried.add(own.name)
        return True

    def _session(self, own: Own) -> Session:
        from streams.cluster.session import Session

        def stands(database: PgDatabase) -> bool:
            return how(own, standing_of(database, own)) == "running"

        reading = Reading(own.name, tables_of(own), letters=False, stands=stands)
        return Session(self._settings, grouped=False, reading=reading)


def make(database: PgDatabase, own: Own) -> None:
    """Make a projection's tables and view anew, empty, without positions; in a transaction."""
    database.execute(f"DROP VIEW IF EXISTS {own.view}")
    forget(database, own)
    for table in tables_of(own):
        database.execute(f"DROP TABLE IF EXISTS {table.sql_name}")
        for statement in tables.ddl(table):
            database.execute(statement)
    show(database, own)


def show(database: PgDatabase, own: Own) -> None:
    """Make a projection's view, in the place of one that stands there; in a transaction."""
    statement = tables.in_our_words(own.create_view)
    try:
        with database.connection.transaction():
            database.connection.execute(statement.encode())
    except psycopg.errors.InvalidTableDefinition:
        database.execute(f"DROP VIEW {own.view}")
        database.connection.execute(statement.encode())
    readers.let_read(database, [own.view])


def forget(database: PgDatabase, own: Own) -> None:
    """Forget how far a projection was folded; in a transaction."""
    for books in ("read_positions", "read_sources", "read_lines", "gaps"):
        database.execute(f"DELETE FROM {books} WHERE projection = ?", (own.name,))
