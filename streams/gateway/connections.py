"""Connections: how many there may be, and how long one may take to say what it wants.

aiohttp waits for the head of a request as long as it waits for the next request; a connection of
ours has `HEAD_SECONDS` for a head, from its first byte or from its beginning on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError, LineTooLong
from aiohttp.typedefs import Handler

from streams.gateway.bodies import not_unpacked
from streams.gateway.limits import origin_of
from streams.gateway.problems import Problem, bad_request

HEAD_SECONDS = 10.0
"""How long a client may take to send the head of a request."""

KEEPALIVE_SECONDS = 75.0
"""How long a connection may lie idle between requests: longer than proxies keep theirs."""

HEADERS = {
    "Server": "pactdesk",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Headers of every answer."""

_log = structlog.get_logger(__name__)


class Connections:
    """The connections that there are.

    Args:
        most: How many there may be.
        most_of_one: How many one address may have.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._by_origin: Counter[str] = Counter()
        self._answering = 0
        self._nothing_to_answer = asyncio.Event()
        self._nothing_to_answer.set()

    def __len__(self) -> int:
        return self._by_origin.total()

    def enter(self, origin: str) -> HTTPStatus | None:
        """Count a connection in; returns what it is told where there is no room."""
        if len(self) >= self._most:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if self._by_origin[origin] >= self._most_of_one:
            return HTTPStatus.TOO_MANY_REQUESTS
        self._by_origin[origin] += 1
        return None

    def leave(self, origin: str) -> None:
        """Count a connection out."""
        self._by_origin[origin] -= 1
        if not self._by_origin[origin]:
            del self._by_origin[origin]

    def answering(self, change: int) -> None:
        """Count the requests that are being answered."""
        self._answering += change
        if self._answering:
            self._nothing_to_answer.clear()
        else:
            self._nothing_to_answer.set()

    async def answered(self, seconds: float) -> bool:
        """Wait until nothing is being answered; whether that was so in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._nothing_to_answer.wait()
        except TimeoutError:
            return False
        return True


class Connection(web.RequestHandler):
    """One connection.

    Args:
        server: The server that answers.
        connections: All of them.
    """

    __slots__ = ("_all", "_answering", "_is_last", "_late", "_origin")

    def __init__(self, server: web.Server, connections: Connections) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEPALIVE_SECONDS,
            access_log=None,  # type: ignore[arg-type]  # as `AppRunner` passes it on: no log of its own
        )
        self._all = connections
        self._origin = ""
        self._answering = False
        self._is_last = False
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many."""
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        self._origin = origin_of(peer[0] if peer else None)
        refusal = self._all.enter(self._origin)
        if refusal is not None:
            transport.set_protocol(asyncio.Protocol())  # nobody listens to what it may say
            transport.write(_refused(refusal))
            transport.close()
            return
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        self._all.leave(self._origin)
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; where nothing is being answered, they begin a head.

        What is left of a body that nobody read does so too: such a connection is closed early.
        """
        if not self._answering and self._late is None:
            self._wait_for_head()
        super().data_received(data)

    def _wait_for_head(self) -> None:
        self._late = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.force_close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def began(self) -> None:
        """The head of a request is there."""
        self._stop_waiting()
        self._answering = True
        self._all.answering(+1)

    def ended(self) -> None:
        """What is answered is known."""
        self._answering = False
        self._all.answering(-1)
        if self._is_last:
            super().close()

    def close(self) -> None:
        """Take no more requests; one that is being answered may still get the rest of its body."""
        self._is_last = True
        if not self._answering:
            super().close()

    def log_exception(self, *args: Any, **more: Any) -> None:
        """Log what went wrong outside a request, but no bytes of a client that cannot be read."""
        if not isinstance(more.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **more)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is answered to bytes that are no request; it ends the connection."""
        del message  # it repeats the bytes
        if status == HTTPStatus.BAD_REQUEST:
            _log.debug("not HTTP", address=request.remote, error=str(exc))
            problem = _not_a_request(exc)
        else:
            _log.error("a request failed", exc_info=exc)
            problem = Problem(status, "something went wrong on this side", "ask again")
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        response = problem.response(request.path)
        response.headers.update(HEADERS)
        response.force_close()
        return response


def _not_a_request(error: BaseException | None) -> Problem:
    """What is wrong with a request that could not be read."""
    if isinstance(error, ContentEncodingError):
        return not_unpacked()
    if isinstance(error, LineTooLong):
        return bad_request(
            "the address, or a header, is too long",
            "what has more than 8190 bytes belongs in a body",
        )
    return bad_request("these bytes are not a request of HTTP/1.1", "send one")


def _refused(status: HTTPStatus) -> bytes:
    """An answer to a connection for which there is no room."""
    headers = {**HEADERS, "Connection": "close", "Retry-After": "1", "Content-Length": "0"}
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{n}: {v}" for n, v in headers.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


@web.middleware
async def noticed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection of a request that it is being answered, and that it was."""
    connection = request.protocol
    assert isinstance(connection, Connection)
    connection.began()
    try:
        return await handler(request)
    finally:
        connection.ended()
