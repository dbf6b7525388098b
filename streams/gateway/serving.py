"""Serving HTTP: in a thread of its own, with an event loop of its own, beside the other roles."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from aiohttp import web

from streams.engines import desk_of
from streams.errors import Unavailable
from streams.gateway import contacts, lists, looking, searching, stream, verbs
from streams.gateway.app import application
from streams.gateway.callers import Known, everybody
from streams.gateway.describing import routes_with
from streams.gateway.house import House
from streams.gateway.route import Route

if TYPE_CHECKING:
    from streams.settings import Settings

DRAIN_SECONDS = 10.0
"""How long requests that are being answered may take once the gateway is told to stop."""

ROUTES: tuple[Route, ...] = routes_with(
    (
        *contacts.ROUTES,
        *lists.ROUTES,
        *looking.ROUTES,
        *verbs.ROUTES,
        *stream.ROUTES,
        *searching.ROUTES,
    )
)
"""Everything that can be asked for, in the order in which it is described."""


class Gateway:
    """The gateway of one process.

        with Gateway(settings, port=8080) as gateway:
            ...

    Args:
        settings: The settings, which say whose desk it is.
        port: The port; 0 takes a free one.

    Attributes:
        address: Where it listens, once it does: `http://host:port`.
    """

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings = settings
        self._port = port
        self._stop: Callable[[], object] | None = None
        self._listens: Future[str] = Future()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self.address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.address = self._listens.result()
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop is not None:
            self._stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  # whoever waits for the address is told
            if not self._listens.done():
                self._listens.set_exception(error)

    async def _serve(self) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        house = House(self._settings, lambda: desk_of(self._settings, works=False))
        try:
            runner = web.AppRunner(
                application(house, ROUTES, _known(self._settings)),
                access_log=None,
                shutdown_timeout=DRAIN_SECONDS,
            )
            await runner.setup()
            try:
                host = self._settings.gateway.host
                address = await _listen(runner, host, self._port)
                self._stop = lambda: loop.call_soon_threadsafe(stop.set)
                self._listens.set_result(address)
                await stop.wait()
                house.stopping.set()
            finally:
                await runner.cleanup()
        finally:
            await asyncio.to_thread(house.close)


async def _listen(runner: web.AppRunner, host: str, port: int) -> str:
    """Listen; returns the address.

    Raises:
        Unavailable: Somebody else listens there, or this user may not.
    """
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        raise Unavailable(
            f"port {port} of {host} cannot be had ({error.strerror})",
            "end what listens there, or choose another one with --port",
        ) from error
    (_, bound), *_ = [address[:2] for address in runner.addresses]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{bound}"


def _known(_settings: Settings) -> Known:
    return everybody
