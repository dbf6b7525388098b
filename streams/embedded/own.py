"""Users' projections on the embedded engine: each with positions of its own, after our tables.

What a user's code raises stops its own projection alone: the batch goes back, smaller ones find the
record, and everything before that is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from schemas.record import Record
from streams.embedded import tables
from streams.embedded.database import Database
from streams.embedded.projector import BATCH, Fold, Projector
from streams.embedded.recent import Recent
from streams.entry import Place
from streams.own.standing import how, note, standing_of
from streams.own.table import Own, Unfoldable

_log = structlog.get_logger(__name__)


class Projectors:
    """Our tables, then each of the deployment's own.

    Args:
        database: The store's connection.
        own: The projections of its own.
        recent: What a worker in this process wrote and took.
    """

    def __init__(
        self, database: Database, own: Sequence[Own] = (), recent: Recent | None = None
    ) -> None:
        self._ours = Projector(database, recent)
        self._own = [OwnProjector(database, one) for one in own]

    def catch_up(self) -> None:
        """Fold everything that may be folded by now."""
        self._ours.catch_up()
        for one in self._own:
            one.catch_up()


class OwnProjector(Projector):
    """Keeps one projection of a user up with the log.

    It is made when it is first seen, and then reads the log from its beginning. One that stopped
    is tried again once in each process: what it imports may have been mended.

    Args:
        database: The store's connection.
        own: Which projection.
    """

    in_order = True  # by its key, which is the user's, a row may be about many customers

    def __init__(self, database: Database, own: Own) -> None:
        super().__init__(database, name=own.name, fold=Fold(database, [own.table]))
        self._own = own
        self._most = BATCH
        self._tried = False

    def catch_up(self) -> None:
        """Fold everything that may be folded by now, or up to a record that it cannot fold."""
        if self._begins():
            while self._step():
                pass

    def _begins(self) -> bool:
        """Whether it may be folded; it is made where it is not there."""
        state = how(self._own, standing_of(self._db, self._own))
        if state == "running":
            return True
        if state == "changed" or (state == "stopped" and self._tried):
            return False
        with self._db.transaction():
            state = how(self._own, standing_of(self._db, self._own))
            if state == "new":
                make(self._db, self._own)
            if state in {"new", "mended", "stopped"}:
                note(self._db, self._own)
        self._tried = True
        return True

    def _step(self) -> bool:
        try:
            return self._batch(self._most)
        except Unfoldable as fault:
            self._fold.forget()
            if self._most > 1:
                self._most //= 2
                return True
            with self._db.transaction():
                note(self._db, self._own, fault)
            self._most = BATCH
            _log.warning(
                "projection.stopped",
                projection=self._own.name,
                record=fault.place,
                why=fault.why,
            )
            return False

    def _limits(self) -> dict[Place, int]:
        """As ours; nothing once another process has rebuilt it by another file."""
        if how(self._own, standing_of(self._db, self._own)) != "running":
            return {}
        return super()._limits()


def make(database: Database, own: Own) -> None:
    """Make a projection's table and view anew, empty; in a transaction."""
    database.execute(f"DROP VIEW IF EXISTS {own.view}")
    database.execute(f"DROP TABLE IF EXISTS {own.table.sql_name}")
    database.execute("DELETE FROM read_positions WHERE projection = ?", (own.name,))
    for statement in (*tables.ddl(own.table), own.create_view):
        database.execute(statement)


class OwnFolds:
    """Users' projections folded into a database of a moment; one that raises is taken out of it.

    Args:
        database: Where; it is not the store.
        own: Which.
    """

    def __init__(self, database: Database, own: Sequence[Own]) -> None:
        self._db = database
        self._folds = {one: Fold(database, [one.table]) for one in own}
        for one in own:
            for statement in (*tables.ddl(one.table), one.create_view):
                database.execute(statement)

    @property
    def topics(self) -> frozenset[str]:
        """The topics that they fold."""
        return frozenset(one.table.topic for one in self._folds)

    def apply(self, record: Record) -> None:
        """Fold one record into each that it means something to."""
        for one, fold in list(self._folds.items()):
            try:
                fold.apply(record)
            except Unfoldable:
                del self._folds[one]
                self._db.execute(f"DROP VIEW {one.view}")

    def finish(self, ends: Mapping[Place, int]) -> None:
        """Write what was folded.

        Args:
            ends: How far each partition was.
        """
        for one, fold in self._folds.items():
            fold.flush()
            self._db.executemany(
                "INSERT INTO read_positions (projection, topic, partition, position, end_position)"
                " VALUES (?, ?, ?, ?, ?)",
                [
                    (one.name, *place, end, end)
                    for place, end in ends.items()
                    if place[0] == one.table.topic
                ],
            )
