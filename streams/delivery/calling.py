"""One HTTP request to a platform, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from streams.channels.channel import MISSHAPEN, Outcome, Rejected, Response, Sending
from streams.delivery.errand import Came, NoAnswer, Unsent

_FAULT = frozenset({"error", "errors", "code"})
"""By what the platforms say no in a document, also with a status that says yes."""

_UNSURE = frozenset({HTTPStatus.GATEWAY_TIMEOUT, 520, 524})
"""With these statuses something before a platform says that it has not heard the answer: 520 and
524 are Cloudflare's words for it."""

MOST_BYTES = 1 << 20
"""How much of an answer is read: the platforms' are a few kilobytes."""


class Caller:
    """Calls platforms; opened and closed within one event loop.

    Each request has a connection of its own: on one that is kept, a platform that has just closed
    it cannot be told from one that took the request and did not answer.

    Args:
        seconds: How long an answer is waited for, from the beginning.
        resolver: Makes what looks names up; by default that is the system.
    """

    def __init__(
        self, seconds: float, resolver: Callable[[], AbstractResolver | None] = lambda: None
    ) -> None:
        self._resolver = resolver
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=seconds / 2)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0, resolver=self._resolver()),
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
            trust_env=True,  # a proxy that the operator named
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def ask(self, sending: Sending) -> Response | Unsent | NoAnswer:
        """Send a request once; no redirect is followed, for what authorises it is not for others.

        What fails before the request can have been seen is `Unsent`; all else is `NoAnswer`.
        """
        assert self._session is not None
        try:
            async with self._session.request(
                sending.method,
                sending.url,
                headers=dict(sending.headers),
                data=sending.body,
                allow_redirects=False,
            ) as answer:
                body = bytearray()
                async for chunk in answer.content.iter_any():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        break
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status, headers, bytes(body))
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.InvalidURL,
            aiohttp.ClientProxyConnectionError,
            UnicodeError,  # no name of a host
        ) as error:
            return Unsent(_said(error))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return NoAnswer(_said(error))


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__


def came_of(answer: Response | Unsent | NoAnswer, means: Callable[[Response], Outcome]) -> Came:
    """What came of sending a message.

    A platform that says yes in words that nobody understands took it all the same, perhaps; and
    what stands between us and a platform may have lost no more than its answer. What stands there
    also answers in words of its own: of those only the status counts. A token that is no longer
    good is the operator's to mend, and no fault of the message: it waits.

    Args:
        answer: What was answered.
        means: The channel's own reading of it.
    """
    if not isinstance(answer, Response):
        return answer
    try:
        outcome = means(answer)
    except MISSHAPEN:
        answer = answer._replace(body=b"")
        outcome = means(answer)
    if answer.status == HTTPStatus.UNAUTHORIZED and isinstance(outcome, Rejected):
        return outcome._replace(final=False)
    if answer.status in _UNSURE:
        return NoAnswer(f"HTTP {answer.status}")
    unclear = isinstance(outcome, Rejected) and _FAULT.isdisjoint(answer.document)
    if unclear and answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return NoAnswer(f"HTTP {answer.status} with an answer that cannot be read")
    return outcome
