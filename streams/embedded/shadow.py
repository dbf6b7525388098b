"""The shadow of an embedded worker, over a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from agents.policy import default_policy
from streams.embedded.opening import open_database
from streams.embedded.taught import Taught
from streams.knowledge import KnowledgeHistory
from streams.settings import TierName
from streams.shadowing.beside import Beside
from streams.shadowing.judging import Own
from streams.shadowing.kept import Store
from streams.shadowing.running import Shadowing
from streams.understanding import tiers
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
    def opened() -> Iterator[tuple[Store, Own]]:
        with closing(open_database(folder)) as database:

            def worlds(tier: TierName | None) -> Worlds:
                models = tiers.load(tier or settings.models.tier)
                knowledge = KnowledgeHistory(models, activated=tier is None)
                return Worlds(Taught(database), knowledge, default_policy())

            yield database, worlds

    return Shadowing(Beside(patient=patient), opened)
