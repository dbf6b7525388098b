"""The courier: brings requests to their platforms, in rounds.

    each round   what came of earlier tries, and what is begun now, are kept in one commit
    after it     what was begun is sent, each by itself

So an attempt is durable before its platform is called, a platform that is slow holds up nobody but
whoever waits behind it in its own conversation, and after a crash whatever was under way is looked
up (`errand.py`). The store is spoken to in the courier's own thread, between its calls.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog

from schemas.record import Record
from streams.channels.channel import Accepted, Rejected
from streams.clock import Clock
from streams.delivery.carriers import Carrier
from streams.delivery.errand import WORTH_SAYING, Came, Errand, NoAnswer, Patience, Unsent
from streams.delivery.moves import Move, after, begun, delayed, failed
from streams.delivery.pacing import Breaker, Pace, told
from streams.errors import Refused

AT_ONCE = 32
"""How many calls to platforms are under way at the same time."""

LOOK_SECONDS = 0.25
"""How long nothing is looked for where nobody says that there is something."""

LEAST = 0.01
"""The shortest rest."""

SOON = 0.05
"""A slot that is closer than this is now."""

_log = structlog.get_logger(__name__)


class Post(Protocol):
    """An engine as the courier needs it."""

    def due(self, now: float, channels: Collection[str], most: int) -> list[Errand]:
        """The first errand of each conversation that there is something to do for by now."""

    def next_due(self, channels: Collection[str]) -> float | None:
        """When there is something to do next; None where nothing is under way."""

    def request(self, errand: Errand) -> Record:
        """The request of an errand."""

    def arrived(self, errand: Errand) -> str | None:
        """The platform's id of a message that it said by itself to have; None while it did not."""

    def keep(self, moves: Sequence[Move], at: datetime) -> frozenset[str]:
        """Keep what errands became and say what is to be said, durably.

        Returns:
            The requests for which that was done; the others are somebody else's by now.
        """


class Fleet(Protocol):
    """The carriers at hand."""

    @property
    def outward(self) -> Collection[str]:
        """By what something may be carried now."""

    def of(self, errand: Errand, record: Record) -> Carrier:
        """Who carries a request.

        Raises:
            Refused: Nobody does.
        """


class _Flight:
    """A call that is under way.

    Attributes:
        errand: The errand, under way.
        record: The request.
        carrier: Who carries it.
        looks: Whether the platform is only asked what it has.
        came: What came of it, once it has.
    """

    def __init__(self, errand: Errand, record: Record, carrier: Carrier, *, looks: bool) -> None:
        self.errand = errand
        self.record = record
        self.carrier = carrier
        self.looks = looks
        self.came: Came | None = None


