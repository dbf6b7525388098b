"""One request to a receiver, and what came of it. This is the only place that asks them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from streams.errors import Refused
from streams.subscriptions.addresses import Reach

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
"""How long a connection may take, and a request as a whole."""

KEPT_SECONDS, DNS_SECONDS = 5.0, 10
"""How long an idle connection stays open, and how long an answer about a name counts."""

ANSWER_BYTES = 4096
"""So much of an answer is read at most."""

SHOWN_CHARACTERS = 1000


class Answer(NamedTuple):
    """What came of a request.

    Attributes:
        status: The HTTP status; None where there was none.
        text: The beginning of the answer.
        error: What went wrong; None where the receiver acknowledged.
        after: After how many seconds the receiver wants to be asked again; 0 where it says nothing.
    """

    status: int | None
    text: str = ""
    error: str | None = None
    after: float = 0.0

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more, for ever."""
        return self.status == HTTPStatus.GONE


class _Public(AbstractResolver):
    """Looks names up, and keeps back the addresses that may not be connected to."""

    def __init__(self, reach: Callable[[], Reach]) -> None:
        self._inner = aiohttp.ThreadedResolver()
        self._reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if self._reach().allows(one["host"])]
        if found and not allowed:
            raise OSError(
                f"{host} leads to a private address; subscriptions.allow_private would allow it"
            )
        return allowed

    async def close(self) -> None:
        await self._inner.close()


class Post:
    """Sends requests, over connections that stay open for a while.

    Args:
        session: The client.
        reach: Says how far webhooks may go.
    """

    def __init__(self, session: aiohttp.ClientSession, reach: Callable[[], Reach]) -> None:
        self._session = session
        self._reach = reach

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request; whatever goes wrong is the answer."""
        try:
            self._reach().refuse(url)
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                read = await _beginning(response)
        except Refused as error:
            return Answer(None, error=error.what)
        except TimeoutError:
            return Answer(None, error=f"there was no answer within {TOTAL_SECONDS:.0f} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, error=f"{type(error).__name__}: {error}"[:SHOWN_CHARACTERS])
        return _answer(response, read.decode("utf-8", "replace")[:SHOWN_CHARACTERS])


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of an answer; raises `ClientError` for one that is cut off before."""
    read = b""
    while len(read) < ANSWER_BYTES:
        more = await response.content.read(ANSWER_BYTES - len(read))
        if not more:
            return read
        read += more
    response.close()  # the rest is not wanted
    return read


def _answer(response: aiohttp.ClientResponse, text: str) -> Answer:
    status = response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer(status, text)
    error = f"the receiver answered {status}"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        error += ", and redirects are not followed"
    return Answer(status, text, error, _after(response.headers.get("Retry-After", "")))


def _after(told: str) -> float:
    """The seconds that a Retry-After asks for: a number of them, or a date."""
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return 0.0
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


@asynccontextmanager
async def posting(reach: Callable[[], Reach], connections: int) -> AsyncIterator[Post]:
    """A client for some connections at once, that follows nothing and keeps nothing in mind.

    Args:
        reach: Says how far webhooks may go.
        connections: How many.
    """
    from pactdesk import __version__

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=_Public(reach),
            limit=connections,
            ttl_dns_cache=DNS_SECONDS,
            keepalive_timeout=KEPT_SECONDS,
        ),
        timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"user-agent": f"pactdesk/{__version__}", "accept-encoding": "identity"},
        auto_decompress=False,
    ) as session:
        yield Post(session, reach)
