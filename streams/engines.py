"""Which desk the settings lead to: the embedded one, or one on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from streams.clock import Clock, WallClock
from streams.errors import Refused
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.cluster.desk import ClusterDesk
    from streams.desk import Desk

    AnyDesk: TypeAlias = Desk | ClusterDesk


def desk_of(settings: Settings, clock: Clock | None = None) -> AnyDesk:
    """The desk that the settings name; the caller closes it.

    Raises:
        Misconfigured: The settings or the store do not allow it.
        Unavailable: Kafka or the database does not answer.
    """
    if settings.engine == "cluster":
        from streams.cluster.desk import ClusterDesk

        return ClusterDesk(settings, clock or WallClock())
    return embedded(settings, clock)


def embedded(settings: Settings, clock: Clock | None = None) -> Desk:
    """The embedded desk, for what only that can do; the caller closes it.

    Raises:
        Refused: The settings name the cluster.
        Misconfigured: The settings or the store do not allow it.
    """
    from streams.desk import Desk

    if settings.engine == "cluster":
        raise Refused(
            "this works on an embedded store, and the engine is set to cluster",
            "add --engine embedded",
        )
    return Desk(settings.data, clock or WallClock(), secret=settings.identity.secret)
