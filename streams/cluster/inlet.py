"""One domain's inbox on the cluster: claims partitions, takes records, one transaction each.

What the shell (`streams.cluster.shell`, the only place that knows Faust) needs of us are five
methods: `assigned`, `revoked`, `prepare`, `take` and `pass_over`. Everything that matters is here
and in the database, so that the shell could be another client's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

import structlog
from psycopg.errors import UniqueViolation

from schemas.event import Event
from schemas.record import Record
from schemas.topics import CONTACTS, DOMAINS, Domain
from schemas.vocabulary import rfc3339
from streams.clock import Clock
from streams.cluster import outbox, presence
from streams.cluster.contents import refuse_another
from streams.cluster.ownership import MOST_TRIES, Owned, advance, claim, release, tried
from streams.cluster.postgres import PgDatabase
from streams.cluster.publisher import Publisher
from streams.cluster.store import CaseStore, Seen
from streams.cluster.topics import largest_record
from streams.cluster.wire import Outgoing, letter, outgoing, size_of
from streams.deadletters import letter_for
from streams.deciding import Decider
from streams.directory import teaches
from streams.entry import Entry
from streams.errors import PactdeskError, Unavailable, Unreadable
from streams.foreign import sent_at
from streams.shadowing.beside import Beside
from streams.timing import Timers
from streams.turn import AgentFailed
from streams.worlds import Worlds

_log = structlog.get_logger(__name__)


class Door(Protocol):
    """What of the intake a worker needs; `streams.cluster.door.Door` is the real one."""

    def native(self, entry: Entry) -> bool:
        """Whether a record lies in the log as ours do, on the partition of its key."""

    def record(self, entry: Entry, now: datetime) -> Record:
        """The native record in a foreign one; raises `Unreadable`."""

    def content(self, record: Record) -> bytes:
        """What a contact says, as hashes; empty for what need not be compared with its repeats."""

    def learn(self, record_id: str, event: Event) -> None:
        """Take in what an event says about whose a handle is, in the turn's transaction."""


class LostRecords(PactdeskError):
    """The log no longer gives what the store has not taken."""

    status = 70


class Reading(NamedTuple):
    """What is to be made of an entry.

    Attributes:
        record: What is decided; None when nothing is.
        forwarded: What is appended where it belongs, for it does not lie there.
        error: Why the entry becomes a dead letter.
        failure: Why no agent is asked, and a person called instead.
    """

    record: Record | None = None
    forwarded: Record | None = None
    error: PactdeskError | None = None
    failure: AgentFailed | None = None


