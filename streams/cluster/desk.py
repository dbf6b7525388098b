"""A desk on a cluster: produce, query, read the log, ask and read the ruling.

The workers are other processes (`pactdesk up`); this is for whoever has something to say or to
know. Connections are made when they are first needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from secrets import token_hex
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from schemas.record import Record, partition_of
from schemas.topics import DEAD_LETTERS, DECISIONS, TICKETS, TOPICS
from streams.changes import Change, changes
from streams.clock import Clock
from streams.cluster import following, migrating, positions, search, understood
from streams.cluster.alone import Alone
from streams.cluster.finding import Spot, around, entry_at
from streams.cluster.identity import secret_of
from streams.cluster.intake import Intake
from streams.cluster.kafka import answers, quiet
from streams.cluster.looking import LookingBack
from streams.cluster.postgres import PgDatabase, connect, url_of
from streams.cluster.presence import GATEWAY, Presence
from streams.cluster.producer import Producer
from streams.cluster.progress import Progress
from streams.cluster.reading import Reader
from streams.cluster.sealed import Sealed
from streams.cluster.taught import TaughtByNow
from streams.deadletters import DeadLetter, letter_of
from streams.directory import Directory
from streams.entry import Entry, Place
from streams.errors import Refused
from streams.filters import Filter
from streams.intake import produced, taken_well
from streams.registry import Registry
from streams.rulings import Outcome
from streams.search import Hit, Wanted
from streams.settings import Settings
from streams.showing import record_line

if TYPE_CHECKING:
    from agents.policy import Policy
    from agents.world import Models
    from streams.worlds import Worlds

LATELY = 5000
"""Records of a line among which changes of a ticket are looked for."""


class ClusterDesk(Sealed, LookingBack):
    """One desk on a cluster, as a client of it.

    Args:
        settings: Where Kafka and the database are.
        clock: Gives the time to what brings none.

    Raises:
        Misconfigured: The settings do not say it, or the database is of another version.
        Unavailable: The database does not answer.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        quiet()
        self.settings = settings
        self.clock = clock
        self.database: PgDatabase = connect(url_of(settings))
        migrating.require(url_of(settings))
        self.producer = Producer(settings)
        self._kept = ExitStack()

    @cached_property
    def intake(self) -> Intake:
        """The way in; raises `Misconfigured` without an identity secret."""
        url = self.settings.kafka.schema_registry_url
        registry = Registry(url) if url else None
        secret = secret_of(self.settings)
        return Intake(self.database, self.producer, self.clock, secret, registry)

    @cached_property
    def _taught(self) -> TaughtByNow:
        return TaughtByNow(self.settings)

    @cached_property
    def _worlds(self) -> Worlds:
        """What was taught and activated."""
        from agents.policy import default_policy
        from streams.knowledge import KnowledgeHistory
        from streams.understanding import tiers
        from streams.worlds import Worlds

        knowledge = KnowledgeHistory(tiers.Later(self.settings.models.tier))
        return Worlds(self._taught, knowledge, default_policy())

    @cached_property
    def progress(self) -> Progress:
        """How far the workers and the tables have come."""
        return Progress(self.database, self._log)

    @cached_property
    def _presence(self) -> Presence:
        return Presence(self.database, GATEWAY)

    @cached_property
    def alone(self) -> Alone:
        """What this desk has to itself, of work that one process does at a time."""
        return Alone(self.database)

    def produce(self, *documents: object) -> list[str]:
        """Take input objects; returns their records' ids, on Kafka.

        Raises:
            Unreadable: One cannot be read; the others are kept, and it is in dead letters.
            Unavailable: Kafka or the database does not answer.
        """
        return produced(documents, self.intake.documents)

    def run(self) -> int:
        """Raises `Refused`: the workers of a cluster are `pactdesk up`."""
        raise Refused(
            "the workers of a cluster work for as long as they are up, not on call",
            "start them with `pactdesk up`; `pactdesk status` says what waits",
        )

    def search(self, wanted: Wanted) -> list[Hit]:
        """What a full-text search finds, the best first."""
        return search.found(self.database, wanted)

    def position(self) -> str:
        """The position behind the newest records."""
        with Reader(self.settings) as reader:
            return positions.token(reader.ends())

    def models_now(self) -> Models:
        """The models over what was taught by now."""
        self._worlds.follow()
        return self._worlds.models_at(self.clock.now().timestamp())

    def policy(self) -> Policy:
        """The policy in force now."""
        self._worlds.follow()
        return self._worlds.policy_at(self.clock.now().timestamp())

    def understand(self, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the models make of messages; appends nothing."""
        from streams import pact

        models = self.models_now()
        return [pact.understood(models, document) for document in documents]

    def following(self, after: str, stop: Event) -> Iterator[list[tuple[Entry, str]]]:
        """Log entries behind a position as they are appended, until told to stop.

        Args:
            after: The position.
            stop: Ends it when set.

        Raises:
            Misconfigured: A topic is gone, or records that are asked for are.
        """
        at = positions.vector(after)
        with Reader(self.settings) as reader:
            for step in reader.follow(at, stop):
                found = []
                for entry in step:
                    at[entry.topic, entry.partition] = entry.offset + 1
                    found.append((entry, positions.token(at)))
                if found:
                    yield found

    def record_line(self, record_id: str) -> dict[str, Any] | None:
        """A record as every surface shows it; None without one of this id.

        Where no table says on which line it lies, all lines are read.
        """
        found = next((e for e in self._candidates(record_id) if e.id == record_id), None)
        if found is None:
            return None
        behind = {(found.topic, found.partition): found.offset + 1}
        return record_line(found, positions.token(behind))

    def _candidates(self, record_id: str) -> Iterator[Entry]:
        """Entries among which a record must be, if there is one."""
        row = self.database.execute(
            'SELECT topic, partition, "offset" FROM seen WHERE id = ?', (record_id,)
        ).fetchone()
        if row is not None:
            topic, partition, offset = str(row[0]), int(row[1]), int(row[2])
            yield from self._between(topic, partition, offset, offset + 1)
            return
        line = self.query("SELECT customer_id FROM v1_decisions WHERE record_id = ?", [record_id])
        if line and line[0]["customer_id"] is not None:
            partition = partition_of(line[0]["customer_id"])
            yield from self._between(DECISIONS.name, partition, 0, None)
        with Reader(self.settings) as reader:
            for step in reader.steps():
                yield from step

    def changes_of(self, ticket_id: str, since: int) -> list[Change]:
        """The events of a ticket after one of its revisions, on the line that it is on now.

        As far as they are among the line's last `LATELY` records.
        """
        owner = Directory(self.database).owner_of(ticket_id)
        if owner is None:
            return []
        lately = list(self._between(TICKETS.name, partition_of(owner), -LATELY, None))
        return changes(reversed(lately), ticket_id, since)

    def _between(self, topic: str, partition: int, start: int, end: int | None) -> Iterator[Entry]:
        """Entries of a partition; from so many before its end where `start` is negative."""
        place = (topic, partition)
        with Reader(self.settings, [topic]) as reader:
            last = reader.ends()[place] if end is None else end
            first = max(reader.starts()[place], last + start if start < 0 else start)
            for step in reader.steps({place: first}, {place: last}):
                yield from step

    # --- the log -----------------------------------------------------------------------------

    def placed(self, wanted: Filter, after: str | None = None) -> Iterator[tuple[Entry, str]]:
        """Log entries with the position behind each, partition by partition in their order.

        Raises:
            Malformed: `after` is no position of a cluster.
            Unavailable: Kafka does not answer.
        """
        start = positions.vector(after) if after is not None else {}
        topics = [wanted.topic] if wanted.topic is not None else list(TOPICS)
        with Reader(self.settings, topics) as reader:
            at: dict[Place, int] = {**start}
            for step in reader.steps(start):
                for entry in step:
                    at[entry.topic, entry.partition] = entry.offset + 1
                    if wanted.fits(entry):
                        yield entry, positions.token(at)

    def carry_out(self, record: Record) -> Outcome:
        """Send a record, see to it that it is worked off, and say what followed on all lines.

        Where no worker takes it in time, the outcome is not settled.
        """
        ends = self._log.ends()
        sent = self.intake.records([record])
        if sent:
            place = (record.topic, partition_of(record.key), sent[0][1])
            return self._followed(record.id, place, ends)
        known = self.intake.place_of(record.id)
        assert known is not None
        return self._followed(record.id, known, None)

    def take_in(self, document: dict[str, Any]) -> Outcome:
        """Take one input in, see to it that it is worked off, and say what followed.

        Raises:
            Unreadable: It cannot be read; it is in dead letters.
        """
        ends = self._log.ends()
        taken = taken_well(self.intake.documents([document])[0])
        assert taken.topic is not None
        assert taken.partition is not None
        assert taken.offset is not None
        place = (taken.topic, taken.partition, taken.offset)
        return self._followed(taken.id, place, None if taken.status == "repeat" else ends)

    def _followed(self, record_id: str, spot: Spot, ends: dict[Place, int] | None) -> Outcome:
        """What followed from a record: after these ends, or from its own time on for a repeat."""
        repeat = ends is None
        start = around(self._log, self.database, spot) if ends is None else ends
        family = following.Family(record_id, spot)
        return following.outcome_of(family, self._log, self.database, start, repeat=repeat)

    def keep(self, record: Record) -> Record:
        """Send a record that nobody rules on; returns the first one of its id."""
        sent = self.intake.records([record])
        if sent:
            return sent[0][0]
        known = self.intake.place_of(record.id)
        assert known is not None
        return entry_at(self._log, known).record()

    def understood_of(self, contact_ids: Sequence[str], *, latest: bool) -> Record | None:
        """What was understood of the first of some contacts, or of the latest; None of none.

        Args:
            contact_ids: Records of one line.
            latest: Whether the latest is meant.
        """
        return understood.understood_of(self.database, self._log, contact_ids, latest=latest)

    def place(self) -> str:
        """Something that no other request has."""
        return token_hex(8)

    def pact(self, action: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """One of the 28 actions; what it appends is waited for."""
        from streams import pact

        return pact.execute(self, action, params or {})

    def letters(self) -> list[DeadLetter]:
        """Every dead letter that the projector has read, oldest first."""
        return sorted(self._letters("true", ()), key=lambda one: one.at)

    def letter(self, letter_id: str) -> DeadLetter | None:
        """One dead letter."""
        return next(iter(self._letters("id = ?", (letter_id,))), None)

    def _letters(self, where: str, values: Sequence[object]) -> list[DeadLetter]:
        rows = self.database.execute(
            'SELECT partition, "offset", key, headers, value, id FROM dead_letters'
            f' WHERE {where} ORDER BY partition, "offset"',
            values,
        )
        return [
            letter_of(Entry(0, DEAD_LETTERS.name, part, at, key, headers, value, "", number))
            for part, at, key, headers, value, number in rows
        ]

    def serves(self) -> None:
        """Say that a gateway in this process serves the desk, and comes round."""
        self._presence.tell()

    def stands(self) -> bool:
        """Whether its connection is as it was left: a pooler ends those that are at rest."""
        return self.database.stands()

    def answers(self) -> None:
        """See that Kafka and the database answer; raises what there is to say where not."""
        self.database.execute("SELECT 1")
        answers(self.settings)

    def status(self) -> dict[str, Any]:
        """How much was appended, and what waits; in records and in seconds."""
        from streams.cluster.backlog import status

        return status(self.settings, self.database)

    def close(self) -> None:
        """Let go of Kafka and the database."""
        self.producer.close()
        self._kept.close()
        if "_reader" in self.__dict__:
            self._reader.close()
        if "_log" in self.__dict__:
            self._log.close()
        if "_taught" in self.__dict__:
            self._taught.close()
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
