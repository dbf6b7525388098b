"""Getting one file from where a contact says that it lies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import aiohttp
from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector
from yarl import URL

from streams.channels.channel import Fetching, Response, Sending
from streams.errors import Refused
from streams.files import rules
from streams.files.addresses import Forbidden, Places, origin_of
from streams.files.kinds import kind_of
from streams.files.outcomes import Kept, Lost
from streams.files.settings import AttachmentSettings
from streams.files.store import Draft, Files

MOST_HOPS = 5
"""Requests on the way to one file, redirections among them."""

CONNECT_SECONDS = 10.0
"""How long a server may take to take a connection."""

ANSWER_BYTES = 64 * 1024
"""How much of an answer is read that only leads on."""

CHUNK_BYTES = 64 * 1024

_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "pactdesk"}
"""A file is asked for as it is: what was packed for the way could be any size."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_AGAIN = frozenset({401, 403, 408, 425, 429})
"""Answers that may be others later: rates, and rights that the operator mends."""


class Way(NamedTuple):
    """How the files of a channel are asked for.

    Attributes:
        trusted: Addresses of servers that may be anywhere: the operator's word.
        fetch: As the channel's own `fetch`, its settings and the time given.
    """

    trusted: tuple[str, ...] = ()
    fetch: Callable[[str, Response | None], Fetching] | None = None

    def ask(self, url: str, answer: Response | None = None) -> Fetching:
        """The next request."""
        return Fetching(Sending("GET", url, {})) if self.fetch is None else self.fetch(url, answer)


class _Ended(Exception):
    """No way leads on; `lost` says why."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.reason)
        self.lost = lost


async def fetched(
    url: str, way: Way, files: Files, settings: AttachmentSettings, *, name: str, claimed: str
) -> Kept | Lost:
    """Get a file and keep it.

    Args:
        url: Where it lies, as its contact says.
        way: How it is asked for.
        files: Where it is kept.
        settings: What is kept at all.
        name: What its sender calls it.
        claimed: The media type that its sender gives it.

    Raises:
        OSError: It cannot be kept, whatever it is.
    """
    places = Places(way.trusted)
    limit = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    connector = TCPConnector(resolver=places, use_dns_cache=False)
    with files.draft() as draft:
        try:
            async with (
                asyncio.timeout(settings.seconds),  # for the whole way, however far it leads
                ClientSession(
                    connector=connector,
                    timeout=limit,
                    headers=_HEADERS,
                    auto_decompress=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session,
            ):
                await _found(session, URL(url), way, places, draft, settings)
        except _Ended as end:
            return end.lost
        except Forbidden as error:
            return Lost(error.reason)
        except Refused as error:
            return Lost(error.what)
        except TimeoutError:
            return Lost(f"it did not come within {settings.seconds:g} seconds", final=False)
        except ValueError:  # of one kind or another, as what takes addresses apart raises it
            return Lost("its address is none")
        except aiohttp.ClientError as error:
            return Lost(f"its server cannot be asked ({type(error).__name__})", final=False)
        kind = kind_of(draft.head)
        if rules.is_another_page(kind, claimed):
            return Lost("its server shows a page instead of it", final=False)
        if (reason := rules.refusal(settings, kind)) is not None:
            return Lost(reason)
        return Kept(files.keep(draft), draft.size, kind, name)


async def _found(
    session: ClientSession,
    url: URL,
    way: Way,
    places: Places,
    draft: Draft,
    settings: AttachmentSettings,
) -> None:
    """Follow the way to a file, and write down what is in it."""
    places.permit(url)
    asked = way.ask(str(url))
    for _ in range(MOST_HOPS):
        url = URL(asked.sending.url)
        places.permit(url)
        request = session.request(
            asked.sending.method, url, headers=asked.sending.headers, allow_redirects=False
        )
        async with request as answer:
            if answer.status in _REDIRECTS and "Location" in answer.headers:
                asked = redirected(asked, url, url.join(URL(answer.headers["Location"])))
            elif answer.status != HTTPStatus.OK:
                raise _Ended(_fault(answer))
            elif asked.last:
                await _written(answer, draft, settings)
                return
            else:
                asked = way.ask(str(url), await _read(answer))
    raise _Ended(Lost(f"its address leads on more than {MOST_HOPS} times"))


def redirected(asked: Fetching, before: URL, url: URL) -> Fetching:
    """The same request elsewhere; what authorises it stays with the server that it was for."""
    if before.scheme == "https" and url.scheme != "https":
        raise Forbidden("its address leads from HTTPS to HTTP")
    same = origin_of(before) == origin_of(url)
    headers = asked.sending.headers if same else {}
    return asked._replace(sending=asked.sending._replace(url=str(url), headers=headers))


def _fault(answer: ClientResponse) -> Lost:
    again = answer.status in _AGAIN or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    wait = _response(answer, b"").retry_after
    return Lost(f"its server answers {answer.status}", final=not again, retry_after=wait)


async def _read(answer: ClientResponse) -> Response:
    body = b""
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > ANSWER_BYTES:
            break
    return _response(answer, body)


def _response(answer: ClientResponse, body: bytes) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status, headers, body)


async def _written(answer: ClientResponse, draft: Draft, settings: AttachmentSettings) -> None:
    large = _Ended(Lost(rules.too_large(settings)))
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _Ended(Lost("its server sends it packed, though asked not to"))
    if (answer.content_length or 0) > settings.max_bytes:
        raise large
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        if draft.size + len(chunk) > settings.max_bytes:
            raise large
        draft.write(chunk)
