"""The chat as server-sent events: replies, one's own messages, how far they came, who types.

A page that comes back says which event it saw last, and goes on behind it: ids of events are
positions of the log, signed, so that nobody can have it read from another place. A page without
one goes on where its session's answer ended.
"""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from schemas.events.contacts import ContactReceived, ReplyDelivered, ReplyRead
from schemas.events.decisions import (
    ContactAccepted,
    ContactHeld,
    ContactRejected,
    ReplyRequested,
)
from schemas.record import Record
from schemas.topics import CONTACTS, DECISIONS
from streams.channels import chat
from streams.channels.channel import Receipt, Unverified
from streams.channels.chat import Session
from streams.channels.receipts import record_of
from streams.entry import Entry
from streams.errors import Unreadable
from streams.filters import Filter
from streams.gateway import talk
from streams.gateway.house import House
from streams.gateway.letting_in import consent, for_pages, key_of, visitor_of
from streams.gateway.problems import bad_request
from streams.gateway.route import Call, Parameters, Route
from streams.gateway.sse import Send, event, quiet, streamed

PATIENCE = 2.0
"""Seconds for which the tables are waited for, to learn whose a message is."""

_STATES: dict[type, str] = {
    ContactAccepted: "received",
    ContactRejected: "refused",
    ContactHeld: "refused",
    ReplyDelivered: "delivered",
    ReplyRead: "read",
}

_MARKS = tuple(
    f'"ce_type":"{kind.__name__}"' for kind in (ContactReceived, ReplyRequested, *_STATES)
)

_log = structlog.get_logger(__name__)


class Listening(Parameters):
    """What is streamed.

    Attributes:
        token: The session, where a browser cannot send it as a header.
        after: The id of an event, or where a session's answer ended; Last-Event-ID goes before it.
    """

    token: str | None = None
    after: str | None = None


class Concerning(Filter, frozen=True, kw_only=True):
    """What concerns one visitor: messages by their address, and how far messages came.

    Attributes:
        handles: Their addresses.
        lines: On whose lines they are: what is said there of a message may be theirs.
    """

    handles: tuple[str, ...]
    lines: set[str]

    def fits(self, entry: Entry) -> bool:
        """Whether an entry may concern them."""
        if entry.topic not in {CONTACTS.name, DECISIONS.name}:
            return False
        if not any(mark in entry.headers for mark in _MARKS):
            return False
        if entry.key not in self.lines and not any(
            handle.encode() in entry.value for handle in self.handles
        ):
            return False
        try:
            said = entry.record().event
        except Unreadable:
            return False
        if isinstance(said, ContactReceived | ReplyRequested):
            return said.channel == chat.NAME and said.handle in self.handles
        return entry.key in self.lines


class _Ear:
    """What one stream tells.

    Args:
        house: The house.
        session: Whose stream it is.
        key: Signs the ids of its events.
        after: Where it begins.
        lines: The lines that its visitor is on.
        handed: How its page gets files.
    """

    def __init__(
        self,
        house: House,
        session: Session,
        key: bytes,
        after: str,
        lines: set[str],
        handed: talk.Handed,
    ) -> None:
        self._handed = handed
        self._house, self._session, self._key, self._after = house, session, key, after
        self._lines = lines
        self._own: dict[str, bool] = {}

    async def records(self, send: Send) -> None:
        """What is in the log."""
        wanted = Concerning(handles=self._session.handles, lines=self._lines)
        async for entry, position in self._house.tail.watch(wanted, self._after):
            number = chat.placed(position, self._key)
            if entry is None:
                await send(quiet(number))
            else:
                await self._tell(send, entry.record(), number)

    async def _tell(self, send: Send, record: Record, number: str) -> None:
        said = record.event
        if isinstance(said, ContactReceived | ReplyRequested):
            if self._own.setdefault(record.id, False):
                return  # a producer's repeat, whose first the page has
            self._own[record.id] = True
            self._lines.add(record.key)
            await send(event("message", talk.of_record(record, self._files()), number))
            if isinstance(said, ReplyRequested):
                await self._delivered(record, said)
            return
        about = str(getattr(said, "contact_id", None) or getattr(said, "request_id", ""))
        if await self._is_own(about):
            told = {"id": about, "state": _STATES[type(said)]}
            await send(event("state", told, number))

    def _files(self) -> talk.Handed:
        return self._handed._replace(now=self._house.clock.now())

    async def _is_own(self, message_id: str) -> bool:
        """Whether a message is this visitor's; one of another channel on the same line is not."""
        if message_id not in self._own:
            handle = await self._house.until(lambda desk: talk.whose(desk, message_id), PATIENCE)
            self._own[message_id] = handle in self._session.handles
        return self._own[message_id]

    async def _delivered(self, record: Record, reply: ReplyRequested) -> None:
        """Note once that a reply was handed out; that it could not be noted holds nobody up."""
        found = {
            "request_id": record.id,
            "customer_id": reply.customer_id or record.key,
            "ticket_id": reply.ticket_id,
        }
        said = record_of(chat.NAME, Receipt("delivered"), found, self._house.clock.now())
        try:
            await self._house.ask(lambda desk: desk.intake.records([said]))
        except Exception as error:  # noqa: BLE001  # the reply is with its customer all the same
            _log.warning("not noted as delivered", request=record.id, error=repr(error))

    async def typists(self, send: Send) -> None:
        """Who types at the desk."""
        with self._house.typists.heard(*self._session.handles) as ear:
            while True:
                await send(event("typing", await ear.get()))

    async def until_it_is_over(self, _send: Send) -> None:
        """Nothing, until the session is over."""
        left = self._session.expires_at - self._house.clock.now()
        await asyncio.sleep(max(0.0, left.total_seconds()))


async def stream(call: Call) -> web.StreamResponse:
    """What concerns a visitor, as it happens."""
    asked, house = call.asked(Listening), call.house
    session, key = await visitor_of(call, asked.token), await key_of(house)
    given = call.request.headers.get("Last-Event-ID") or asked.after
    try:
        after = await house.tail.end() if given is None else chat.position_in(given, key)
    except Unverified as error:
        raise bad_request(error.reason, "begin the session again: its answer says where") from error
    lines = await house.read(
        lambda desk: {
            name
            for handle in session.handles
            for name in (
                desk.intake.resolver.customer_of(chat.NAME, handle),
                desk.intake.resolver.unidentified(chat.NAME, handle),
            )
        }
    )
    handed = await house.read(lambda desk: talk.handed(desk, house.settings, house.clock.now()))
    ear = _Ear(house, session, key, after, lines, handed)
    with house.visitors.streams(session):
        return await streamed(call, (ear.records, ear.typists, ear.until_it_is_over), consent(call))


ROUTES = (
    Route(
        "GET",
        "/channels/chat/stream",
        for_pages(stream),
        None,
        "What is said to a visitor, as server-sent events",
        parameters=Listening,
        answers=dict.fromkeys((200, 400, 401, 403, 404, 429)),
        tag="chat",
        headers={
            "Last-Event-ID": "The id of the last event that came; what lies behind it is sent"
        },
    ),
)
