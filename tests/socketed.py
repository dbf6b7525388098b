"""Providers with WebSockets, as tests play them: real servers, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.real import until

T = TypeVar("T")


class Server(ABC):
    """A server of a provider's; a test speaks to it from its own thread.

    Attributes:
        address: Where it listens: `127.0.0.1:port`.
        sockets: The connections that stand, the latest last.
        opened: How many there have been.
        hung_up: Whether it is this side that ended the latest one.
    """

    def __init__(self) -> None:
        self.address = ""
        self.sockets: list[web.WebSocketResponse] = []
        self.opened = 0
        self.hung_up = False
        self._wires: list[asyncio.Transport] = []
        self._loop = asyncio.new_event_loop()
        self._listens: Future[str] = Future()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._end = asyncio.Event()

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """What can be asked for."""

    def __enter__(self) -> Self:
        self._thread.start()
        self.address = self._listens.result(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)
        self._loop.close()
        assert not self._thread.is_alive()

    def do(self, job: Coroutine[Any, Any, T]) -> T:
        """Have something done in the server's thread."""
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(30)

    def stands(self) -> web.WebSocketResponse:
        """The latest connection, once there is one."""
        return until(lambda: self.sockets[-1:], 60, "a connection")[0]

    def say(self, frame: dict[str, Any]) -> None:
        """Send something over the latest connection."""
        self.do(self.stands().send_json(frame))

    def hang_up(self, code: int) -> None:
        """Close the latest connection, and wait until the next one stands."""
        again, self.hung_up = self.opened + 1, True
        self.do(self.stands().close(code=code))
        until(lambda: self.opened >= again and self.sockets, 60, "another connection")

    def cut(self) -> None:
        """Cut the latest connection off without a word."""
        self.stands()
        self._loop.call_soon_threadsafe(self._wires[-1].abort)

    async def held(
        self,
        request: web.Request,
        greet: Callable[[web.WebSocketResponse], Coroutine[Any, Any, None]],
        heard: Callable[[web.WebSocketResponse, dict[str, Any]], Coroutine[Any, Any, None]],
    ) -> web.WebSocketResponse:
        """A connection, for as long as it stands.

        Args:
            request: What opens it.
            greet: Says the first word.
            heard: Is given whatever the other side says.
        """
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.transport is not None
        self._wires.append(request.transport)
        self.hung_up = False
        self.sockets.append(socket)
        self.opened += 1
        try:
            await greet(socket)
            async for message in socket:
                await heard(socket, message.json())
        finally:
            self.sockets.remove(socket)
        return socket

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001  # the test is told
            self._listens.set_exception(error)

    async def _serve(self) -> None:
        app = web.Application()
        app.add_routes(self.routes())
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self._listens.set_result(f"{host}:{port}")
            await self._end.wait()
            for socket in [*self.sockets]:
                await socket.close()
        finally:
            await runner.cleanup()


class SlackServer(Server):
    """Slack, as far as Socket Mode needs it.

    Attributes:
        error: What it says when a socket is asked for; None where it lets us in.
        asked: With which tokens sockets were asked for.
        acknowledged: The acknowledgements that came, in their order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.error: str | None = None
        self.asked: list[str] = []
        self.acknowledged: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/apps.connections.open", self._open), web.get("/link", self._link)]

    @property
    def api(self) -> str:
        """What `api_base_url` is to be."""
        return f"http://{self.address}/api"

    def acks(self, envelope_id: str) -> list[dict[str, Any]]:
        """The acknowledgements of an envelope."""
        return [one for one in self.acknowledged if one["envelope_id"] == envelope_id]

    def brings(self, envelope: dict[str, Any], times: int = 1) -> dict[str, Any]:
        """Send an envelope, and wait for its acknowledgement, which may be one of several."""
        self.say(envelope)
        name = envelope["envelope_id"]
        until(lambda: len(self.acks(name)) >= times, 60, f"{name} is acknowledged")
        return self.acks(name)[-1]

    async def _open(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers["Authorization"])
        if self.error is not None:
            return web.json_response({"ok": False, "error": self.error})
        return web.json_response({"ok": True, "url": f"ws://{self.address}/link?ticket=1"})

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        async def greet(socket: web.WebSocketResponse) -> None:
            await socket.send_json(
                {
                    "type": "hello",
                    "num_connections": 1,
                    "connection_info": {"app_id": "A0MDYCDME"},
                    "debug_info": {"host": "applink-1", "approximate_connection_time": 18060},
                }
            )

        async def heard(_socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
            self.acknowledged.append(message)

        return await self.held(request, greet, heard)
