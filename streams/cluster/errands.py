"""A cluster as the courier needs it: the open requests of the partitions that this process has.

Kafka says by the effects' group who reads which decisions; whoever reads them sends them too. The
courier claims its partitions for itself, under a name of its own, so that its commits and those of
the reader are refused one by one to whoever lost them.
"""

from __future__ import annotations

import queue
from collections import OrderedDict
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby

import structlog

from schemas.record import Record
from schemas.topics import DECISIONS
from streams.cluster import outbox
from streams.cluster.finding import entry_at
from streams.cluster.ownership import Fenced, Owned, advance, claim, release
from streams.cluster.postgres import PgDatabase
from streams.cluster.publisher import Publisher
from streams.cluster.reading import Reader
from streams.cluster.wire import outgoing
from streams.delivery import book
from streams.delivery.errand import Errand
from streams.delivery.moves import Move
from streams.effects import answer
from streams.settings import Settings

DOMAIN = "courier"
"""Under this name the partitions of the decisions are claimed."""

_REMEMBERED = 2000
"""Requests that need not be fetched again, for they came by lately."""

_log = structlog.get_logger(__name__)


class Errands:
    """What goes to the platforms, of the partitions that the group gave this process.

    `own`, `disown` and `remember` are called by the reader's thread, all else by the courier's.

    Args:
        settings: Where Kafka is.
        database: A connection of the courier's own.
        publisher: Sends what is said.
        owner: This process.
    """

    def __init__(
        self,
        settings: Settings,
        database: PgDatabase,
        publisher: Publisher,
        owner: str,
    ) -> None:
        self._settings = settings
        self._db = database
        self._publisher = publisher
        self._owner = owner
        self._owned: dict[int, Owned] = {}
        self._given: queue.SimpleQueue[tuple[int, bool]] = queue.SimpleQueue()
        self._lately: OrderedDict[str, Record] = OrderedDict()

    def own(self, partition: int) -> None:
        """The group gave this process a partition."""
        self._given.put((partition, True))

    def disown(self, partition: int) -> None:
        """The group took a partition away."""
        self._given.put((partition, False))

    def remember(self, record: Record) -> None:
        """A request came by that will be asked for soon."""
        self._lately[record.id] = record

    def due(self, now: float, channels: Collection[str], most: int) -> list[Errand]:
        """The first errand of each conversation that there is something to do for by now."""
        self._follow(now)
        return book.due(self._db, now, channels=channels, partitions=self._owned, most=most)

    def next_due(self, channels: Collection[str]) -> float | None:
        """When there is something to do next; None where nothing is under way."""
        return book.next_due(self._db, channels=channels, partitions=self._owned)

    def request(self, errand: Errand) -> Record:
        """The request of an errand.

        Raises:
            Unavailable: Kafka does not give it.
        """
        request_id, _, _ = errand.request_id.partition(":")
        known = self._lately.get(request_id)
        if known is None:
            with Reader(self._settings, [DECISIONS.name]) as reader:
                spot = (DECISIONS.name, errand.partition, errand.offset)
                known = self._lately[request_id] = entry_at(reader, spot).record()
        while len(self._lately) > _REMEMBERED:
            self._lately.popitem(last=False)
        return known

    def arrived(self, errand: Errand) -> str | None:
        """The platform's id of a message that it said by itself to have."""
        return book.arrived(self._db, errand.request_id)

    def keep(self, moves: Sequence[Move], at: datetime) -> frozenset[str]:
        """Keep what errands became and say what is to be said, durably; see `courier.Post`."""
        kept: set[str] = set()
        ordered = sorted(moves, key=lambda move: move.errand.partition)
        for partition, some in groupby(ordered, key=lambda move: move.errand.partition):
            owned, mine = self._owned.get(partition), [*some]
            if owned is None:
                continue
            try:
                self._keep(owned, mine, at)
            except Fenced:
                _log.info("another process sends from now on", partition=partition)
                del self._owned[partition]
            else:
                kept |= {move.errand.request_id for move in mine}
        return frozenset(kept)

    def leave(self) -> None:
        """Let go of every partition, in good order."""
        for owned in self._owned.values():
            release(self._db, owned)
        self._db.close()

    def _keep(self, owned: Owned, moves: Sequence[Move], at: datetime) -> None:
        said = [
            outgoing(answer(record, step, event, at, errand.channel))
            for errand, record, events in moves
            for step, event in events
        ]
        batch = None
        with self._db.transaction():
            advance(self._db, owned, owned.position, owned.clock, 1 if said else 0)
            for move in moves:
                book.keep(self._db, move.errand, move.outcome)
            if said:
                batch = outbox.put(self._db, owned, said)
        if batch is not None:
            owned.turn += 1
            self._publisher.publish(batch)

    def _follow(self, now: float) -> None:
        """Take on and let go what the group said since; look up what others had under way."""
        while not self._given.empty():
            partition, ours = self._given.get()
            owned = self._owned.pop(partition, None)
            if owned is not None:
                release(self._db, owned)
            if ours:
                self._owned[partition] = claim(self._db, DOMAIN, partition, self._owner)
                self._publisher.drain(DOMAIN, partition)
                book.left_alone(self._db, now, partition)
