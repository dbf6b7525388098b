"""The embedded store as the courier needs it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from schemas.record import Record
from schemas.topics import DECISIONS
from streams.delivery import book
from streams.delivery.errand import Errand
from streams.delivery.moves import Move
from streams.effects import answer
from streams.embedded.database import Database, only_courier
from streams.embedded.log import SqliteLog


class Errands:
    """What goes to the platforms, in a store.

    Args:
        database: The store's connection.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._log = SqliteLog(database)

    def due(self, now: float, channels: Collection[str], most: int) -> list[Errand]:
        """The first errand of each conversation that there is something to do for by now."""
        return book.due(self._db, now, channels=channels, most=most)

    def next_due(self, channels: Collection[str]) -> float | None:
        """When there is something to do next; None where nothing is under way."""
        return book.next_due(self._db, channels=channels)

    def request(self, errand: Errand) -> Record:
        """The request of an errand."""
        (entry,) = self._log.read(DECISIONS.name, errand.partition, errand.offset, 1)
        return entry.record()

    def arrived(self, errand: Errand) -> str | None:
        """The platform's id of a message that it said by itself to have."""
        return book.arrived(self._db, errand.request_id)

    def keep(self, moves: Sequence[Move], at: datetime) -> frozenset[str]:
        """Keep what errands became and say what is to be said, on the disk when this returns."""
        with self._db.durably():
            for move in moves:
                errand, record, said = move
                book.keep(self._db, errand, move.outcome)
                self._log.append(
                    [answer(record, step, event, at, errand.channel) for step, event in said]
                )
        return frozenset(move.errand.request_id for move in moves)


@contextmanager
def only_errands(folder: Path, database: Database, now: float) -> Iterator[Errands]:
    """A store's errands, for its one courier; what an earlier one had under way is looked up.

    Raises:
        Refused: Another process sends what this store holds.
    """
    with only_courier(folder):
        with database.transaction():
            book.left_alone(database, now)
        yield Errands(database)
