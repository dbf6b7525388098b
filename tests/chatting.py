"""A page with the chat on it, as tests play it: requests, and an EventSource like a browser's."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from queue import Queue
from typing import Any, NamedTuple

import aiohttp
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.gateways import Answered, Client
from tests.real import until
from tests.stores import a_desk

SITE = "https://shop.example"
SECRET = "the site and the desk know this secret, and nobody else"  # noqa: S105  # a test's own
FLAGS = {
    "channels__chat_widget__allowed_origins": f"{SITE} http://localhost:3000",
    "channels__chat_widget__identity_secret": SECRET,
}
"""Settings with which the chat is on, as `tests.gateways.gateway` takes them."""

PATIENCE = 60
"""Seconds for which what must come is waited for."""


def identity(
    user_id: object = "42", *, secret: str = SECRET, minutes: float = 10, **claims: object
) -> str:
    """An identity as a site's server signs it, by a library that is not ours."""
    expires = int((datetime.now(UTC) + timedelta(minutes=minutes)).timestamp())
    said: dict[str, Any] = {"user_id": user_id, "exp": expires, **claims}
    known = {name: value for name, value in said.items() if value is not None}
    return jwt.encode({"alg": "HS256"}, known, OctKey.import_key(secret))


def unsigned(claims: Mapping[str, object], algorithm: str = "none", signature: str = "") -> str:
    """A token that says of itself how it is signed, with any signature."""

    def part(document: object) -> str:
        return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(dict(claims))}.{signature}"


def hash_of(user_id: str, secret: str = SECRET) -> str:
    """What vouches for a user in the simple way."""
    return hmac.new(secret.encode(), user_id.encode(), sha256).hexdigest()


class Page:
    """One tab.

    Args:
        client: Whose gateway.
        origin: Of which site the page is.
    """

    def __init__(self, client: Client, origin: str | None = SITE) -> None:
        self.client = client
        self.origin = origin
        self.token: str | None = None
        self.after: str | None = None

    def ask(self, path: str, body: object, **headers: str) -> Answered:
        """Ask for something, as the visitor who the page has a session of."""
        own = {} if self.origin is None else {"Origin": self.origin}
        own |= {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return self.client("POST", f"/channels/chat/{path}", body, {**own, **headers})

    def begin(self, **who: object) -> Any:  # JSON
        """Begin a session, or go on with the one that the page has."""
        known = {} if self.token is None else {"token": self.token}
        told = self.ask("sessions", {**known, **who})
        assert told.status == 200, told
        self.token, self.after = told.json["token"], told.json["after"]
        return told.json

    def say(self, text: str, number: str, **more: object) -> Answered:
        """Write something."""
        return self.ask("messages", {"id": number, "text": text, **more})

    def listen(self, after: str | None = None) -> EventSource:
        """Open the stream where the session's answer ended, or behind an event."""
        assert self.token is not None
        return EventSource(self.client.address, self.token, after or self.after)


class Event(NamedTuple):
    """One event of a stream."""

    kind: str
    data: Any  # JSON
    number: str


class EventSource:
    """A stream that is asked for again, behind the last event that came, whenever it ends.

    Args:
        address: The gateway.
        token: The session.
        after: Where it begins.
    """

    def __init__(self, address: str, token: str, after: str | None = None) -> None:
        self.last = after
        self.opened = 0
        self.refused: int | None = None
        self._url = f"{address}/channels/chat/stream"
        self._token = token
        self._events: Queue[Event | None] = Queue()
        self._retry = 1.0
        self._loop = asyncio.new_event_loop()
        self._closed = asyncio.Event()
        self._is_open = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._is_open.wait(60)

    def next(self, kind: str) -> Event:
        """The next event of a kind."""
        while True:
            found = self._events.get(timeout=60)
            assert found is not None, self.refused
            if found.kind == kind:
                return found

    def said(self) -> Any:
        """What the next message says."""
        return self.next("message").data

    def ended(self) -> int | None:
        """Wait until the server does not let the stream open again; returns its status."""
        while self._events.get(timeout=60) is not None:
            pass
        return self.refused

    def close(self) -> None:
        """Hang up."""
        self._loop.call_soon_threadsafe(self._closed.set)
        self._thread.join(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._follow())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.call_soon(self._loop.stop)  # once more around: sockets are closed then
            self._loop.run_forever()
            self._loop.close()
            self._is_open.set()
            self._events.put(None)

    async def _follow(self) -> None:
        closing = asyncio.ensure_future(self._closed.wait())
        while not closing.done() and self.refused is None:
            reading = asyncio.ensure_future(self._read())
            await asyncio.wait({reading, closing}, return_when=asyncio.FIRST_COMPLETED)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await asyncio.wait({closing}, timeout=self._retry)
        closing.cancel()

    async def _read(self) -> None:
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {self._token}"}
        if self.last is not None:
            headers["Last-Event-ID"] = self.last
        async with (
            aiohttp.ClientSession() as session,
            session.get(self._url, headers=headers) as answer,
        ):
            if answer.status != 200:
                self.refused = answer.status
                return
            self.opened += 1
            self._is_open.set()
            kind = data = ""
            async for raw in answer.content:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                match name:
                    case "id":
                        self.last = value
                    case "event":
                        kind = value
                    case "data":
                        data = value
                    case "retry":
                        self._retry = int(value) / 20_000  # sooner, for nobody waits in a test
                    case "":
                        if data:
                            self._events.put(Event(kind, json.loads(data), self.last or ""))
                        kind = data = ""


@contextmanager
def listening(page: Page, after: str | None = None) -> Iterator[EventSource]:
    """A stream for a while."""
    source = page.listen(after)
    try:
        yield source
    finally:
        source.close()


def rows(client: Client, sql: str, *values: object) -> list[dict[str, Any]]:
    with a_desk(client.settings.data) as desk:
        return desk.query(sql, values)


def ticket_of(client: Client, contact: str) -> str:
    """The ticket that a message is on, once it is."""
    sql = "SELECT ticket_id FROM v1_interactions WHERE interaction_id = ?"
    return str(until(lambda: rows(client, sql, contact), PATIENCE, "a ticket")[0]["ticket_id"])


def asked(page: Page, text: str = "My parcel is lost", number: str = "1") -> str:
    """The page asks something; returns the ticket."""
    return ticket_of(page.client, page.say(text, number).json["id"])


def answered(client: Client, ticket: str, text: str) -> None:
    """Somebody at the desk answers."""
    told = client.post(f"/api/v1/tickets/{ticket}/replies", {"text": text})
    assert told.status in {200, 202}, told
