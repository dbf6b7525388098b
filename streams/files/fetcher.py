"""Fetching what waits: one fetcher for a desk, beside everything else.

What waits is read off the table of attachments, and what becomes of each is a record, from which
the table is folded: nothing is kept here that a crash could lose. A file that was fetched and not
told of is fetched again, and is then the same file.
"""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

import structlog

from schemas.record import Record
from schemas.vocabulary import rfc3339
from streams.channels.channel import Fetching, Response
from streams.channels.known import CHANNELS, lacking
from streams.clock import Clock, WallClock
from streams.engines import desk_of
from streams.files import outcomes, rules
from streams.files.fetching import Way, fetched
from streams.files.outcomes import Kept, Lost, Place
from streams.files.store import Files
from streams.gateway.desks import Desks

if TYPE_CHECKING:
    from streams.channels.settings import ChannelSettings
    from streams.engines import AnyDesk
    from streams.settings import Settings

THREAD = "files"

BY = "effects/files"

AT_ONCE = 8
"""Files that are fetched at the same time."""

LOOK_SECONDS = 0.2
"""Between two looks for what waits."""

AWAY_SECONDS = 5.0
"""The same where the store is away."""

PAUSE_SECONDS = 30.0
"""After how long a file is tried again that could not be kept, or told of."""

_WAITING = (
    "SELECT attachment_id, customer_id, contact_id, place, channel, name, claimed_type, url,"
    " attempts FROM p_attachments"
    " WHERE state = 'waiting' AND url IS NOT NULL AND (retry_at IS NULL OR retry_at <= ?)"
    " ORDER BY received_at, attachment_id LIMIT ?"
)

_log = structlog.get_logger(__name__)


class Waiting(NamedTuple):
    """A file that is to be fetched.

    Attributes:
        id: Its id.
        place: Which it is.
        channel: Where its contact came from.
        name: What its sender calls it.
        claimed: The media type that its sender gives it.
        url: Where it lies.
        attempts: How often it was tried.
    """

    id: str
    place: Place
    channel: str
    name: str
    claimed: str
    url: str
    attempts: int


class Fetcher:
    """Fetches from entering to leaving, in a thread of its own.

    Where several processes have one, on one desk, one of them fetches at a time.

    Args:
        settings: The settings, which say whose desk it is.
        clock: Gives outcomes their time.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or WallClock()
        self._files = Files(settings.data)
        self._told: dict[str, int] = {}
        self._tidy = False
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._work()), name=THREAD, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def once(self) -> int:
        """Fetch what waits by now, each file once; returns how many those were."""
        return asyncio.run(self._once())

    async def _once(self) -> int:
        desks, count = self._desks(), 0
        try:
            while found := await desks.do(self._look):
                await asyncio.gather(*(self._see_to(desks, one) for one in found))
                count += len(found)
        finally:
            await asyncio.to_thread(desks.close)
        return count

    async def _work(self) -> None:
        desks = self._desks()
        in_hand: dict[str, asyncio.Task[None]] = {}
        try:
            while not self._stop.is_set():
                try:
                    for one in await desks.do(self._look):
                        if len(in_hand) < AT_ONCE and one.id not in in_hand:
                            in_hand[one.id] = asyncio.create_task(self._seen_to(desks, one))
                except Exception as error:  # noqa: BLE001  # a store that is away will be there again
                    _log.warning("files wait", error=str(error))
                    await asyncio.sleep(AWAY_SECONDS)
                await asyncio.sleep(LOOK_SECONDS)
                in_hand = {name: task for name, task in in_hand.items() if not task.done()}
        finally:
            for task in in_hand.values():
                task.cancel()
            await asyncio.gather(*in_hand.values(), return_exceptions=True)
            await asyncio.to_thread(desks.close)

    def _desks(self) -> Desks:
        return Desks(partial(desk_of, self._settings, works=False), 1, f"{THREAD}-desk")

    def _look(self, desk: AnyDesk) -> list[Waiting]:
        """What waits, and was not seen to already: the table may not show that yet."""
        if not desk.alone.does(THREAD):
            return []
        if not self._tidy:
            self._files.tidy()
            self._tidy = True
        now = rfc3339(self._clock.now())
        most = AT_ONCE + len(self._told)
        rows = desk.database.execute(_WAITING, (now, most)).fetchall()
        found = [
            Waiting(number, Place(customer, contact, place), channel, name, claimed, url, tried)
            for number, customer, contact, place, channel, name, claimed, url, tried in rows
        ]
        told = {one.id: self._told[one.id] for one in found if one.id in self._told}
        self._told = told
        return [one for one in found if told.get(one.id) != one.attempts + 1]

    async def _seen_to(self, desks: Desks, one: Waiting) -> None:
        """See to a file; where that cannot be kept or told, let it rest for a while."""
        try:
            await self._see_to(desks, one)
        except Exception as error:  # noqa: BLE001  # the others must not wait for this one
            _log.warning("a file cannot be kept", file=one.id, error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _see_to(self, desks: Desks, one: Waiting) -> None:
        """Fetch a file, and say what came of it."""
        outcome = await self._outcome(one)
        attempt, at = one.attempts + 1, self._clock.now()
        if isinstance(outcome, Kept):
            record = outcomes.stored(one.place, outcome, at, BY)
        else:
            record = outcomes.refused(one.place, outcome, attempt, at, BY)
            _log.info("a file was not to be had", file=one.id, why=outcome.reason)
        await desks.do(lambda desk: self._tell(desk, one.id, record, attempt))

    def _tell(self, desk: AnyDesk, number: str, record: Record, attempt: int) -> None:
        """Append what came of a file; in the thread that looks, which then knows it."""
        desk.intake.records([record])
        self._told[number] = attempt

    async def _outcome(self, one: Waiting) -> Kept | Lost:
        if one.place.index >= rules.MOST_FILES:
            return Lost(f"its contact has more than {rules.MOST_FILES} files")
        return await fetched(
            one.url,
            way_of(self._settings.channels, one.channel, self._clock),
            self._files,
            self._settings.attachments,
            name=one.name,
            claimed=one.claimed,
        )


def way_of(settings: ChannelSettings, channel: str, clock: Clock) -> Way:
    """How the files of a channel are asked for.

    Args:
        settings: The settings of all channels.
        channel: Which channel.
        clock: Gives a request its time.
    """
    mine = getattr(settings, channel, None)
    base = getattr(mine, "api_base_url", None)
    trusted = () if base is None else (base,)
    known = CHANNELS.get(channel)
    if known is None or known.fetch is None or lacking(settings, channel):
        return Way(trusted)
    fetch = known.fetch

    def ask(url: str, answer: Response | None) -> Fetching:
        return fetch(mine, url, clock.now(), answer)

    return Way(trusted, ask)
