"""Something that listens, in a thread of its own with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Self

import structlog
from aiohttp import web

from streams.errors import Unavailable

_log = structlog.get_logger(__name__)


class Background(ABC):
    """Listens from entering to leaving.

    Args:
        name: What the thread is called.

    Attributes:
        address: Where it listens, once it does: `http://host:port`.
    """

    def __init__(self, name: str) -> None:
        self._stop: Callable[[], object] | None = None
        self._listens: Future[str] = Future()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.address = self._listens.result()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is being done, and end."""
        if self._stop is not None:
            with suppress(RuntimeError):  # it ended already
                self._stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  # whoever waits for the address is told, or the log
            if self._listens.done():
                _log.exception("a thread that listens ended", thread=self._thread.name)
            else:
                self._listens.set_exception(error)

    @abstractmethod
    async def _serve(self) -> None:
        """Listen, say so with `_told_to_stop`, and tidy up after it."""

    async def _told_to_stop(self, address: str) -> None:
        """Tell whoever waits the address, and return when told to stop."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        self._listens.set_result(address)
        await stop.wait()


async def listening(
    connection: Callable[[], asyncio.Protocol], host: str, port: int, option: str
) -> tuple[asyncio.Server, str]:
    """Listen; returns what listens, and its address.

    Args:
        connection: Makes what takes a connection.
        host: The address.
        port: The port; 0 takes a free one.
        option: The option that says the port.

    Raises:
        Unavailable: Somebody else listens there, or this user may not.
    """
    try:
        listener = await asyncio.get_running_loop().create_server(connection, host, port)
    except OSError as error:
        raise Unavailable(
            f"port {port} of {host} cannot be had ({error.strerror})",
            f"end what listens there, or choose another one with {option}",
        ) from error
    bound = listener.sockets[0].getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    return listener, f"http://{shown}:{bound}"


def server_of(runner: web.AppRunner) -> web.Server:
    """The server of a runner that is set up."""
    server = runner.server
    assert server is not None
    return server
