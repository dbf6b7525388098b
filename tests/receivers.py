"""A receiver of webhooks: a real server, which checks each request with somebody else's library."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiohttp import web
from standardwebhooks import Webhook

from tests.real import until

PATIENCE = 60


class Got(NamedTuple):
    """One request.

    Attributes:
        id: Its `webhook-id`.
        body: Its body.
        headers: Its headers.
        path: Where it went.
    """

    id: str
    body: bytes
    headers: Mapping[str, str]
    path: str

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent in it."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verified(self, secret: str) -> bool:
        """Whether the library of Standard Webhooks takes it; raises what that raises."""
        return bool(Webhook(secret).verify(self.body, dict(self.headers)) == self.event)


Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers a request in a way of its own."""


def answers(status: int, text: str = "", **headers: str) -> Fault:
    """An answer with a status."""

    async def fault(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return fault


async def hangs(_: web.Request) -> web.StreamResponse:
    """No answer; the server ends it when the other side has had enough."""
    await asyncio.Event().wait()
    raise AssertionError


async def closes(request: web.Request) -> web.StreamResponse:
    """An answer that is good so far, and cut off."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"half of it")
    assert request.transport is not None
    request.transport.close()
    return response


class Receiver:
    """Takes webhooks in, and fails as it is told to.

    Attributes:
        url: Where it listens.
        got: Every request, in the order in which they came; those that were failed as well.
        faults: What the next requests meet, before all is well again.
        always: What every request meets while it is set.
    """

    def __init__(self) -> None:
        self.url = ""
        self.got: list[Got] = []
        self.faults: list[Fault] = []
        self.always: Fault | None = None

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take one request."""
        body = await request.read()
        number = request.headers["webhook-id"]
        self.got.append(Got(number, body, dict(request.headers), request.path))
        if self.always is not None:
            return await self.always(request)
        if self.faults:
            return await self.faults.pop(0)(request)
        return web.Response(text="thank you")

    def has(self, count: int) -> list[Got]:
        """The requests, once there are so many."""
        self.until(lambda: len(self.got) >= count)
        return list(self.got)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what is to come."""
        until(condition, PATIENCE, lambda: f"{len(self.got)} came: {self.ids()}")

    def ids(self) -> list[str]:
        """The ids of what came, each once, in the order of their first coming."""
        return list(dict.fromkeys(one.id for one in self.got))

    def repeats(self) -> dict[str, int]:
        """How often those came that came more than once."""
        return {name: n for name, n in Counter(one.id for one in self.got).items() if n > 1}


@contextmanager
def receiver(*faults: Fault) -> Iterator[Receiver]:
    """A receiver on this machine, whose first requests meet some faults."""
    found, ready = Receiver(), threading.Event()
    found.faults = [*faults]
    loop = asyncio.new_event_loop()

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{name:.*}", found.take)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        found.url = f"http://{host}:{port}/hook"
        return runner

    def run() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(PATIENCE)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)


def same_bytes(got: Iterable[Got]) -> bool:
    """Whether whatever came again was the same, byte for byte."""
    first: dict[str, bytes] = {}
    return all(first.setdefault(one.id, one.body) == one.body for one in got)
