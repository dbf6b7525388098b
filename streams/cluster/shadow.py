"""The shadow of a cluster's worker, over connections of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from agents.policy import default_policy
from streams.cluster.postgres import connect, url_of
from streams.cluster.taught import TaughtByNow
from streams.knowledge import KnowledgeHistory
from streams.settings import Settings, TierName
from streams.shadowing.beside import Beside
from streams.shadowing.judging import Own
from streams.shadowing.kept import Store
from streams.shadowing.running import Shadowing
from streams.understanding import tiers
from streams.worlds import Worlds


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

    return Shadowing(Beside(patient=False), opened)
