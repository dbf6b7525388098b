"""The file that a link leads to: for whoever has the link, and no other file.

Scanners of messages follow every link: getting a file changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import ConfigDict

from streams.errors import NotFound
from streams.file_links import PATH, PURPOSE, file_in
from streams.gateway.attachments import HEADERS, kept, sent
from streams.gateway.route import Call, Parameters, Route

if TYPE_CHECKING:
    from typing import Any

    from streams.engines import AnyDesk


class Anything(Parameters):
    """Query parameters that some programs put behind every link."""

    model_config = ConfigDict(frozen=True, extra="ignore")


async def handed_out(call: Call) -> web.StreamResponse:
    """The file, or the part of it that is asked for."""
    given, now = call.path("token"), call.house.clock.now()

    def look(desk: AnyDesk) -> dict[str, Any]:
        number = file_in(given, desk.intake.resolver.key_for(PURPOSE), now)
        if number is None:
            raise NotFound(
                "this link does not work any more",
                "answer the message that it came with, and ask for the file again",
            )
        return kept(desk, number)

    return await sent(call, await call.house.read(look))


ROUTES = (
    Route(
        "GET",
        f"{PATH}{{token}}",
        handed_out,
        None,
        "The file of a reply, by the link in it",
        parameters=Anything,
        answers={200: None, 206: None, 304: None, 404: None, 416: None, 429: None},
        tag="attachments",
        headers=HEADERS,
    ),
)
