"""The shadow of a cluster's worker, over connections of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from threading import Event

from agents.policy import default_policy
from schemas.topics import DOMAINS
from streams.cluster.backtest import history
from streams.cluster.postgres import PgDatabase, connect, url_of
from streams.cluster.presence import me
from streams.cluster.taught import TaughtByNow
from streams.entry import Place
from streams.errors import Unavailable
from streams.folding import Step
from streams.knowledge import KnowledgeHistory
from streams.settings import Settings, TierName
from streams.shadowing.beside import Beside
from streams.shadowing.judging import Own
from streams.shadowing.kept import Store
from streams.shadowing.making_up import Stopped
from streams.shadowing.running import Shadowing
from streams.understanding import tiers
from streams.whatif.history import History
from streams.worlds import Worlds

UNDER_WAY_SECONDS = 0.5
"""After how long a turn that was under way is committed."""

SENT_SECONDS = 60.0
"""How long what was decided may take to be in the log."""

WAIT_SECONDS = 0.1
"""Between two looks whether it is."""


def shadowing_of(settings: Settings) -> Shadowing:
    """The shadow of the agents in this process.

    Args:
        settings: Where Kafka and the database are.
    """

    @contextmanager
    def opened() -> Iterator[tuple[Store, Own]]:
        with closing(connect(url_of(settings))) as database, ExitStack() as held:

            def worlds(tier: TierName | None) -> Worlds:
                taught = held.enter_context(closing(TaughtByNow(settings)))
                models = tiers.load(tier or settings.models.tier)
                knowledge = KnowledgeHistory(models, activated=tier is None)
                return Worlds(taught, knowledge, default_policy())

            yield database, worlds

    @contextmanager
    def looking_back() -> Iterator[_Past]:
        with closing(connect(url_of(settings))) as database:
            yield _Past(settings, database)

    return Shadowing(Beside(patient=False), opened, looking_back)


def taken(database: PgDatabase) -> dict[Place, int]:
    """How far each inbox partition is taken."""
    rows = database.execute(
        "SELECT domain, partition, position FROM partitions WHERE domain = ANY(?)", (list(DOMAINS),)
    )
    return {(DOMAINS[domain].name, int(partition)): int(end) for domain, partition, end in rows}


class _Past:
    """What this process's workers can look back on: the partitions that they own."""

    def __init__(self, settings: Settings, database: PgDatabase) -> None:
        self.store = database
        self._settings = settings

    @property
    def alone(self) -> bool:
        """Whether no other process owns partitions."""
        row = self.store.execute(
            "SELECT 1 FROM partitions WHERE domain = ANY(?) AND owner <> ? LIMIT 1",
            (list(DOMAINS), me()),
        ).fetchone()
        return row is None

    def taken(self, stop: Event) -> dict[Place, int]:
        """How far partitions are taken; what was decided by then is waited for in the log.

        Raises:
            Stopped: The process ends.
            Unavailable: Nothing is sent.
        """
        if stop.wait(UNDER_WAY_SECONDS):
            raise Stopped
        rows = self.store.execute(
            "SELECT domain, partition, position, turn FROM partitions"
            " WHERE domain = ANY(?) AND owner = ?",
            (list(DOMAINS), me()),
        ).fetchall()
        deadline = time.monotonic() + SENT_SECONDS
        while any(self._unsent(domain, partition, turn) for domain, partition, _, turn in rows):
            if stop.wait(WAIT_SECONDS):
                raise Stopped
            if time.monotonic() > deadline:
                raise Unavailable("what was decided is not in the log yet", "see `pactdesk status`")
        return {(DOMAINS[d].name, int(partition)): int(end) for d, partition, end, _ in rows}

    def _unsent(self, domain: str, partition: int, turn: int) -> bool:
        row = self.store.execute(
            "SELECT 1 FROM outbox WHERE domain = ? AND partition = ? AND turn <= ? LIMIT 1",
            (domain, partition, turn),
        ).fetchone()
        return row is not None

    @contextmanager
    def history(self, taken: Mapping[Place, int], step: Step) -> Iterator[History]:
        """Kafka's log as of now."""
        with history(self._settings, self.store, taken, step) as found:
            yield found
