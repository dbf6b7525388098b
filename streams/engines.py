"""Which desk the settings lead to: the embedded one, or one on a cluster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

from streams.clock import Clock, WallClock
from streams.errors import PactdeskError, Refused, of_the_disk
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.cluster.desk import ClusterDesk
    from streams.desk import Desk

    AnyDesk: TypeAlias = Desk | ClusterDesk


def desk_of(settings: Settings, clock: Clock | None = None, *, works: bool = True) -> AnyDesk:
    """The desk that the settings name; the caller closes it.

    Args:
        settings: The settings.
        clock: Another clock than the wall's.
        works: Whether an embedded desk works off what it asks for itself, where nobody else does.

    Raises:
        Misconfigured: The settings or the store do not allow it.
        Unavailable: Kafka or the database does not answer.
    """
    if settings.engine == "cluster":
        from streams.cluster.desk import ClusterDesk

        return ClusterDesk(settings, clock or WallClock())
    return embedded(settings, clock, works=works)


def is_new(settings: Settings) -> bool:
    """Whether the embedded store that the settings name is still to be made."""
    from streams.embedded.opening import FILE

    return settings.engine == "embedded" and not (settings.data / FILE).exists()


def embedded(settings: Settings, clock: Clock | None = None, *, works: bool = True) -> Desk:
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
    secret = settings.identity.secret
    return Desk(settings.data, clock or WallClock(), secret=secret, works=works, settings=settings)


def meaning(error: Exception) -> PactdeskError | None:
    """What a failure of a store means to people, whichever engine's; None for a defect.

    Args:
        error: What was raised; one of ours is its own meaning.
    """
    if isinstance(error, PactdeskError):
        return error
    if "psycopg" in sys.modules:  # else nothing can have raised its errors; it is slow to load
        import psycopg

        from streams.cluster.postgres import of_the_database

        if isinstance(error, psycopg.Error):
            return of_the_database(error)
    return of_the_disk(error)
