"""The kinds of fields that lines of input have, and what is wrong with a value that does not fit.

Nothing is guessed: a number in quotes, true for 1 or a bare number for a time is an error that
says what would be right.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from agents.calendar import sound
from schemas.vocabulary import Channel

DEEPEST = 100
"""Levels of lists and objects inside `metadata`; SQLite's own reader of JSON stops at 1,000."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""The times that a line may have: beyond them clocks and timers run out of numbers."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("it holds a NUL character; leave it out")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a surrogate pair; send whole characters") from error
    return text


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty; give it a value")
    return text


def _written(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _TIME.match(value)):
        return value
    raise ValueError("it is not a time; write RFC 3339, such as 2026-03-02T08:00:00Z")


def _kept(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError("it is too far away; send a time from 1970 to 2199")
    return moment.astimezone(UTC)


def _flat_enough(value: dict[str, Any]) -> dict[str, Any]:
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return value
    raise ValueError(f"it is nested too deep; {DEEPEST} levels are allowed")


def _sound(hours: dict[str, list[tuple[str, str]]]) -> dict[str, list[tuple[str, str]]]:
    sound(hours)
    return hours


def _inside(value: object) -> list[object]:
    """What a list or an object holds; nothing for any other value."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


Text = Annotated[str, AfterValidator(_clean)]
"""Any text of whole characters."""

Name = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_clean)]
"""Text that names something."""

Body = Annotated[
    str,
    Field(min_length=1, json_schema_extra={"pattern": r"\S"}),
    AfterValidator(_clean),
    AfterValidator(_says_something),
]
"""Text that must say something: blanks alone do not."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A number; true and "1" are none."""

Flag = Annotated[bool, Field(strict=True)]
"""True or false, and nothing that merely looks like it."""

Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_kept)]
"""RFC 3339 with an offset; in UTC from here on."""

Metadata = Annotated[dict[str, Any], AfterValidator(_flat_enough)]
"""An object of the sender's own, kept as it is."""

Hours = Annotated[dict[str, list[tuple[str, str]]], AfterValidator(_sound)]
"""When somebody is on duty, by weekday; a day that is left out is a day off."""

Handles = dict[Channel, list[Name]]
"""The addresses of somebody on each channel."""


class Input(BaseModel):
    """What every type of line has."""

    # built when it is first validated: a command that takes no lines starts sooner
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    TYPE: ClassVar[str]

    at: Moment | None = None


class AttachmentInput(BaseModel):
    """What is known of a file that came with a message; the size in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    media_type: Text
    size: Annotated[int, Field(strict=True, ge=0, lt=2**63)]
    sha256: Text | None = None
    url: Text | None = None


class EnclosedInput(BaseModel):
    """A file in the store that is to go out with a message; the size in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    media_type: Name
    size: Annotated[int, Field(strict=True, ge=0, lt=2**63)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
