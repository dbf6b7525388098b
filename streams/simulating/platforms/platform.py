"""The shape of a platform that calls a gateway: pure makers of payloads and of signatures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Said(NamedTuple):
    """What somebody says.

    Attributes:
        number: Its place among all that is said, from 0.
        person: Who says it, from 0.
        name: The person's name.
        turn: Which of the person's own messages it is, from 0.
        text: The words.
        at: When it is said; no two have the same moment, in one run or in two.
    """

    number: int
    person: int
    name: str
    turn: int
    text: str
    at: datetime


class Post(NamedTuple):
    """One request of a platform, before it is signed.

    Attributes:
        what: What it is, in a word.
        message: The message in it, as the platform calls it; empty where none is.
        path: Where it goes, behind the gateway's address, with its query.
        body: Its body.
        media: The body's media type.
        method: The HTTP method.
        expected: What the answer must be, where the platform looks at it.
        forged: Whether it is badly signed, and has to be refused.
    """

    what: str
    message: str
    path: str
    body: bytes = b""
    media: str = JSON
    method: str = "POST"
    expected: bytes | None = None
    forged: bool = False


class Platform(Protocol):
    """One platform."""

    @property
    def timed(self) -> bool:
        """Whether its signature holds for some minutes only."""

    def greetings(self, at: datetime) -> list[Post]:
        """What it asks before it sends anything: whether somebody is there, and who."""

    def posts(self, said: Said) -> list[Post]:
        """The requests that tell of a message, in their order; it comes in with the last one."""

    def once_more(self, said: Said) -> list[Post]:
        """The same message, told another time, as the platform would by mistake."""

    def signed(self, post: Post, at: datetime) -> Mapping[str, str]:
        """The headers with which it signs a request at a time."""

    def again(self, number: int) -> Mapping[str, str]:
        """The headers with which a request comes again for the nth time, from 1 on."""


def digits(said: Said, what: str, length: int) -> str:
    """Hexadecimal digits that are this message's own."""
    return sha256(f"{what}/{said.at.isoformat()}/{said.number}".encode()).hexdigest()[:length]


def snowflake(said: Said, epoch_milliseconds: int) -> str:
    """An id that says when it was made, as X and Discord have them."""
    milliseconds = int(said.at.timestamp() * 1000) - epoch_milliseconds
    return str((milliseconds << 22) + said.number)
