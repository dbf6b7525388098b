"""The roles of the cluster in one process, until told to stop.

Agents run in the main thread, Faust's loop around them; the publisher, the projector and the
effects each have a thread, a database connection and a Kafka client of their own. Whatever one of
them cannot go on after ends the whole process, at once and without ceremony: the database holds
what was decided, and the next start, here or elsewhere, goes on from there.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from agents.policy import default_policy
from schemas.topics import DOMAINS, Domain
from streams.clock import Clock, RecordedClock, WallClock
from streams.cluster import migrating, rights, skew, topics
from streams.cluster.ahead import ahead
from streams.cluster.door import Door
from streams.cluster.inlet import Inlet
from streams.cluster.ownership import Fenced
from streams.cluster.postgres import PgDatabase, connect, url_of
from streams.cluster.presence import Presence
from streams.cluster.producer import Producer
from streams.cluster.publisher import Publisher
from streams.cluster.shadow import shadowing_of
from streams.cluster.taught import Taught
from streams.engines import meaning
from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.reading_ahead import Reading, ToldToStop
from streams.roles import require_known
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.cluster.shell import App
    from streams.own.table import Own
    from streams.worlds import Worlds

TICK_SECONDS = 0.02
"""Between two looks for timers that ran out, and for a signal to stop."""

SWITCH_SECONDS = 0.0005
"""How long a thread may hold the interpreter while another wants it.

The agents wait for the database a thousand times a second; each time the publisher's thread would
keep them waiting for Python's own 5 ms more.
"""

DRAIN_SECONDS = 20.0
"""How long a process that was told to stop may take to send what waits."""

_log = structlog.get_logger(__name__)


def run_roles(
    settings: Settings,
    roles: frozenset[str],
    domain: str | None,
    stop: threading.Event,
    *,
    recorded: bool,
    ready: Callable[[], None],
) -> int:
    """Run roles until told to stop; returns how many turns were taken.

    Args:
        settings: Where Kafka and the database are.
        roles: Which of `streams.roles.ROLES`.
        domain: The agents of this domain alone; None is all of them.
        stop: Set from outside to stop.
        recorded: Whether records' own times rule, rather than the wall's clock.
        ready: Called when the roles are at work.

    Raises:
        Misconfigured: A role, a domain or a setting that there is not.
        Unavailable: Kafka or the database does not answer.
    """
    require_known(roles)
    domains = _domains(domain)
    sys.setswitchinterval(SWITCH_SECONDS)
    rights.required(settings, rights.of_roles(roles, domains))
    for told in topics.required(settings):
        _log.warning(told)
    migrating.require(url_of(settings))
    if not recorded:
        skew.warn(settings)
    own = _own(settings) if "projections" in roles else ()
    threads = []
    if "projections" in roles:
        from streams.cluster.projector import Projector

        threads.append(_thread("projections", Projector(settings).run, stop))
        if settings.seals.on:
            from streams.cluster.sealing import Sealer

            threads.append(_thread("sealer", Sealer(settings).run, stop))
        if own:
            from streams.cluster.own import OwnProjectors

            threads.append(_thread("own projections", OwnProjectors(settings, own).run, stop))
    if "effects" in roles:
        from streams.cluster.effects import Effects
        from streams.delivery.leaving import outward as outward_of

        outward = frozenset[str]() if recorded else outward_of(settings)
        carried_out = Effects(settings, _fatal, outward, recorded=recorded)
        threads.append(_thread("effects", carried_out.run, stop))
    if "agents" in roles:
        _refuse_an_older_store(settings)
        turns = asyncio.run(_agents(settings, domains, stop, recorded=recorded, ready=ready))
    else:
        turns = 0
        ready()
        stop.wait()
    for thread in threads:
        thread.join(DRAIN_SECONDS)
    return turns


def _own(settings: Settings) -> tuple[Own, ...]:
    """The projections of the deployment's own; raises `Misconfigured` where one is wrong."""
    if not settings.projections.own:
        return ()
    from streams.own.loading import load

    return load(settings.projections.own)


def _refuse_an_older_store(settings: Settings) -> None:
    """Nobody may decide on a store that has forgotten what the log knows.

    Raises:
        Misconfigured: The log is ahead of the store.
    """
    database = connect(url_of(settings))
    try:
        where = ahead(settings, database)
    finally:
        database.close()
    if where:
        raise Misconfigured(
            f"the log knows of decisions that this database does not: {'; '.join(where[:3])}",
            "run `pactdesk recover`, which refolds the case store from the log",
        )


def _domains(domain: str | None) -> list[Domain]:
    known = [one for one in DOMAINS if domain in {None, one}]
    if not known:
        raise Misconfigured(
            f"there is no domain {domain}", f"use one of {', '.join(sorted(DOMAINS))}"
        )
    return known


