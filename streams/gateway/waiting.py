"""Reading one's own writes: `min_position` and `wait`."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from pydantic import BeforeValidator, Field

from streams.gateway.house import House
from streams.gateway.problems import Problem
from streams.gateway.route import Parameters

POSITION = "Pactdesk-Position"
"""The header of every answer that says which position of the log it is from."""

LONGEST = 30.0
"""Seconds that a request may wait."""

_DURATION = re.compile(r"^(\d{1,6}(?:\.\d{1,3})?)(ms|s)?$")


def _seconds(text: object) -> object:
    found = _DURATION.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("give a duration such as 2s or 500ms")
    return float(found[1]) / (1000.0 if found[2] == "ms" else 1.0)


Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(ge=0.0, le=LONGEST, json_schema_extra={"type": "string", "examples": ["2s", "500ms"]}),
]
"""A duration as text: `2s`, `500ms`."""


class Since(Parameters):
    """What a reader wants to see at least.

    Attributes:
        min_position: A position from an earlier answer: what followed from everything up to it.
        wait: How long it is waited for.
    """

    min_position: str | None = None
    wait: Seconds = 2.0


async def reached(house: House, since: Since) -> None:
    """Wait until the tables show what a reader wants to see.

    Raises:
        Problem: 503, they do not by the end of the wait.
        Malformed: It is not a position.
    """
    wanted = since.min_position
    if wanted is None:
        return
    if not await followed(house, wanted, since.wait):
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"the tables do not show position {wanted} after {since.wait:g} seconds",
            "ask again, or wait longer; `pactdesk status` says what is behind",
            headers={"Retry-After": "1"},
        )


async def followed(house: House, position: str, seconds: float) -> bool:
    """Whether what follows from everything up to a position is shown by the end of some seconds."""
    behind = await house.until(lambda desk: desk.progress.worked_off(position), seconds)
    if behind is None:
        return False
    return bool(await house.until(lambda desk: desk.progress.shows(behind) or None, seconds))
