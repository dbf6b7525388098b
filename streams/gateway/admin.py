"""The admin port: whether this process lives and is ready, and what Prometheus reads.

Nobody is asked for a key here, and nothing that is told is about a customer; by default only this
machine can ask.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from streams.engines import desk_of, meaning
from streams.gateway import metrics
from streams.gateway.background import Background, listening, server_of
from streams.gateway.connections import HEADERS
from streams.gateway.desks import Desks

if TYPE_CHECKING:
    from streams.settings import Settings

ANSWER_SECONDS = 3.0
"""How long the store may take to say that it is there."""

STATUS_SECONDS = 10.0
"""How long it may take to say what waits."""

_log = structlog.get_logger(__name__)


class Readiness:
    """Whether a process may be sent work.

    Args:
        stop: Set once it is told to stop.
        threads: Names of the threads that must be there while it works.
    """

    def __init__(self, stop: threading.Event, threads: frozenset[str]) -> None:
        self._stop = stop
        self._threads = threads
        self._at_work = threading.Event()

    def at_work(self) -> None:
        """Everything has been started."""
        self._at_work.set()

    def fault(self) -> str | None:
        """Why not; None when it may be."""
        if self._stop.is_set():
            return "it is stopping"
        if not self._at_work.is_set():
            return "it is starting"
        gone = self._threads.difference(one.name for one in threading.enumerate())
        return f"these threads are gone: {', '.join(sorted(gone))}" if gone else None


class Admin(Background):
    """The admin port of one process.

    Args:
        settings: The settings, which say whose store it is.
        port: The port; 0 takes a free one.
        readiness: Whether the process may be sent work.
    """

    def __init__(self, settings: Settings, port: int, readiness: Readiness) -> None:
        super().__init__("admin")
        self._settings = settings
        self._port = port
        self._readiness = readiness

    async def _serve(self) -> None:
        # Two, so that a look at what waits keeps nobody from asking whether the store is there.
        opened = partial(desk_of, self._settings, works=False)
        asking, looking = Desks(opened, 1, "admin-asking"), Desks(opened, 1, "admin-looking")
        app = web.Application()
        app.on_response_prepare.append(_headed)
        app.router.add_get("/livez", _lives)
        app.router.add_get("/readyz", self._ready(asking))
        app.router.add_get("/metrics", self._measured(looking))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            host = self._settings.gateway.admin_host
            listener, address = await listening(server_of(runner), host, self._port, "--admin-port")
            try:
                await self._told_to_stop(address)
            finally:
                listener.close()
        finally:
            await runner.cleanup()
            for desks in (asking, looking):
                await asyncio.to_thread(desks.close)

    def _ready(self, desks: Desks) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def ready(_request: web.Request) -> web.Response:
            fault = self._readiness.fault()
            if fault is None:
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await desks.do(lambda desk: desk.answers())
                except Exception as error:  # noqa: BLE001  # whatever it is, the store is not there
                    fault = _told(error)
            if fault is None:
                return web.Response(text="ready\n")
            return web.Response(text=f"{fault}\n", status=HTTPStatus.SERVICE_UNAVAILABLE)

        return ready

    def _measured(self, desks: Desks) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def measured(_request: web.Request) -> web.Response:
            from pactdesk import __version__

            status: dict[str, Any] | None = None
            try:
                async with asyncio.timeout(STATUS_SECONDS):
                    status = await desks.do(lambda desk: desk.status())
            except Exception as error:  # noqa: BLE001  # what this process counts is told all the same
                _log.warning("the store does not say what waits", error=_told(error))
            text = metrics.text(status, __version__, self._settings.engine)
            return web.Response(body=text, headers={"Content-Type": metrics.MEDIA})

        return measured


async def _lives(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")


async def _headed(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _told(error: Exception) -> str:
    """A failure in a line."""
    if isinstance(error, TimeoutError):
        return "the store does not answer in time"
    known = meaning(error)
    return f"{type(error).__name__}: {error}" if known is None else known.what
