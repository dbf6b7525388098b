"""Commands that put records in and work them off: produce, run, up, demo."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, BinaryIO

import click

from schemas.topics import CONTACTS, DESK
from streams.cli.context import Context, give
from streams.inputs import LINE_LIMIT

if TYPE_CHECKING:
    from streams.desk import Desk
    from streams.gateway.admin import Admin
    from streams.gateway.serving import Gateway
    from streams.settings import Settings


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, each whole, however long: the oversize ones go to dead letters."""
    while line := file.readline(LINE_LIMIT + 2):
        if len(line) <= LINE_LIMIT or line.endswith(b"\n"):
            yield line
            continue
        parts = [line]
        while (more := file.readline(LINE_LIMIT)) and not more.endswith(b"\n"):
            parts.append(more)
        parts.append(more)
        yield b"".join(parts)


@click.command("produce")
@click.argument("file", type=click.File("rb"), default="-")
@give
def produce_command(context: Context, file: BinaryIO) -> int:
    """Append input events (NDJSON) to the log; one result a line."""
    counts = {"accepted": 0, "repeat": 0, "unreadable": 0}
    with context.desk() as desk, context.bar("produced") as bar:
        for taken in desk.intake.lines(lines_of(file)):
            counts[taken.status] += 1
            bar.advance()
            if context.json:
                context.line(taken)
                continue
            click.echo(f"line {taken.line}: {taken.status} {taken.id}")
            if taken.error is not None:
                context.complain(f"line {taken.line}", taken.error, taken.remedy)
    context.remark(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 65 if counts["unreadable"] else 0


@click.command("run")
@click.option("--now", metavar="TIME", help="Simulated time: work off what is due by it.")
@give
def run_command(context: Context, now: str | None) -> None:
    """Work off everything that waits (agents, effects, due timers, projections) and return."""
    from streams.clock import ManualClock

    clock = ManualClock(now) if now is not None else None
    with context.embedded(clock) as desk, context.bar("turns") as bar:

        def reads(left: int) -> None:
            bar.call(f"turns, once {left} texts of what was taught are read" if left else "turns")

        turns = desk.run(bar.advance, reads)
        if now is None and _fetched(context, desk):
            turns += desk.run(bar.advance, reads)
        position = desk.position()
        later = 0 if now is None else _left(desk)
    if later:
        context.remark(f"left for a time after {now}: {later}")
    context.show({"turns": turns, "position": position}, lambda: f"{turns} turns taken")


_TOLD_OF = frozenset({CONTACTS.name, DESK.name})


def _left(desk: Desk) -> int:
    """How much of what was sent waits, and how many tickets for a person, who was told of later.

    What agents tell each other besides may wait too.
    """
    inboxes = (one for one in desk.status()["inboxes"] if one["topic"] in _TOLD_OF)
    return sum(int(one["waiting"]) for one in inboxes)


def _fetched(context: Context, desk: Desk) -> int:
    """Fetch the files that wait, each once; returns how many those were."""
    if not desk.query("SELECT 1 FROM v1_attachments WHERE state = 'waiting' LIMIT 1"):
        return 0
    from streams.files.fetcher import Fetcher

    return Fetcher(context.settings()).once()


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """What SIGTERM and an interrupt from the keyboard set; afterwards they mean what they did."""
    stop = threading.Event()
    # A handler comes between any two steps of whoever works in this thread, who may hold the
    # event's lock, or be in the handler already. So it takes no lock, and a thread sets the event.
    told = SimpleQueue[None]()

    def pass_on() -> None:
        told.get()
        stop.set()

    passing = threading.Thread(target=pass_on, name="told-to-stop", daemon=True)
    passing.start()
    before = {
        name: signal.signal(name, lambda *_: told.put(None))
        for name in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
        told.put(None)
        passing.join()


@click.command("up")
@click.option(
    "--roles",
    default="gateway,agents,projections,effects",
    show_default=True,
    help="Which roles, separated by commas.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Where the gateway listens; 0 takes a free port.",
)
@click.option(
    "--admin-port",
    type=click.IntRange(0, 65535),
    default=8081,
    show_default=True,
    help="Where /livez, /readyz and /metrics are; 0 leaves them out.",
)
@click.option("--domain", help="Only the agents of this domain: every one of them by default.")
@click.option(
    "--clock",
    "clock_name",
    type=click.Choice(["wall", "recorded"]),
    default="wall",
    show_default=True,
    help="Whose time a turn has: the machine's, or the records' own.",
)
@give
def up_command(
    context: Context,
    roles: str,
    port: int,
    admin_port: int,
    domain: str | None,
    clock_name: str,
) -> None:
    """Run the roles in one process until told to stop; SIGTERM drains.

    What is being asked over HTTP is answered first, while the other roles are still at work.
    """
    chosen = frozenset(part.strip() for part in roles.split(",") if part.strip())
    if not chosen:
        raise click.UsageError("--roles names none; leave it out for all of them")
    settings, recorded = context.settings(), clock_name == "recorded"
    with ExitStack() as stack:
        stop = stack.enter_context(told_to_stop())
        said, readiness = Said(settings, chosen), None
        if admin_port:
            from streams.gateway.admin import Admin, Readiness

            readiness = Readiness(stop, _threads(settings, chosen, recorded=recorded))
            said.admin = stack.enter_context(Admin(settings, admin_port, readiness))
        if "gateway" in chosen:
            from streams.gateway.serving import Gateway

            if settings.engine == "cluster":
                from streams.cluster import rights

                rights.required(settings, rights.of_roles({"gateway"}, ()))
            said.gateway = stack.enter_context(Gateway(settings, port))

        if "effects" in chosen and not recorded:  # what is fetched has the machine's time
            from streams.files.fetcher import Fetcher

            stack.enter_context(Fetcher(settings))

        def ready() -> None:
            if "effects" in chosen:
                from streams.subscriptions.sending import Sending

                stack.enter_context(Sending(settings))
            if readiness is not None:
                readiness.at_work()
            for line in said.lines():
                context.remark(line)

        turns = _up(
            context,
            chosen - {"gateway"},
            domain,
            stop if said.gateway is None else _answered(said.gateway, stop),
            recorded=recorded,
            ready=ready,
        )
    context.show({"turns": turns}, lambda: f"stopped after {turns} turns")


def _threads(settings: Settings, roles: frozenset[str], *, recorded: bool) -> frozenset[str]:
    """Names of the threads that roles have; the others are in the main thread."""
    apart = {"projections", "effects"} if settings.engine == "cluster" else set()
    threads = roles & apart
    if "gateway" in roles:
        threads |= {"gateway", "taking"}
    if "effects" in roles:
        threads |= {"subscriptions"}
    if "effects" in roles and not recorded:
        threads |= {"files"}
    return threads


def _answered(gateway: Gateway, stop: threading.Event) -> threading.Event:
    """What is set when a gateway has answered all that it was asked, once it is to stop."""
    answered = threading.Event()

    def drain() -> None:
        stop.wait()
        gateway.close()
        answered.set()

    threading.Thread(target=drain, name="draining", daemon=True).start()
    return answered


@dataclass
class Said:
    """What is remarked once all is at work.

    Attributes:
        settings: The settings.
        roles: Which roles.
        gateway: The gateway, if it is among them.
        admin: The admin port, unless it is left out.
    """

    settings: Settings
    roles: frozenset[str]
    gateway: Gateway | None = None
    admin: Admin | None = None

    def lines(self) -> Iterator[str]:
        """Where the desk is, and who may use it."""
        cluster = self.settings.engine == "cluster"
        where = f"on {self.settings.kafka.bootstrap_servers if cluster else self.settings.data}"
        if self.gateway is not None:
            where = f"{where} at {self.gateway.address}"
        yield f"pactdesk is up {where} ({', '.join(sorted(self.roles))})"
        if self.gateway is not None and self.gateway.open_to_all:
            yield (
                "no API key was ever made: everybody on this machine may do everything over HTTP;"
                " `pactdesk keys create` ends that"
            )
        if self.admin is not None:
            yield f"/livez, /readyz and /metrics are at {self.admin.address}"


def _up(
    context: Context,
    roles: frozenset[str],
    domain: str | None,
    stop: threading.Event,
    *,
    recorded: bool,
    ready: Callable[[], None],
) -> int:
    settings = context.settings()
    if settings.engine == "cluster":
        from streams.cluster import running

        return running.run_roles(settings, roles, domain, stop, recorded=recorded, ready=ready)
    from streams.embedded.running import run_roles

    with context.embedded() as desk:
        return run_roles(desk, roles, domain, stop, recorded=recorded, ready=ready)


@click.command("demo")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many dialogues.")
@click.option("--speed", default="max", show_default=True, help="max, or times real time.")
@click.option("--serve", is_flag=True, help="Stay up afterwards.")
@click.pass_context
def demo_command(click_context: click.Context, limit: int | None, speed: str, serve: bool) -> None:
    """Play a real support week through all agents, then say what to try next.

    Into a store that holds it already, nothing is added; stopped half-way, it goes on where it was.
    After a shorter play, a longer one adds the dialogues that are missing.
    """
    from streams.cli.called import called
    from streams.clock import ManualClock
    from streams.demo.play import SECRET, Play
    from streams.demo.script import START
    from streams.demo.summary import summary_text, summed_up

    context: Context = click_context.obj
    pace = None if speed == "max" else _positive(speed)
    with context.embedded(ManualClock(START)) as desk:
        began, before = time.perf_counter(), desk.log.last_seq()
        play = Play(desk, limit, context.settings().identity.secret or SECRET)
        with context.bar("the week", total=play.steps) as bar:
            play.go(speed=pace, tell=bar.advance)
        summary = summed_up(desk, time.perf_counter() - began, desk.log.last_seq() - before)
    context.show(summary, lambda: summary_text(summary, called(context.flags)))
    if serve:
        click_context.invoke(
            up_command,
            roles="gateway,agents,projections,effects",
            port=8080,
            admin_port=8081,
            domain=None,
            clock_name="wall",
        )


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise click.UsageError(f"--speed {text}: give max or a number above 0, such as 3600")
    return value
