"""The desk in Python: produce, run, query, ask why, look back. The commands are thin over this.

The models and the agents are imported when they are first needed: whoever only reads need not wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

from schemas.record import Record, partition_of
from schemas.topics import DEAD_LETTERS, TICKETS, TOPICS
from streams.changes import Change, changes
from streams.clock import Clock, WallClock
from streams.deadletters import DeadLetter, letter_of
from streams.directory import Directory
from streams.embedded import search
from streams.embedded.alone import Alone
from streams.embedded.bringing import Bringing, here_of, outward_of
from streams.embedded.database import Database, only_worker
from streams.embedded.effects import Effects
from streams.embedded.intake import Intake
from streams.embedded.log import SqliteLog
from streams.embedded.looking import LookingBack
from streams.embedded.opening import open_database
from streams.embedded.outcome import worked_off
from streams.embedded.positions import position_of, seq_of
from streams.embedded.progress import Progress
from streams.embedded.sealed import Sealed
from streams.embedded.why import Lookup
from streams.engines import desk_of
from streams.entry import Entry
from streams.errors import Unreadable
from streams.filters import Filter
from streams.intake import produced, taken_well
from streams.search import Hit, Wanted
from streams.settings import Settings, load
from streams.showing import record_line

if TYPE_CHECKING:
    from agents.policy import Policy
    from agents.world import Models
    from streams.embedded.shift import Shift
    from streams.engines import AnyDesk
    from streams.rulings import Outcome
    from streams.understanding.tier import Tier
    from streams.worlds import Worlds


LOOK_SECONDS = 0.01
"""Between two looks whether the log has grown."""


class Desk(Sealed, LookingBack):
    """One embedded desk: a store with its worker, projector and effects.

    Args:
        folder: The data directory.
        clock: The wall's clock, or a manual one for simulated time.
        secret: The identity secret of a store that is made now.
        works: Whether it works off what it asks for itself, where no other worker does.
        settings: The connections to the platforms, and how replies go out; its files lie in the
            folder, whichever these name.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        secret: str | None = None,
        works: bool = True,
        settings: Settings | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.works = works
        self.settings = (settings or Settings()).model_copy(update={"data": folder})
        self.database: Database = open_database(folder, secret=secret)
        self.log = SqliteLog(self.database)
        self.lookup = Lookup(self.database)
        self.intake = Intake(self.database, clock)
        self.alone = Alone(folder)

    @cached_property
    def models(self) -> Tier:
        """The models; loaded when they are first needed."""
        from streams.understanding import tiers

        return tiers.load(self.settings.models.tier)

    @cached_property
    def worlds(self) -> Worlds:
        """Where turns and reads get policy, models and knowledge."""
        from agents.policy import default_policy
        from streams.embedded.taught import Taught
        from streams.knowledge import KnowledgeHistory
        from streams.worlds import Worlds

        return Worlds(Taught(self.database), KnowledgeHistory(self.models), default_policy())

    @cached_property
    def progress(self) -> Progress:
        """How far the worker and the tables have come."""
        return Progress(self.database)

    def produce(self, *documents: object) -> list[str]:
        """Take input objects; returns their records' ids, durable.

        Raises:
            Unreadable: One cannot be read; the others are kept, and it is in dead letters.
        """
        return produced(documents, self.intake.documents)

    def run(
        self,
        progress: Callable[[int], None] | None = None,
        reads: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Work off everything that waits; returns how many turns were taken.

        Args:
            progress: Told how many turns were taken since it was told last.
            reads: Told, while much that was taught must be read first, how many texts are left.

        Raises:
            Refused: Another worker is at work on this store.
        """
        with self.shift(reads) as shift:
            turns, bringing = shift.run(progress), Bringing(self)
            while bringing.brought():
                turns += shift.run(progress)
            return turns

    @contextmanager
    def shift(self, reads: Callable[[int], None] = lambda _: None) -> Iterator[Shift]:
        """Be the store's worker for a while; raises `Refused` when somebody else is."""
        from streams.embedded.shift import Shift

        with only_worker(self.folder):
            yield Shift(self, reads=reads)

    def effects(self) -> Effects:
        """What carries out requests, or keeps them for the courier."""
        return Effects(self.database, here_of(self), outward_of(self), self.clock)

    def carry_out(self, record: Record) -> Outcome:
        """Append a record, see to it that it is worked off, and say what followed."""
        repeat = not self.intake.records([record])
        return worked_off(self, record.id, repeat=repeat)

    def take_in(self, document: dict[str, Any]) -> Outcome:
        """Take one input in, see to it that it is worked off, and say what followed.

        Raises:
            Unreadable: It cannot be read; it is in dead letters.
        """
        taken = taken_well(self.intake.documents([document])[0])
        return worked_off(self, taken.id, repeat=taken.status == "repeat")

    def keep(self, record: Record) -> Record:
        """Append a record that nobody rules on; returns the first one of its id."""
        fresh = self.intake.records([record])
        if fresh:
            return fresh[0]
        known = self.log.find(record.id)
        assert known is not None
        return known.record()

    def understood_of(self, contact_ids: Sequence[str], *, latest: bool) -> Record | None:
        """What was understood of the first of some contacts, or of the latest; None of none.

        Args:
            contact_ids: Records of one line.
            latest: Whether the latest is meant.
        """
        from streams.rulings import understood_in

        found = [entry for one in contact_ids if (entry := self.log.find(one)) is not None]
        for contact in sorted(found, key=lambda entry: entry.seq, reverse=latest)[:1]:
            return understood_in(self.log.family(contact.id), contact.id)
        return None

    def place(self) -> str:
        """Something that no other request has."""
        return str(self.log.last_seq())

    def search(self, wanted: Wanted) -> list[Hit]:
        """What a full-text search finds, the best first."""
        return search.found(self.database.connection, wanted)

    def position(self) -> str:
        """The position of the newest record."""
        return position_of(self.log.last_seq())

    def understand(self, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the models make of messages; appends nothing."""
        from streams import pact

        models = self.models_now()
        return [pact.understood(models, document) for document in documents]

    def pact(self, action: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """One of the 28 actions; what it appends is worked off before this returns."""
        from streams import pact

        return pact.execute(self, action, params or {})

    def models_now(self) -> Models:
        """The models over what was taught by now."""
        self.worlds.follow()
        return self.worlds.models_at(self.clock.now().timestamp())

    def policy(self) -> Policy:
        """The policy in force now."""
        self.worlds.follow()
        return self.worlds.policy_at(self.clock.now().timestamp())

    def events(
        self,
        *,
        customer: str | None = None,
        topic: str | None = None,
        ticket: str | None = None,
        type: str | None = None,  # noqa: A002  # the public filter's name
        after: str | None = None,
    ) -> Iterator[Record]:
        """Records in the order of appending; what cannot be read is passed over."""
        for entry in self.entries(
            customer=customer, topic=topic, ticket=ticket, type=type, after=after
        ):
            try:
                yield entry.record()
            except Unreadable:
                continue

    def entries(
        self,
        *,
        customer: str | None = None,
        topic: str | None = None,
        ticket: str | None = None,
        type: str | None = None,  # noqa: A002  # the public filter's name
        after: str | None = None,
    ) -> Iterator[Entry]:
        """Log entries in the order of appending, undecoded, by what their headers say.

        Raises:
            Malformed: There is no such topic or type, or `after` is no position of this log.
        """
        wanted = Filter(customer=customer, topic=topic, ticket=ticket, type=type).checked()
        return (entry for entry, _ in self.placed(wanted, after))

    def placed(self, wanted: Filter, after: str | None = None) -> Iterator[tuple[Entry, str]]:
        """Log entries in the order of appending, each with the position behind it.

        Raises:
            Malformed: `after` is no position of this log.
        """
        start = 0 if after is None else seq_of(self.log, after)
        for entry in self.log.scan(start, wanted.topic):
            if wanted.fits(entry):
                yield entry, position_of(entry.seq)

    def following(self, after: str, stop: Event) -> Iterator[list[tuple[Entry, str]]]:
        """Log entries behind a position as they are appended, until told to stop.

        Args:
            after: The position.
            stop: Ends it when set.
        """
        seen: tuple[int, ...] = ()
        while not stop.is_set():
            changes = self.database.changes(*TOPICS)
            if changes == seen:
                stop.wait(LOOK_SECONDS)
                continue
            seen = changes
            found = list(self.placed(Filter(), after))
            if found:
                after = found[-1][1]
                yield found

    def record_line(self, record_id: str) -> dict[str, Any] | None:
        """A record as every surface shows it; None without one of this id."""
        entry = self.log.find(record_id)
        return None if entry is None else record_line(entry, position_of(entry.seq))

    def changes_of(self, ticket_id: str, since: int) -> list[Change]:
        """The events of a ticket after one of its revisions, on the line that it is on now."""
        owner = Directory(self.database).owner_of(ticket_id)
        if owner is None:
            return []
        return changes(self.log.backwards(TICKETS.name, partition_of(owner)), ticket_id, since)

    def letters(self) -> list[DeadLetter]:
        """Every dead letter that is kept, oldest first."""
        return [letter_of(entry) for entry in self.log.scan(topic=DEAD_LETTERS.name)]

    def letter(self, letter_id: str) -> DeadLetter | None:
        """One dead letter."""
        entry = self.log.find(letter_id)
        if entry is None or entry.topic != DEAD_LETTERS.name:
            return None
        return letter_of(entry)

    def serves(self) -> None:
        """A gateway serves this desk; nobody asks who does, on one machine."""

    def stands(self) -> bool:
        """Whether the store is as it was left; nobody ends a connection to a file."""
        return True

    def answers(self) -> None:
        """See that the store answers; raises what there is to say where not."""
        self.database.meta("identity.secret")

    def status(self) -> dict[str, Any]:
        """How much was appended, and what waits; in records and in seconds."""
        from streams.health import status

        return status(self)

    def close(self) -> None:
        """Close the store."""
        if self._reader is not None:
            self._reader.close()
        self.alone.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@overload
def open_desk(
    data: str | Path, *, clock: Clock | None = None, settings: Settings | None = None
) -> Desk: ...


@overload
def open_desk(
    data: None = None, *, clock: Clock | None = None, settings: Settings | None = None
) -> AnyDesk: ...


def open_desk(
    data: str | Path | None = None,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
) -> AnyDesk:
    """Open the desk in a data directory, or the one that the settings name.

    Args:
        data: The directory of an embedded desk; the settings say which desk by default.
        clock: `pactdesk.ManualClock` for simulated time; the wall's clock by default.
        settings: Ready settings; loaded from environment and file by default.

    Raises:
        Misconfigured: The settings or the store do not allow it.
        Unavailable: The settings name a cluster, and Kafka or the database does not answer.
    """
    settings = settings or load()[0]
    if data is None:
        return desk_of(settings, clock)
    secret = settings.identity.secret
    return Desk(Path(data), clock or WallClock(), secret=secret, settings=settings)
