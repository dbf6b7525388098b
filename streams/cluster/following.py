"""What follows from a record on all lines of a cluster, read until all of it is worked off.

The topics have no common order. What followed is put into the order in which a single worker
would have appended it: turn after turn, the turns by time, topic, partition and offset.
"""

from __future__ import annotations

import heapq
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from schemas.record import Record
from schemas.topics import DOMAINS
from streams import rulings
from streams.cluster import progress
from streams.cluster.finding import Spot
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.entry import Entry, Place
from streams.errors import Unreadable
from streams.rulings import OUTPUTS, Outcome

LOOK_SECONDS = 0.01
"""Between two looks whether the workers have taken what they are waited for."""

_DOMAIN_OF = {topic.name: domain for domain, topic in DOMAINS.items()}


class Family:
    """A record of an inbox, and all that followed from it as far as it was read.

    Args:
        record_id: The record.
        place: Where it lies.

    Attributes:
        waited_for: Where its inbox records lie, its own and forwarded copies of it among them.
    """

    def __init__(self, record_id: str, place: Spot) -> None:
        self.waited_for = {place}
        self._id = record_id
        self._mark = f'"ce_correlationid":{msgspec.json.encode(record_id).decode()}'
        self._roots: dict[Spot, Record] = {}
        self._known: dict[str, Record] = {}

    def take(self, entries: Iterable[Entry]) -> None:
        """Keep those of some entries that belong to it; repeats change nothing."""
        for entry in entries:
            if entry.id[:8] != self._id[:8] or self._mark not in entry.headers:
                continue
            try:
                record = entry.record()
            except Unreadable:
                continue
            spot = (entry.topic, entry.partition, entry.offset)
            if entry.id == self._id:
                self._roots[spot] = record
            elif entry.id not in self._known:
                self._known[entry.id] = record
            if entry.topic in _DOMAIN_OF:
                self.waited_for.add(spot)

    @property
    def root(self) -> Record:
        """The record itself, which must have been read."""
        return next(iter(self._roots.values()))

    def followed(self) -> list[Record]:
        """What followed, in the order in which a single worker would have appended it."""
        turns: dict[Spot, list[Record]] = defaultdict(list)
        answers: list[Record] = []
        for record in self._known.values():
            if record.source is None:
                answers.append(record)
            else:
                source = record.source
                turns[source.topic, source.partition, source.offset].append(record)
        found: list[Record] = []
        ahead = [_when(one) for one in self._roots.values()]
        heapq.heapify(ahead)
        while ahead or answers:
            if not ahead:  # the outside world answers once the agents have said what they have to
                found += sorted(answers, key=_when)
                ahead = [_when(one) for one in answers if one.topic in _DOMAIN_OF]
                heapq.heapify(ahead)
                answers = []
                continue
            _, spot = heapq.heappop(ahead)
            said = sorted(turns.pop(spot, ()), key=_index)
            found += said
            for one in said:
                if one.topic in _DOMAIN_OF:
                    heapq.heappush(ahead, _when(one))
        for spot in sorted(turns):
            found += sorted(turns[spot], key=_index)
        return found


def outcome_of(
    family: Family,
    reader: Reader,
    database: PgDatabase,
    start: Mapping[Place, int],
    *,
    repeat: bool,
) -> Outcome:
    """Wait until a record and all that follows is worked off and shown, or patience ends.

    Args:
        family: The record's, of which nothing was read yet.
        reader: Reads all topics.
        database: Says how far the workers are.
        start: Where to begin, of every partition: nothing of the family lies before it.
        repeat: Whether the record had been there before.

    Raises:
        Unavailable: Kafka or the database does not answer.
    """
    at, until = dict(start), time.monotonic() + rulings.PATIENCE
    while True:
        known = set(family.waited_for)
        done = _worked_off(database, known)  # before the ends are asked: then it is in the log
        ends = reader.ends()
        for step in reader.steps(at, ends):
            family.take(step)
        at = ends
        followed = family.followed()
        settled = done and family.waited_for == known
        if (settled and _shown(database, followed)) or time.monotonic() >= until:
            return Outcome(record=family.root, followed=followed, settled=settled, repeat=repeat)
        time.sleep(LOOK_SECONDS)


def _worked_off(database: PgDatabase, spots: Iterable[Spot]) -> bool:
    """Whether the workers have taken these records, and all that they said is in the log."""
    return all(
        progress.done(database, _DOMAIN_OF[topic], partition, offset + 1)
        for topic, partition, offset in spots
    )


def _shown(database: PgDatabase, followed: Iterable[Record]) -> bool:
    """Whether the tables show what followed: who asks next reads them."""
    shown = progress.shown(database)
    return all(
        record.offset < shown.get((record.topic, record.partition), 0)
        for record in followed
        if record.topic in OUTPUTS and record.partition is not None and record.offset is not None
    )


def _when(record: Record) -> tuple[datetime, Spot]:
    """When a record's turn comes, and where it lies."""
    assert record.partition is not None
    assert record.offset is not None
    return record.at, (record.topic, record.partition, record.offset)


def _index(record: Record) -> int:
    return 0 if record.source is None else record.source.index
