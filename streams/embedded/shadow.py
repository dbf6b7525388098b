"""The shadow of an embedded worker, over a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Event
from typing import TYPE_CHECKING

from agents.policy import default_policy
from streams.embedded.backtest import history
from streams.embedded.database import Database
from streams.embedded.opening import open_database
from streams.embedded.store import CaseStore
from streams.embedded.taught import Taught
from streams.entry import Place
from streams.folding import Step
from streams.knowledge import KnowledgeHistory
from streams.settings import TierName
from streams.shadowing.beside import Beside
from streams.shadowing.judging import Own
from streams.shadowing.kept import Store
from streams.shadowing.running import Shadowing
from streams.understanding import tiers
from streams.whatif.history import History
from streams.worlds import Worlds

if TYPE_CHECKING:
    from streams.desk import Desk


def shadowing_of(desk: Desk, *, patient: bool) -> Shadowing:
    """The shadow of a desk's worker.

    Args:
        desk: The desk.
        patient: Whether the worker waits where the shadow cannot keep up.
    """
    folder, settings = desk.folder, desk.settings

    @contextmanager
    def looking_back() -> Iterator[_Past]:
        with closing(open_database(folder)) as database, closing(open_database(folder)) as log:
            knowledge = KnowledgeHistory(tiers.Later(settings.models.tier))
            yield _Past(database, log, Worlds(Taught(log), knowledge, default_policy()))

    @contextmanager
    def opened() -> Iterator[tuple[Store, Own]]:
        with closing(open_database(folder)) as database:

            def worlds(tier: TierName | None) -> Worlds:
                models = tiers.load(tier or settings.models.tier)
                knowledge = KnowledgeHistory(models, activated=tier is None)
                return Worlds(Taught(database), knowledge, default_policy())

            yield database, worlds

    return Shadowing(Beside(patient=patient), opened, looking_back)


def taken(database: Database) -> dict[Place, int]:
    """How far each inbox partition is taken."""
    return {place: position for place, (position, _) in CaseStore(database).positions().items()}


class _Past:
    """What a worker of a store can look back on: all of it, for it is the only one."""

    alone = True

    def __init__(self, database: Database, log: Database, worlds: Worlds) -> None:
        self.store = database
        self._log = log
        self._worlds = worlds

    def taken(self, stop: Event) -> dict[Place, int]:
        """How far partitions are taken; a turn that is under way is waited for."""
        del stop
        with self.store.transaction():
            return taken(self.store)

    @contextmanager
    def history(self, taken: Mapping[Place, int], step: Step) -> Iterator[History]:
        """The log as of now, which is further than was asked before."""
        del taken
        with history(self._log, self._worlds, step) as found:
            yield found
