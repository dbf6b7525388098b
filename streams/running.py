"""The roles in one process, until told to stop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from streams.effects import Effects
from streams.embedded.database import only_worker
from streams.embedded.projector import Projector
from streams.embedded.worker import Worker
from streams.errors import Misconfigured

if TYPE_CHECKING:
    from streams.desk import Desk

IDLE_SECONDS = 0.01
"""How long an idle worker waits before it looks for new records."""

ROLES = frozenset({"agents", "projections", "effects"})


class RecordedClock:
    """Records' own times rule, and everything that is in the log may be taken."""

    simulated = True

    def now(self) -> datetime:
        """The end of time: nothing waits for the clock."""
        return datetime.max.replace(tzinfo=UTC)


def run_roles(
    desk: Desk, roles: frozenset[str], domain: str | None, stop: threading.Event, *, recorded: bool
) -> int:
    """Run roles until `stop` is set; the turn in hand is finished first.

    Args:
        desk: The desk.
        roles: Some of agents, projections, effects.
        domain: Must be None here: one embedded worker serves every domain.
        stop: Set from outside to stop.
        recorded: Whether turns have the records' time rather than the machine's.

    Returns:
        How many turns were taken.

    Raises:
        Misconfigured: A role that there is not.
        Refused: Another worker is at work on this store.
    """
    unknown = roles - ROLES
    if unknown:
        raise Misconfigured(
            f"there is no role {', '.join(sorted(unknown))} on this engine",
            f"use some of {', '.join(sorted(ROLES))}",
        )
    if domain is not None:
        raise Misconfigured(
            "the embedded engine has one worker for all domains", "leave --domain out"
        )
    if recorded:
        desk.clock = RecordedClock()
    effects = desk.effects() if "effects" in roles else None
    projector = Projector(desk.database)
    if "agents" not in roles:
        return _without_agents(projector, effects, stop)
    with only_worker(desk.folder):
        worker = Worker(desk.database, desk.worlds, desk.clock)
        while not stop.is_set():
            busy = worker.step() or (not recorded and worker.fire())
            if effects is not None:
                effects.carry_out()
            if not busy or worker.turns % 50 == 0:
                projector.catch_up()
            if not busy and not stop.wait(IDLE_SECONDS):
                worker.look()
        projector.catch_up()
        return worker.turns


def _without_agents(projector: Projector, effects: Effects | None, stop: threading.Event) -> int:
    while not stop.is_set():
        if effects is not None:
            effects.carry_out()
        projector.catch_up()
        stop.wait(IDLE_SECONDS)
    return 0
