"""A provider's server of files, as tests need it: it answers as it is told, and notes who asks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager

from aiohttp import web

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
"""The bytes of a picture, as far as its beginning says."""

OVER = web.AppKey("over", asyncio.Event)
"""Set when the server ends."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def gives(body: bytes = PNG, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer that has a body and a status."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return answer


def breaks_off(length: int, body: bytes = PNG) -> Answer:
    """The answer that promises more bytes than come."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": f"{length}"})
        await response.prepare(request)
        await response.write(body)
        response.force_close()
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


def leads_to(place: str, status: int = 302) -> Answer:
    """The answer that leads elsewhere."""
    return gives(b"", status, {"Location": place})


def trickles(*chunks: bytes, ends: bool = True) -> Answer:
    """The answer that does not say how long it is; without an end it never comes to one."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if not ends:
            await request.app[OVER].wait()
        return response

    return answer


class FileServer:
    """What is served at each path, and what was asked for.

    Attributes:
        address: Where it is: `http://127.0.0.1:port`.
        answers: By path; another path is not found.
        asked: The requests that came, in their order: path and headers.
    """

    def __init__(self) -> None:
        self.address = ""
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"{self.address}{path}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [path for path, _ in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self.asked.append((request.path, dict(request.headers)))
        known = self.answers.get(request.path)
        return web.Response(status=404) if known is None else await known(request)


@contextmanager
def serving(answers: Mapping[str, Answer] | None = None) -> Iterator[FileServer]:
    """A server, in a thread of its own."""
    server, listens = FileServer(), Future[tuple[str, Callable[[], object]]]()
    server.answers.update(answers or {})

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application()
        app[OVER] = stop
        app.router.add_route("*", "/{path:.*}", server.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        listens.set_result((f"http://{host}:{port}", lambda: loop.call_soon_threadsafe(stop.set)))
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    server.address, end = listens.result(60)
    try:
        yield server
    finally:
        end()
        thread.join(60)