class Inlet:
    """The inbox of one domain, as far as this process owns its partitions.

    Args:
        domain: Which domain.
        database: A connection that only this inlet uses.
        publisher: Brings what is decided to the log.
        worlds: Where a turn's snapshot comes from.
        clock: The wall's clock, or records' own times.
        door: Makes native records of foreign ones.

    Attributes:
        topic: The inbox.
        turns: How many records were taken since the start.
        holds: Whether the log holds records of a partition from one offset on below another.
        taught: Waits until what was taught by a moment has come; None does not.
        shared: The time by a clock that all workers share, in seconds; None has only its own.
    """

    def __init__(
        self,
        domain: Domain,
        database: PgDatabase,
        publisher: Publisher,
        *,
        worlds: Worlds,
        clock: Clock,
        door: Door,
        holds: Callable[[str, int, int, int], bool],
        taught: Callable[[float], None] | None = None,
    ) -> None:
        self.domain: Domain = domain
        self.topic = DOMAINS[domain].name
        self.turns = 0
        self.holds = holds
        self._taught = taught
        self.shared: Callable[[], float] | None = None
        self._db = database
        self._publisher = publisher
        self._clock = clock
        self._door = door
        self._store = CaseStore(database)
        self._timers = Timers(self._store, ())
        self._worlds = worlds
        self._decider = Decider(self._store, self._timers, worlds)
        self._owned: dict[int, Owned] = {}
        self._owner = presence.me()
        self._timed = domain == CONTACTS.domain
        self._stood = 0

    def show(self, beside: Beside) -> None:
        """Hand what is decided to a shadow, from now on."""
        self._decider.beside = beside

    # --- what the shell calls ----------------------------------------------------------------

    def assigned(self, partitions: Iterable[int]) -> dict[int, int]:
        """Own these partitions and no other; returns where each is to be read from.

        What an earlier owner left in the outbox is in the log when this returns.
        """
        self._owned = {
            partition: claim(self._db, self.domain, partition, self._owner)
            for partition in sorted(partitions)
        }
        for partition in self._owned:
            self._publisher.drain(self.domain, partition)
        self._store.forget()
        self._look_at_timers()
        self._decider.beside.took_over()
        _log.info("partitions claimed", domain=self.domain, partitions=sorted(self._owned))
        return {partition: owned.position for partition, owned in self._owned.items()}

    def revoked(self, partitions: Iterable[int]) -> None:
        """These partitions go to somebody else."""
        for partition in partitions:
            owned = self._owned.pop(partition, None)
            if owned is not None:
                release(self._db, owned)
        self._look_at_timers()

    def leave(self) -> None:
        """Let go of every partition, in good order."""
        self.revoked(list(self._owned))

    def prepare(self, entry: Entry) -> Iterator[int]:
        """Have ready what a record is read by, step by step; gives how many steps are left.

        By the records' own time nobody waits for an answer: what is needed is read in the turn.
        """
        owned = self._owned.get(entry.partition)
        if not self._timed or self._clock.simulated or owned is None:
            return iter(())
        return self._worlds.prepare(self._now(owned, entry))

    def take(self, entry: Entry) -> None:
        """Take one record; when this returns, what it led to is decided and kept.

        Raises:
            Fenced: Another worker claimed the partition: the process must end.
            LostRecords: Records before this one were never taken, and the client passed them.
        """
        owned = self._owned.get(entry.partition)
        if owned is None or entry.offset < owned.position:
            return  # another's by now, or taken before
        if entry.offset > owned.position:
            self._skip_to(owned, entry.offset)
        if self._taught is not None:
            self._taught(datetime.fromisoformat(entry.appended_at).timestamp())
        now = self._now(owned, entry)
        reading = self._read(entry, now)
        if owned.careful:
            reading = self._suspected(owned, reading)
        self._take(owned, entry, now, reading)
        owned.careful = False
        self.turns += 1

    def pass_over(self, ends: Mapping[int, int]) -> None:
        """Go on behind a partition's last offsets where they hold no record.

        Nothing comes for a transaction's marks and for what was taken back with it, so that they
        would count as what waits for as long as nothing else is sent. It is looked for in the log
        only while nothing is taken: else there may be records that are on their way.

        Args:
            ends: Up to where each partition can be read.
        """
        stands, self._stood = self._stood == self.turns, self.turns
        if not stands:
            return
        for partition, owned in self._owned.items():
            end = ends.get(partition, 0)
            try:
                if end > owned.position and not self._lost(owned, end):
                    self._pass_to(owned, end)
            except Unavailable:  # Kafka is away: it is waited for, here as well
                return

    def fire(self) -> None:
        """Turn every timer that is due by the clock into a record of its partition.

        It must be due by the clock that all share as well: what has run out is not taken back, and
        a machine whose clock is ahead would let everybody's targets be missed.
        """
        now = self._clock.now().timestamp()
        if self.shared is not None and self._timers.first(now) is not None:
            now = min(now, self.shared())
        while (timer := self._timers.first(now)) is not None:
            owned = self._owned[timer.partition]
            records = [outgoing(self._timers.fired(timer))]
            self._publish(
                self._store.commit(owned, owned.position, owned.clock, seen=None, records=records)
            )

    # --- one record, one transaction ---------------------------------------------------------

    def _now(self, owned: Owned, entry: Entry) -> float:
        """The turn's clock, in seconds."""
        if not self._clock.simulated:
            return self._clock.now().timestamp()
        return max(owned.clock, entry.happened_at())

    def _read(self, entry: Entry, now: float) -> Reading:
        try:
            if self._door.native(entry):
                return Reading(entry.record())
            clock = datetime.fromtimestamp(now, UTC)
            at = clock if self._clock.simulated else sent_at(entry, clock)
            return Reading(forwarded=self._door.record(entry, at))
        except Unreadable as error:
            return Reading(error=error)

    def _take(self, owned: Owned, entry: Entry, now: float, reading: Reading) -> None:
        """Take a record as new if its line is at hand, and again with care if that went wrong.

        Whatever it was, the record may be a repeat: nobody may fail at one.
        """
        try:
            self._turn(owned, entry, now, reading)
        except (AgentFailed, Unreadable, UniqueViolation):  # the line was let go of
            self._take_with_care(owned, entry, now, reading)

    def _take_with_care(self, owned: Owned, entry: Entry, now: float, reading: Reading) -> None:
        """Take a record after asking whether its id is new."""
        try:
            self._turn(owned, entry, now, reading)
        except AgentFailed as failure:  # it said what no topic takes
            what = Unreadable(str(failure), "shorten what the agent says, and re-drive this")
            self._turn(owned, entry, now, reading._replace(failure=failure, error=what))
        except Unreadable as error:  # nothing of the turn was kept: once more, without it
            self._turn(owned, entry, now, Reading(error=error))
        except UniqueViolation:  # the same id was taken on another partition just now
            self._take_with_care(owned, entry, now, reading)

    def _turn(self, owned: Owned, entry: Entry, now: float, reading: Reading) -> None:
        """Decide, and commit; what is decided goes to the publisher."""
        record, position = reading.record, entry.offset + 1
        try:
            content = b"" if record is None else self._door.content(record)
            if record is not None and not self._store.begin(self.domain, record.key, record.id):
                refuse_another(self._store.content(record.id), content, record)
                record = None
            records = self._said(owned, entry, now, reading._replace(record=record))
            seen = None
            if record is not None:
                told = any(_follows(one, entry) for one in records)
                seen = Seen(entry, content, now if told else None)
            if record is not None and teaches(record.event):
                with self._db.transaction():
                    batch = self._store.commit(owned, position, now, seen=seen, records=records)
                    self._door.learn(record.id, record.event)
            else:
                batch = self._store.commit(owned, position, now, seen=seen, records=records)
        except BaseException:
            self._store.forget()
            self._decider.beside.dropped()
            if not self._db.connection.closed:
                self._look_at_timers()
            raise
        self._publish(batch)
        self._decider.beside.kept()

    def _publish(self, batch: outbox.Batch | None) -> None:
        if batch is not None:
            self._publisher.publish(batch)

    def _said(self, owned: Owned, entry: Entry, now: float, reading: Reading) -> list[Outgoing]:
        """What a turn appends, in order."""
        said: list[Record] = []
        if self._timed and self._clock.simulated:
            said += self._timers.passed(owned.partition, now)
        place = (entry.topic, entry.partition, entry.offset)
        if reading.record is not None:
            said += self._decider.decide(self.domain, reading.record, place, now, reading.failure)
        else:
            self._decider.beside.passed(*place)
        if reading.forwarded is not None:
            said.append(reading.forwarded)
        records = [_fitting(one) for one in said]
        if reading.error is not None:
            at = rfc3339(datetime.fromtimestamp(now, UTC))
            records.append(letter(letter_for(entry, reading.error, handler=self.domain, at=at)))
        return records

    # --- what may go wrong -------------------------------------------------------------------

    def _skip_to(self, owned: Owned, offset: int) -> None:
        """Offsets that hold nothing, such as a transaction's marks, are passed; lost ones not."""
        if self._lost(owned, offset):
            raise LostRecords(
                f"{self.topic}/{owned.partition} was to be read on from offset {owned.position},"
                f" and {offset} came",
                "start the worker again; nothing was skipped",
            )
        self._pass_to(owned, offset)

    def _lost(self, owned: Owned, offset: int) -> bool:
        """Whether the log holds records below an offset that were not taken."""
        return self.holds(self.topic, owned.partition, owned.position, offset)

    def _pass_to(self, owned: Owned, offset: int) -> None:
        with self._db.transaction():
            advance(self._db, owned, offset, owned.clock, 0)
        owned.position = offset

    def _suspected(self, owned: Owned, reading: Reading) -> Reading:
        """What to make of a record that may have ended the process before: at last, no more.

        It is put aside, and a person called. Should even that end the process, it is put aside
        alone.
        """
        tries = tried(self._db, owned)
        if tries <= MOST_TRIES:
            return reading
        error = Unreadable(
            f"it ended the worker's process {MOST_TRIES} times",
            "see the last words in the worker's log, and re-drive it when that is mended",
        )
        if reading.record is None or tries > MOST_TRIES + 1:
            return Reading(error=error)
        return reading._replace(
            error=error, failure=AgentFailed("worker", reading.record.type, error.what)
        )

    def _look_at_timers(self) -> None:
        self._timers.look(sorted(self._owned) if self._timed else ())


def _fitting(record: Record) -> Outgoing:
    """A record as it is sent.

    Raises:
        AgentFailed: It is larger than a topic takes.
    """
    ready = outgoing(record)
    size = size_of(ready)
    if size > largest_record(ready.topic):
        raise AgentFailed(record.by, record.type, f"the {record.type} has {size} bytes")
    return ready


def _follows(one: Outgoing, entry: Entry) -> bool:
    """Whether a record names an entry as what it follows from."""
    return (
        f'"ce_sourceoffset":"{entry.offset}"' in one.headers
        and f'"ce_sourcetopic":"{entry.topic}"' in one.headers
    )
