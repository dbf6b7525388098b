"""The roles in one process, until told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from schemas.topics import TOPICS
from streams.clock import RecordedClock
from streams.embedded.bringing import office_of
from streams.embedded.database import only_worker
from streams.embedded.own import Projectors
from streams.embedded.sealing import sealer
from streams.embedded.shift import Shift
from streams.errors import Misconfigured
from streams.reading_ahead import Reading, ToldToStop
from streams.roles import require_known

if TYPE_CHECKING:
    from streams.desk import Desk

IDLE_SECONDS = 0.005
"""How long an idle worker waits before it looks for new records."""


def run_roles(
    desk: Desk,
    roles: frozenset[str],
    domain: str | None,
    stop: threading.Event,
    *,
    recorded: bool,
    ready: Callable[[], None],
) -> int:
    """Run roles until `stop` is set; the turn in hand is finished first.

    Args:
        desk: The desk.
        roles: Some of `streams.roles.ROLES`.
        domain: Must be None here: one embedded worker serves every domain.
        stop: Set from outside to stop.
        recorded: Whether turns have the records' time rather than the machine's.
        ready: Called once when the roles are at work.

    Returns:
        How many turns were taken.

    Raises:
        Misconfigured: A role that there is not.
        Refused: Another worker is at work on this store.
    """
    require_known(roles)
    if domain is not None:
        raise Misconfigured(
            "the embedded engine has one worker for all domains", "leave --domain out"
        )
    if recorded:
        desk.clock = RecordedClock()
    with _sealing(desk, roles, stop):
        if "effects" not in roles:
            return _at_work(desk, roles, stop, ready, recorded=recorded)
        with _sending(desk, stop) as outgoing:
            return _at_work(desk, roles, stop, ready, outgoing, recorded=recorded)


@contextmanager
def _sealing(desk: Desk, roles: frozenset[str], stop: threading.Event) -> Iterator[None]:
    """The sealer beside the role projections; what it cannot go on after ends all of them."""
    settings = desk.settings.seals
    if "projections" not in roles or not settings.on:
        yield
        return
    failures: list[BaseException] = []

    def failed(error: BaseException) -> None:
        failures.append(error)
        stop.set()

    with sealer(desk.folder, settings, failed):
        yield
    if failures:
        raise failures[0]


@contextmanager
def _sending(desk: Desk, stop: threading.Event) -> Iterator[Callable[[], object]]:
    """A courier beside the other roles; gives what tells it that there is something to send.

    What it cannot go on after ends all of them.
    """
    failures: list[BaseException] = []

    def failed(error: BaseException) -> None:
        failures.append(error)
        stop.set()

    office = office_of(desk, failed)
    if office is None:
        yield lambda: None
        return
    office.start()
    try:
        yield office.wake
    finally:
        office.stop()
    if failures:
        raise failures[0]


def _at_work(
    desk: Desk,
    roles: frozenset[str],
    stop: threading.Event,
    ready: Callable[[], None],
    outgoing: Callable[[], object] = lambda: None,
    *,
    recorded: bool,
) -> int:
    if "agents" not in roles:
        ready()
        return _without_agents(desk, roles, stop, outgoing)
    with only_worker(desk.folder):
        shift = Shift(
            desk,
            effects="effects" in roles,
            projections="projections" in roles,
            timers=not recorded,
            eager=True,
            outgoing=outgoing,
            reads=Reading(stop),
        )
        shift.watched()
        ready()
        with suppress(ToldToStop):
            while not stop.is_set():
                if not (shift.step() or shift.rest() or shift.read_on()):
                    stop.wait(IDLE_SECONDS)
        shift.finish()
        return shift.turns


def _without_agents(
    desk: Desk, roles: frozenset[str], stop: threading.Event, outgoing: Callable[[], object]
) -> int:
    """Effects and projections beside agents in another process; a pass follows every change."""
    effects = desk.effects() if "effects" in roles else None
    projector = Projectors(desk.database, desk.own) if "projections" in roles else None
    if effects is None and projector is None:  # the others have threads of their own
        stop.wait()
    seen: tuple[int, ...] = ()
    while not stop.is_set():
        changes = desk.database.changes(*TOPICS)
        if changes == seen:
            stop.wait(IDLE_SECONDS)
            continue
        seen = changes
        if effects is not None:
            effects.catch_up()
            outgoing()
        if projector is not None:
            projector.catch_up()
    return 0
