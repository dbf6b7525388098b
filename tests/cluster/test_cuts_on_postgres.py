"""Cuts through histories in which records came late, in turns of one clock, from line to line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import msgspec
import pytest

from schemas.record import Record, Source, partition_of
from schemas.topics import CONTACTS, TICKETS
from streams.clock import micros, parse_time
from streams.cluster import migrating
from streams.cluster.asof import Cut, View
from streams.cluster.booking import begin
from streams.cluster.fetching import Fetched
from streams.cluster.folding import Batches
from streams.cluster.postgres import connect
from streams.cluster.query import PgReader
from streams.cluster.then import FOREVER
from streams.demo.script import START
from streams.entry import Place
from tests.projecting import event_of

TICKETS_OF_IT, LINES, TURNS = 6, 5, 70
AT_ONCE = 9
"""Records of one batch."""


@dataclass
class Told:
    """A history, and which records made each ticket what it was: partition, offset and clock."""

    records: list[Record] = field(default_factory=list)
    made: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def folded(self, ends: Mapping[int, int]) -> dict[str, int]:
        """Each ticket's last event of which all before it are there as well."""
        return self._counted(lambda one: one[1] < ends.get(one[0], 0))

    def known(self, clock: int) -> dict[str, int]:
        """The same of what was known by a clock."""
        return self._counted(lambda one: one[2] <= clock)

    def _counted(self, is_there: Callable[[tuple[int, int, int]], bool]) -> dict[str, int]:
        counts = {}
        for ticket, made in self.made.items():
            count = next((n for n, one in enumerate(made) if not is_there(one)), len(made))
            if count:
                counts[ticket] = count
        return counts


def history(random: Random) -> Told:
    """A history: every fifth turn comes late, and every sixth goes on on another line."""
    told, sequences = Told(), dict[str, int]()
    lines = {f"T{number}": f"line{number % LINES}" for number in range(TICKETS_OF_IT)}
    now = parse_time(START)
    for turn in range(TURNS):
        ticket = random.choice(sorted(lines))
        if random.random() < 1 / 6:
            lines[ticket] = f"line{random.randrange(LINES)}"
        line = lines[ticket]
        now += timedelta(seconds=random.randrange(3))
        at = now - timedelta(seconds=random.randrange(1, 9)) if random.random() < 1 / 5 else now
        partition, count = partition_of(line), random.randrange(1, 4)
        for index in range(count):
            made = told.made.setdefault(ticket, [])
            last = sequences.get(line)
            sequences[line] = sequence = (last or 0) + 1
            one = event_of(ticket, len(made) + 1, line, turn, sequence, last)
            source = Source(CONTACTS.name, partition, turn, index, count)
            told.records.append(msgspec.structs.replace(one, at=at, source=source))
            offset = told.ends.get(partition, 0)
            made.append((partition, offset, micros(at)))
            told.ends[partition] = offset + 1
    return told


def fold(url: str, told: Told) -> None:
    """Fold a history as the projector does."""
    database = connect(url)
    batches = Batches(database)
    ends: dict[Place, int] = {}
    places = [(TICKETS.name, partition) for partition in range(12)]
    for first in range(0, len(told.records), AT_ONCE):
        positions = begin(database.connection, places, batches.marks)  # another begins each time
        chunks: dict[Place, list[Fetched]] = {}
        for record in told.records[first : first + AT_ONCE]:
            place = (TICKETS.name, partition_of(record.key))
            offset = ends[place] = ends.get(place, -1) + 1
            chunks.setdefault(place, []).append(
                Fetched(*place, offset, record.key, record.id, record)
            )
        done, gaps = batches.fold(chunks, positions, {p: end + 1 for p, end in ends.items()})
        assert (sum(done.values()), gaps) == (sum(map(len, chunks.values())), [])
    database.close()


@pytest.fixture
def asked(database: str) -> Iterator[PgReader]:
    """Reads a migrated database by SQL."""
    migrating.migrate(database)
    one = PgReader(database)
    yield one
    one.close()


def shown(asked: PgReader, cut: Cut) -> dict[str, int]:
    """How many events each ticket had at a cut."""
    rows = View(asked, cut, None).query("SELECT ticket_id, revision FROM v1_tickets")
    assert len({row["ticket_id"] for row in rows}) == len(rows)
    return {row["ticket_id"]: row["revision"] for row in rows}


def at(ends: Mapping[int, int]) -> Cut:
    """A cut by position."""
    return Cut(FOREVER, {(TICKETS.name, number): end for number, end in ends.items()})


@pytest.mark.parametrize("seed", range(2))
def test_at_every_cut_each_ticket_is_what_its_records_had_made_of_it(
    database: str, asked: PgReader, seed: int
) -> None:
    random = Random(seed)  # noqa: S311  # a history of chance, not a secret
    told = history(random)
    fold(database, told)
    ends: dict[int, int] = {}
    for record in told.records:
        number = partition_of(record.key)
        ends[number] = ends.get(number, 0) + 1
        assert shown(asked, at(ends)) == told.folded(ends), ends
    for _ in range(60):
        ends = {number: random.randrange(end + 1) for number, end in told.ends.items()}
        assert shown(asked, at(ends)) == told.folded(ends), ends
    for clock in sorted({clock for made in told.made.values() for *_, clock in made}):
        assert shown(asked, Cut(clock)) == told.known(clock), clock
        assert shown(asked, Cut(clock - 1)) == told.known(clock - 1), clock
