"""Fetching mail: what comes to our mailboxes is taken in once, whatever breaks on the way.

A thread for each mailbox, beside the gateway. It knows how far it came by the numbers that the
server gives to mails (UIDVALIDITY and UID), kept in the store. Some mails are fetched together, and
durable together, before the number of the last of them is. So mails may be fetched again, which are
repeats, but none is left out.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog

from streams.channels.email import NAME, NEEDS
from streams.channels.email_taken import Mail, read, taken
from streams.channels.imap import Place, Session, places
from streams.channels.settings import Email
from streams.files.store import Files

if TYPE_CHECKING:
    from streams.gateway.house import House

POLL_SECONDS = 60.0
"""After how long a mailbox is looked at again, though the server told nothing."""

SOON_SECONDS = 0.5
"""The same after a mail, and then twice as long each time.

What comes between a look and the wait for the next mail may never be told, and mails come together.
"""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds before a server that failed is called again; twice as long each time, up to this."""

BEFORE = timedelta(days=1)
"""How old mail may be that lies there when a mailbox is looked at for the first time."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class Cursor(msgspec.Struct, frozen=True):
    """How far a mailbox was fetched.

    Attributes:
        validity: The UIDVALIDITY with which the number counts.
        uid: The number of the last mail that was taken in; 0 before the first.
        since: Mail from before this day was there before us, and is left alone.
    """

    validity: int
    uid: int
    since: date


@asynccontextmanager
async def fetching(settings: Email, house: House) -> AsyncIterator[None]:
    """Fetch what comes, for a while; nothing where the channel is off.

    Raises:
        Misconfigured: The settings name no mailbox.
    """
    boxes = [Mailbox(place, settings, house) for place in _wanted(settings)]
    try:
        yield
    finally:
        for one in boxes:
            await asyncio.to_thread(one.close)  # its thread may still need this loop


def _wanted(settings: Email) -> list[Place]:
    lacking = [name for name in NEEDS if getattr(settings, name) is None]
    if len(lacking) < len(NEEDS):
        for name in lacking:
            _log.warning("the channel is off", channel=NAME, lacks=f"channels.email.{name}")
    if lacking:
        return []
    return places(settings.imap_url or "")


class Mailbox:
    """Fetches from one mailbox, in a thread of its own.

    Args:
        place: The mailbox.
        settings: The channel's settings.
        house: Takes mail in, and knows how far we came.
    """

    def __init__(self, place: Place, settings: Email, house: House) -> None:
        self._place = place
        self._settings = settings
        self._house = house
        self._files = Files(house.settings.data)
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._session: Session | None = None
        self._pause = FIRST_PAUSE
        self._thread = threading.Thread(target=self._work, name="mailbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take in what is being fetched, and end."""
        self._stop.set()
        session = self._session
        if session is not None:
            session.interrupt()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._visit()
            except Exception as error:  # noqa: BLE001  # whatever it is, mail that comes later counts
                if self._stop.is_set():
                    return
                _log.warning(
                    "a mailbox cannot be fetched", mailbox=self._place.name, error=str(error)
                )
                self._stop.wait(self._pause)
                self._pause = min(LONGEST_PAUSE, self._pause * 2)

    def _visit(self) -> None:
        """Fetch over one connection, until told to stop."""
        session = self._session = Session(self._place)
        try:
            cursor, wait = self._cursor(session.validity), SOON_SECONDS
            while not self._stop.is_set():
                before, cursor = cursor, self._fetched(session, cursor)
                self._pause = FIRST_PAUSE
                wait = SOON_SECONDS if cursor != before else min(POLL_SECONDS, wait * 2)
                session.wait(wait, self._stop)
        finally:
            self._session = None
            session.close()

    def _fetched(self, session: Session, cursor: Cursor) -> Cursor:
        new = session.after(cursor.uid, None if cursor.uid else cursor.since)
        for some in session.together(new):
            found = session.fetch(some)
            if self._stop.is_set():
                return cursor
            where = f"{self._place.name};UIDVALIDITY={cursor.validity}/;UID="
            self._take([Mail(found[uid], f"{where}{uid}") for uid in some if uid in found])
            cursor = msgspec.structs.replace(cursor, uid=some[-1])
            self._keep(cursor)
        return cursor

    def _take(self, mails: list[Mail]) -> None:
        """Make durable what mails say."""
        said, letters = read(mails, self._settings, self._house.clock.now())
        self._done(taken(self._house, said, letters, self._files))

    def _cursor(self, validity: int) -> Cursor:
        name = f"mailbox.{self._place.name}"
        kept = self._done(self._house.ask(lambda desk: desk.database.meta(name)))
        if kept is None:
            first = (self._house.clock.now() - BEFORE).date()
            cursor = Cursor(validity, 0, first)
        else:
            cursor = msgspec.json.decode(kept, type=Cursor)
            if cursor.validity == validity:
                return cursor
            _log.warning("the mailbox's numbers are new", mailbox=self._place.name)
            cursor = Cursor(validity, 0, cursor.since)
        self._keep(cursor)
        return cursor

    def _keep(self, cursor: Cursor) -> None:
        name, told = f"mailbox.{self._place.name}", msgspec.json.encode(cursor).decode()
        self._done(self._house.ask(lambda desk: desk.database.set_meta(name, told)))

    def _done(self, asked: Coroutine[Any, Any, T]) -> T:
        """What the house answers; its loop is another thread's."""
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()
