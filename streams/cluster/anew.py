"""The tables folded anew from Kafka into a scratch database, by the rules of the live reader.

The scratch is a SQLite file that nobody else sees and that goes with its process: nothing of it is
left over in the cluster's database when a rebuild is cut off, and its rows hash as those of the
embedded engine do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Self

import kafka.errors as kafkas
from kafka import KafkaConsumer, TopicPartition

from projections.tables import Table
from schemas.record import Record
from schemas.topics import INBOX_NAMES
from streams.cluster.decoding import Quick
from streams.cluster.fetching import Fetched, Fetching
from streams.cluster.judging import Judge, Taking
from streams.cluster.kafka import of_kafka, reading_options
from streams.cluster.marks import Marks
from streams.cluster.membership import places_of
from streams.cluster.pgtext import as_json, without_nul
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import kept
from streams.cluster.scratch import ScratchFold, Sifted
from streams.cluster.topics import absent
from streams.embedded.database import Database
from streams.embedded.rebuild import empty
from streams.entry import Place
from streams.errors import PactdeskError, Refused, Unavailable
from streams.folding import Step
from streams.settings import Settings

AT_ONCE = 1000
"""Records of a partition that are taken before another's."""

POLLED = 5000
"""Records that one poll brings at most: each looks once at every partition."""

STALLED_SECONDS = 15.0
"""After how long without a record, where there must be some, it gives up."""

_POLL_MILLISECONDS = 200.0


