"""The product under test: the embedded engine on a store of its own, taken from moment to moment.

Models, agents, folds, timers, store and log are the real ones, under a manual clock. Left out are
what the week does not ask for: tables, transports, and waiting for the disk. What the models make
of a text depends on text and knowledge alone, so it is remembered over seeds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.policy import default_policy
from agents.world import Understanding
from schemas.event import Intent
from schemas.record import Record, derived_id
from streams.clock import ManualClock
from streams.embedded.database import Database
from streams.embedded.intake import Intake
from streams.embedded.opening import open_database
from streams.embedded.recent import Recent
from streams.embedded.taught import Taught
from streams.embedded.worker import Worker
from streams.entry import Entry
from streams.intake import taken_well
from streams.knowledge import KnowledgeHistory
from streams.simulating.week.issues import BEFORE, Document, moment
from streams.understanding.index import KnowledgeIndex
from streams.understanding.tier import Tier
from streams.worlds import Worlds

SECRET = "week"  # noqa: S105  # fixed on purpose: every run names the same customers alike


class Remembering(Tier):
    """A tier that reads each text once, over the same knowledge.

    Args:
        tier: The tier that reads.
    """

    def __init__(self, tier: Tier) -> None:
        self.versions = tier.versions
        self._tier = tier
        self._known: dict[tuple[str, str, str, str | None], Understanding] = {}

    def understand(
        self,
        message: str,
        *,
        subject: str = "",
        known_language: str | None = None,
        index: KnowledgeIndex,
    ) -> Understanding:
        """What the tier makes of a message."""
        key = (index.version, message, subject, known_language)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._tier.understand(
                message, subject=subject, known_language=known_language, index=index
            )
        return found

    def raw_tone(self, message: str) -> float:
        """The tone of a message as the tier has it."""
        return self._tier.raw_tone(message)


class Hearing(Recent):
    """Keeps what the agents said, in order, instead of leaving it to a projector."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Record] = []

    def wrote(self, entries: Iterable[Entry]) -> None:
        """The agents said something."""
        self.said += [entry.record() for entry in entries]

    def took(self, taken: Iterable[tuple[Entry, Record | None]]) -> None:
        """Inbox records were worked off: nobody folds them here."""
        del taken


class Forgetful(Database):
    """A store that need not outlive a power cut."""

    @contextmanager
    def durably(self) -> Iterator[object]:  # type: ignore[override]  # nobody uses the connection
        """A transaction like any other."""
        with self.transaction() as connection:
            yield connection


class Product:
    """A desk in a folder, at work from the moment that it is opened.

    Args:
        folder: Its folder; the caller throws it away.
        tier: The models.
    """

    def __init__(self, folder: Path, tier: Tier) -> None:
        opened = open_database(folder, secret=SECRET)
        opened.execute("PRAGMA synchronous = OFF")
        self._database = Forgetful(opened.path, opened.connection)
        self._clock = ManualClock(BEFORE)
        self._intake = Intake(self._database, self._clock)
        self._hearing = Hearing()
        self._asked = 0
        worlds = Worlds(Taught(self._database), KnowledgeHistory(tier), default_policy())
        self._worker = Worker(self._database, worlds, self._clock, self._hearing, asks=())

    def take(self, documents: Sequence[Document]) -> list[str]:
        """Input lines come in; their records' ids.

        Raises:
            Unreadable: One cannot be read.
        """
        return [taken_well(one).id or "" for one in self._intake.documents(documents)]

    def ask(self, event: Intent, at: float) -> None:
        """A person asks for something at a moment, in seconds after the start of the week."""
        self._asked += 1
        name = derived_id("week", str(self._asked))
        record = Record(
            id=name,
            key=event.customer_id,
            at=moment(at),
            by=f"desk/{event.by}",
            event=event,
            correlation=name,
        )
        self._intake.records([record])

    def work(self, until: float | None = None) -> list[Record]:
        """Work off what waits by a moment, and return what the agents said.

        Args:
            until: In seconds after the start of the week; None is before it.
        """
        if until is not None:
            self._clock.set(max(moment(until), self._clock.now()))
        self._worker.look()
        while self._worker.waits():
            with self._worker.committing():
                self._worker.work()
        said, self._hearing.said = self._hearing.said, []
        return said

    def close(self) -> None:
        """Let go of the store."""
        self._database.close()


class Products:
    """Gives desks that were all taught the same, each on a store of its own.

    Args:
        tier: The models.
        lessons: Input lines that each desk has worked off when it is given.
    """

    def __init__(self, tier: Tier, lessons: Sequence[Document]) -> None:
        self._tier = Remembering(tier)
        self._folder = TemporaryDirectory(prefix="pactdesk-week-")
        self._taught = Path(self._folder.name) / "taught"
        product = Product(self._taught, self._tier)
        try:
            product.take(lessons)
            product.work()
        finally:
            product.close()

    @contextmanager
    def one(self) -> Iterator[Product]:
        """A fresh desk, thrown away afterwards."""
        folder = Path(self._folder.name) / "desk"
        shutil.copytree(self._taught, folder)
        product = Product(folder, self._tier)
        try:
            yield product
        finally:
            product.close()
            shutil.rmtree(folder)

    def close(self) -> None:
        """Throw everything away."""
        self._folder.cleanup()