def _thread(name: str, run: Callable[[threading.Event], object], stop: threading.Event) -> Any:
    def guarded() -> None:
        try:
            run(stop)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the process ends with it
            _fatal(error)

    thread = threading.Thread(target=guarded, name=name, daemon=True)
    thread.start()
    return thread


def _fatal(error: BaseException) -> None:
    """End the process at once: nothing that is half done may be counted as done."""
    known = _known(error)
    _log.critical("the process ends", error=known.what, remedy=known.remedy)
    sys.stderr.write(f"error: {known.what}\n  -> {known.remedy}\n")
    sys.stderr.flush()
    os._exit(known.status)


def _known(error: BaseException) -> PactdeskError:
    known = meaning(error) if isinstance(error, Exception) else None
    if known is not None:
        return known
    if isinstance(error, Fenced):
        return Unavailable(str(error), "start it again: it will join the group anew")
    _log.exception("a defect", exc_info=error)
    return PactdeskError(
        f"internal error: {type(error).__name__}: {error}", "report it; nothing is lost"
    )


async def _agents(
    settings: Settings,
    domains: list[Domain],
    stop: threading.Event,
    *,
    recorded: bool,
    ready: Callable[[], None],
) -> int:
    """Run the agents of some domains until told to stop; returns how many turns were taken."""
    from streams.cluster.reading import holds
    from streams.cluster.shell import app_of
    from streams.knowledge import KnowledgeHistory
    from streams.understanding import tiers
    from streams.worlds import Worlds

    clock: Clock = RecordedClock() if recorded else WallClock()
    taught = Taught(settings, _fatal)
    # what is missing ends the start, not a turn; the other domains read no message
    needed = tiers.load if "customer" in domains else tiers.Later
    worlds = Worlds(taught, KnowledgeHistory(needed(settings.models.tier)), default_policy())
    taught.start()
    worlds.follow()
    reading = Reading(stop)
    if "customer" in domains and not recorded:
        await asyncio.to_thread(_read_ahead, worlds, clock.now().timestamp(), reading)
    publisher = Publisher(connect(url_of(settings)), Producer(settings), _fatal)
    publisher.start()
    shadowing = shadowing_of(settings)
    shadowing.start()
    inlets, presences = [], []
    for domain in domains:
        database = _connection(settings)
        presences.append(Presence(database, domain))
        inlets.append(
            Inlet(
                domain,
                database,
                publisher,
                worlds=worlds,
                clock=clock,
                door=Door(settings, database),
                holds=lambda *place: holds(settings, *place),
                taught=taught.wait if recorded else None,
            )
        )
        inlets[-1].shared = partial(skew.time_of, database)
        inlets[-1].show(shadowing.beside)
    with tempfile.TemporaryDirectory(prefix="pactdesk-faust-") as data:
        folder = Path(data)
        apps: list[App] = [app_of(inlet, settings, folder, _fatal, reading) for inlet in inlets]
        watching = [asyncio.create_task(app.watch()) for app in apps]
        if await _started(apps, stop):
            ready()
        passing = [*watching, *(asyncio.create_task(app.pass_over()) for app in apps)]
        while not stop.is_set():
            for app, inlet, present in zip(apps, inlets, presences, strict=True):
                app.guarded(present.tell)
                if not recorded:
                    app.guarded(inlet.fire)
            await asyncio.sleep(TICK_SECONDS)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
        await asyncio.gather(*(app.stop() for app in apps))
    for inlet, present in zip(inlets, presences, strict=True):
        inlet.leave()
        present.leave()
    publisher.stop(DRAIN_SECONDS)
    shadowing.finish()
    taught.stop()
    return sum(inlet.turns for inlet in inlets)


def _read_ahead(worlds: Worlds, now: float, reading: Reading) -> None:
    """Read what was taught before partitions are claimed, for others serve them meanwhile."""
    with suppress(ToldToStop):
        for left in worlds.prepare(now):
            reading(left)


async def _started(apps: Sequence[App], stop: threading.Event) -> bool:
    """Start the apps, which takes as long as Kafka is away; False when told to stop before."""
    starting = asyncio.gather(*(app.start() for app in apps))
    while not stop.is_set():
        done, _ = await asyncio.wait([starting], timeout=TICK_SECONDS)
        if done:
            await starting
            return True
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    return False


def _connection(settings: Settings) -> PgDatabase:
    """A connection whose commits do not wait for the disk: the publisher sees to that.

    Its few statements find their rows by primary keys: planning them anew for each set of values
    would cost more than it could win.
    """
    database = connect(url_of(settings))
    database.execute("SET synchronous_commit = off")
    database.execute("SET plan_cache_mode = force_generic_plan")
    return database
