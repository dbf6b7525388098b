"""Errors as HTTP tells them: `application/problem+json` (RFC 9457).

Only this module knows which status a family of errors has.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from streams.errors import Misconfigured, NotFound, PactdeskError, Refused, Unavailable, Unreadable

MEDIA = "application/problem+json"

RETRY_SECONDS = 1
"""After how long a client may try again what the store could not take."""

_STATUS: tuple[tuple[type[PactdeskError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (Refused, HTTPStatus.CONFLICT),
    (Unreadable, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (Misconfigured, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Problem(Exception):
    """What ends a request without what was asked for.

    Args:
        status: The HTTP status.
        detail: What happened and why.
        remedy: What to do about it.
        headers: Headers that belong to the status, such as Retry-After.
        more: Members of the document beside those that every problem has.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        remedy: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,  # JSON
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.headers = dict(headers or {})
        self.more = more

    def response(self, instance: str) -> web.Response:
        """The answer.

        Args:
            instance: The path that was asked for.
        """
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": _readable(self.detail),
            "instance": instance,
            **({"remedy": self.remedy} if self.remedy else {}),
            **self.more,
        }
        return web.Response(
            body=msgspec.json.encode(document),
            status=self.status,
            content_type=MEDIA,
            headers=self.headers,
        )


def _readable(text: str) -> str:
    """A text that may repeat bytes of a header that were no UTF-8, with signs in their place."""
    return text.encode("utf-8", "replace").decode()


def bad_request(detail: str, remedy: str) -> Problem:
    """A request that cannot be understood as HTTP of this API."""
    return Problem(HTTPStatus.BAD_REQUEST, detail, remedy)


def problem_of(error: PactdeskError, *, reading: bool) -> Problem:
    """How an error of the desk is told over HTTP.

    Args:
        error: The error.
        reading: Whether something was only asked for: what is refused then is the request itself.
    """
    status = next(
        (status for kind, status in _STATUS if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    if reading and status == HTTPStatus.CONFLICT:
        status = HTTPStatus.BAD_REQUEST
    again = status == HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(
        status,
        error.what,
        error.remedy,
        headers={"Retry-After": str(RETRY_SECONDS)} if again else None,
    )


def defect() -> Problem:
    """A fault of ours; what it is stands in the log, not in the answer."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "something went wrong on this side",
        "the log of the gateway says what; the request can be repeated",
    )