class Courier:
    """Brings what is due to its platforms; within one event loop.

    Args:
        post: The engine.
        carriers: Those who bring it.
        patience: How long what does not go through is tried.
        clock: The wall's.
        at_once: How many calls are under way at the same time.
    """

    def __init__(
        self, post: Post, carriers: Fleet, patience: Patience, clock: Clock, at_once: int = AT_ONCE
    ) -> None:
        self._at_once = at_once
        self._post = post
        self._carriers = carriers
        self._patience = patience
        self._clock = clock
        self._pace = Pace()
        self._breakers: dict[str, Breaker] = {}
        self._flying: dict[str, _Flight] = {}
        self._landed: list[_Flight] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._defect: BaseException | None = None
        self._awake = asyncio.Event()
        self._chance = random.Random()  # noqa: S311  # spreads retries; nobody need not guess it

    async def run(self, stop: asyncio.Event) -> None:
        """Bring what is due until told to stop; what is under way then is waited for."""
        while not stop.is_set():
            self._awake.clear()
            self._round()
            await self._rest(stop)
        await self._land()

    async def work_off(self) -> bool:
        """Bring all that is due by now, and wait for what comes of it; whether there was any.

        What its platform takes only in a moment is waited for, too; what is tried again later is
        not.
        """
        any_at_all = False
        while True:
            if self._round():
                any_at_all = True
            elif self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            elif (wait := self._pace.wait(self._clock.now().timestamp())) is not None:
                if wait > WORTH_SAYING:
                    return any_at_all
                await asyncio.sleep(wait)
            else:
                return any_at_all

    def wake(self) -> None:
        """There may be something new."""
        self._awake.set()

    async def _rest(self, stop: asyncio.Event) -> None:
        """Wait until there is something to do, or to look for."""
        if self._landed:
            return
        now = self._clock.now().timestamp()
        due = self._post.next_due(self._open(now)) if len(self._flying) < self._at_once else None
        seconds = LOOK_SECONDS if due is None else min(max(due - now, LEAST), LOOK_SECONDS)
        waiting = [asyncio.ensure_future(one.wait()) for one in (stop, self._awake)]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()

    async def _land(self) -> None:
        """Wait for what is under way, and keep what came of it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2 * self._patience.answer)
        at = self._clock.now()
        if moves := self._heard(at):
            self._post.keep(moves, at)

    def _round(self) -> bool:
        """Keep what came, begin what is due; whether there was anything."""
        if self._defect is not None:
            raise self._defect
        at = self._clock.now()
        now = at.timestamp()
        moves, flights = self._heard(at), list[_Flight]()
        heard = {move.errand.request_id for move in moves}
        room = self._at_once - len(self._flying)
        if room > 0:
            busy = heard | self._flying.keys()
            for errand in self._post.due(now, self._open(now), room + len(busy)):
                if errand.request_id not in busy and len(flights) < room:
                    move, flight = self._begin(errand, now)
                    moves += [] if move is None else [move]
                    flights += [] if flight is None else [flight]
        kept = self._post.keep(moves, at) if moves else frozenset()
        for flight in flights:
            if flight.looks or flight.errand.request_id in kept:
                self._fly(flight)
        return bool(moves or flights)

    def _heard(self, at: datetime) -> list[Move]:
        """What errands become by what came."""
        landed, self._landed = self._landed, []
        moves = []
        for flight in landed:
            del self._flying[flight.errand.request_id]
            self._judge(flight, at.timestamp())
            assert flight.came is not None
            moves.append(
                self._after(
                    flight.errand, flight.record, flight.came, flight.carrier.parts, at.timestamp()
                )
            )
        return moves

    def _after(self, errand: Errand, record: Record, came: Came, parts: int, now: float) -> Move:
        return after(
            errand,
            record,
            came,
            parts=parts,
            now=now,
            patience=self._patience,
            chance=self._chance.random(),
        )

    def _begin(self, errand: Errand, now: float) -> tuple[Move | None, _Flight | None]:
        """What is due is looked up, begun, or waits for its turn."""
        record = self._post.request(errand)
        try:
            carrier = self._carriers.of(errand, record)
        except Refused as error:
            return failed(errand, record, f"{error.what}; {error.remedy}"), None
        if errand.attempt and errand.part == carrier.parts - 1:
            number = self._post.arrived(errand)
            if number is not None:
                return self._after(errand, record, Accepted(number), carrier.parts, now), None
        breaker = self._breaker(errand.channel)
        if breaker.open_until(now) is not None:  # another one is the trial
            return None, None
        if errand.state != "waits":
            breaker.begun()
            return None, _Flight(errand, record, carrier, looks=True)
        slot = self._pace.slot(errand.request_id, errand.channel, errand.conversation, now)
        if slot > now + SOON:
            return delayed(errand, record, slot, now, told(errand.channel)), None
        self._pace.went(errand.request_id)
        breaker.begun()
        move = begun(errand, record, now, self._patience)
        return move, _Flight(move.errand, record, carrier, looks=False)

    def _fly(self, flight: _Flight) -> None:
        self._flying[flight.errand.request_id] = flight
        task = asyncio.get_running_loop().create_task(self._call(flight, self._clock.now()))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A call came back; one that broke is a defect, and nobody knows what the platform saw."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._defect = task.exception()
        self._awake.set()

    async def _call(self, flight: _Flight, at: datetime) -> None:
        errand, carrier = flight.errand, flight.carrier
        if flight.looks:
            since = datetime.fromtimestamp(errand.tried_at, UTC)
            flight.came = await carrier.look(errand.part, since, at)
        else:
            flight.came = await carrier.send(errand.part, at)
        self._landed.append(flight)

    def _judge(self, flight: _Flight, now: float) -> None:
        """Count failures in a row; a platform that fails is left alone for a while."""
        channel, came = flight.errand.channel, flight.came
        if flight.looks:
            self._breaker(channel).looked()
            return
        down = isinstance(came, Unsent | NoAnswer) or (
            isinstance(came, Rejected) and not came.final and came.retry_after is None
        )
        breaker = self._breaker(channel)
        if down and breaker.failed(now):
            _log.warning("a platform is left alone for a while", channel=channel, came=came)
        elif not down and breaker.answered():
            _log.info("a platform is back", channel=channel)

    def _breaker(self, channel: str) -> Breaker:
        return self._breakers.setdefault(channel, Breaker())

    def _open(self, now: float) -> list[str]:
        """The channels by which something may be sent."""
        return [
            name for name in self._carriers.outward if self._breaker(name).open_until(now) is None
        ]
