"""Who is at work, in which role, and when each was heard of last.

A process that was killed, or stands still, leaves its name on its partitions. So each loop that
does a role's work says now and then, in the database, that it came round.
"""

from __future__ import annotations

import os
import socket
import time

from schemas.topics import PARTITIONS
from streams.cluster.postgres import PgDatabase

PROJECTIONS, GATEWAY = "projections", "gateway"
"""Under these names a projector and a gateway are heard of; who owns partitions, under the name of
their domain."""

EVERY_SECONDS = 5.0
"""How often a loop says that it came round."""

LATELY_SECONDS = 30.0
"""For how long one that says nothing more counts as at work."""

_FORGOTTEN = "1 day"


def host() -> str:
    """This machine, or this container."""
    return socket.gethostname()


def me() -> str:
    """This process, as partitions name their owner."""
    return f"{host()}/{os.getpid()}"


class Presence:
    """Says that a loop of this process comes round.

    Args:
        database: The loop's own connection, outside a transaction whenever it says so.
        work: The domain whose partitions the process owns, `PROJECTIONS` or `GATEWAY`.
    """

    def __init__(self, database: PgDatabase, work: str) -> None:
        self._db = database
        self._who = (me(), work)
        self._told: float | None = None

    def tell(self) -> None:
        """Say so, if it is time to."""
        now = time.monotonic()
        if self._told is None:
            self._db.execute(
                f"DELETE FROM at_work WHERE heard_at < clock_timestamp() - interval '{_FORGOTTEN}'"
            )
        elif now - self._told < EVERY_SECONDS:
            return
        self._db.execute(
            "INSERT INTO at_work (owner, work, heard_at) VALUES (?, ?, clock_timestamp())"
            " ON CONFLICT (owner, work) DO UPDATE SET heard_at = excluded.heard_at",
            self._who,
        )
        self._told = now

    def leave(self) -> None:
        """Say that the loop ends in good order."""
        self._db.execute("DELETE FROM at_work WHERE owner = ? AND work = ?", self._who)


def heard(database: PgDatabase, work: str, on: str | None = None) -> float | None:
    """Seconds since a process with this work was heard of last; None if none was lately.

    Args:
        database: The database.
        work: A domain, `PROJECTIONS` or `GATEWAY`.
        on: The machine that it must be on; None is any.
    """
    row = database.execute(
        "SELECT extract(epoch FROM clock_timestamp() - max(heard_at)) FROM at_work"
        " WHERE work = ? AND (?::text IS NULL OR starts_with(owner, ?::text || '/'))",
        (work, on, on),
    ).fetchone()
    assert row is not None
    seconds = None if row[0] is None else float(row[0])
    return seconds if seconds is not None and seconds <= LATELY_SECONDS else None


def ownerless(database: PgDatabase, domain: str) -> list[int]:
    """The partitions of a domain whose owner was not heard of lately, or that have none.

    Those that a topic has beyond the contract's count from their first owner on.
    """
    rows = database.execute(
        "SELECT partition, heard_at >= clock_timestamp() - make_interval(secs => ?)"
        " FROM partitions LEFT JOIN at_work ON at_work.owner = partitions.owner AND work = domain"
        " WHERE domain = ?",
        (LATELY_SECONDS, domain),
    )
    owned = {int(partition): bool(lately) for partition, lately in rows}
    return sorted(p for p in {*range(PARTITIONS), *owned} if not owned.get(p, False))