class Anew:
    """Folds some tables from the beginning of the log, up to one bound after another.

    Args:
        settings: Where Kafka is.
        chosen: Which tables.
        topics: Topics that are read beside those that the tables fold.
        only: Which records the tables fold; the order is found with all of them.
        seen: Shown every record of Kafka as it comes.
        past: Whether `kept` and `past` are asked for afterwards.

    Attributes:
        marks: What was folded, and what was found missing.
        waiting: Places that stand before a ticket's event whose predecessor has not come.
    """

    def __init__(
        self,
        settings: Settings,
        chosen: Sequence[Table],
        topics: Sequence[str] = (),
        *,
        only: Callable[[Record], bool] | None = None,
        seen: Callable[[Quick], None] | None = None,
        past: bool = False,
    ) -> None:
        self._settings = settings
        self._scratch = empty()
        self.marks = Marks()
        self._fold = ScratchFold(self._scratch, chosen, self.marks.clocks if past else None)
        self._scratch.execute("BEGIN")
        self.topics = sorted({*self._fold.topics, *topics})
        self.waiting: list[str] = []
        self._sorted = self._fold if only is None else Sifted(empty(), self._fold, only)
        self._judge = Judge(self._sorted, self.marks)
        try:
            consumer = KafkaConsumer(
                **reading_options(settings),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
            assigned = places_of(consumer, self.topics)
        except (kafkas.KafkaError, OSError) as error:
            raise of_kafka(error, settings) from error
        self._fetching = Fetching(consumer, POLLED, seen)
        consumer.assign(assigned)
        places = [(where.topic, where.partition) for where in assigned]
        self._at = dict.fromkeys(places, 0)
        for place in places:
            self._fetching.begin(place, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._fetching.consumer.close(autocommit=False)
        self._scratch.close()

    def bounds_of_log(self) -> tuple[dict[Place, int], dict[Place, int]]:
        """The first and the next offset of each partition, as the brokers say."""
        where = [TopicPartition(*place) for place in self._at]
        consumer = self._fetching.consumer
        try:
            first, last = consumer.beginning_offsets(where), consumer.end_offsets(where)
        except (kafkas.KafkaError, OSError) as error:
            raise of_kafka(error, self._settings) from error
        return (
            {(tp.topic, tp.partition): int(offset) for tp, offset in first.items()},
            {(tp.topic, tp.partition): int(offset) for tp, offset in last.items()},
        )

    def refuse_a_part(self) -> None:
        """See that the log begins with its first records: rows of what is gone cannot be made.

        Raises:
            Refused: It does not.
        """
        first, _ = self.bounds_of_log()
        for place, offset in sorted(first.items()):
            if offset and kept(place[0]):
                raise Refused(
                    f"{place[0]}/{place[1]} begins at offset {offset}: what the tables know of the"
                    " records before would be gone as well",
                    "restore the topic, or give up what only the tables know of by now with"
                    " `pactdesk rebuild --give-up`",
                )

    def up_to(
        self,
        bounds: Mapping[Place, int],
        store: PgDatabase,
        step: Step = lambda _: None,
        each: Callable[[Fetched], None] = lambda _: None,
    ) -> int:
        """Fold on, as far as some bounds; returns how many records that were.

        Args:
            bounds: Where to end in each partition, exclusively.
            store: Which inbox records the workers took.
            step: Told of the progress.
            each: Shown every record before it is folded.

        Raises:
            Unavailable: Kafka gives nothing for `STALLED_SECONDS`.
        """
        short = {place: end for place, end in bounds.items() if self._at.get(place, end) < end}
        total, moved = 0, time.monotonic()
        self.waiting = []
        while short:
            came = self._poll()
            count = sum(self._advance(place, end, store, each) for place, end in short.items())
            short = {place: end for place, end in short.items() if self._at[place] < end}
            total += count
            if came or count:
                moved = time.monotonic()
                self._sorted.relieve()
                step(count)
            elif all(self._fetching.queue(place) for place in short):
                self.waiting = [f"{t}/{p}/{self._at[t, p]}" for t, p in sorted(short)]
                break
            elif time.monotonic() > moved + STALLED_SECONDS:
                raise self._stalled()
        self._sorted.flush()
        return total

    def _advance(
        self, place: Place, end: int, store: PgDatabase, each: Callable[[Fetched], None]
    ) -> int:
        """Take what may be taken of a partition."""
        chunk = [one for one in islice(self._fetching.queue(place), AT_ONCE) if one.offset < end]
        firsts = _firsts(store, chunk) if place[0] in INBOX_NAMES else {}
        count = 0
        for one in chunk:
            if not self._judge.take(one, self._at[place], firsts.get(one.id)):
                break
            each(one)
            self._at[place] = one.offset + 1
            count += 1
        self._fetching.taken(place, count)
        beyond = next(iter(self._fetching.queue(place)), None)
        if beyond is None:
            if self._fetching.consumer.position(TopicPartition(*place)) >= end:
                self._at[place] = end  # what is between holds no record
        elif beyond.offset >= end:
            self._at[place] = end
        return count

    def _poll(self) -> int:
        try:
            return self._fetching.poll(_POLL_MILLISECONDS)
        except (kafkas.KafkaError, OSError) as error:
            raise absent(self._settings, self.topics) or of_kafka(error, self._settings) from error

    def _stalled(self) -> PactdeskError:
        return absent(self._settings, self.topics) or Unavailable(
            f"Kafka has given nothing for {STALLED_SECONDS:.0f} seconds, though there is more",
            "see that its brokers are well, and try again",
        )

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """A table's rows in the order of their key, as PostgreSQL would give them."""
        columns = ", ".join(table.columns)
        for row in self._scratch.execute(
            f"SELECT {columns} FROM {table.sql_name} ORDER BY {table.columns[0]}"
        ):
            yield tuple(without_nul(one) if isinstance(one, str) else one for one in row)

    def kept(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """A table's rows with what made them, as PostgreSQL holds them."""
        return self._fold.of(table).kept()

    def past(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """What a table's rows were before, in the order of their key and number."""
        return self._fold.of(table).past()

    def times(self) -> Iterator[tuple[str, int, int, int]]:
        """How far each partition had come at each of its clocks."""
        for (topic, partition, clock), position in self.marks.clocks.moved.items():
            yield topic, partition, clock, position

    @property
    def scratch(self) -> Database:
        """The scratch database, for what is noted beside the tables."""
        return self._scratch


def _firsts(store: PgDatabase, chunk: Sequence[Fetched]) -> dict[str, Taking]:
    """Where the ids of some inbox records came first."""
    if not chunk:
        return {}
    found = store.execute(
        'SELECT id, topic, partition, "offset", clock FROM seen'
        " WHERE id = ANY(ARRAY(SELECT json_array_elements_text(?::json)))",
        (as_json([one.id for one in chunk]),),
    )
    return {number: (topic, partition, at, clock) for number, topic, partition, at, clock in found}
