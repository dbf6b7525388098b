"""The shape of a provider's side that messages are sent to: pure functions of what it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec

_FILE_NAME = re.compile(r'filename="([^"]*)"')


class Message(NamedTuple):
    """A message that a provider took.

    Attributes:
        channel: Its channel.
        provider_message_id: What it is called, as a reply's outcome has it.
        to: To whom or where it goes, in the provider's word.
        text: What it says.
        at: When it was taken.
        body: The request, as it was sent.
        shown: The message as the provider shows it to who looks for it.
    """

    channel: str
    provider_message_id: str
    to: str
    text: str
    at: datetime
    body: Mapping[str, Any]
    shown: Mapping[str, Any]


class Asked(NamedTuple):
    """A request to a provider.

    Attributes:
        named: The parts of its path that have a name.
        query: The parameters in its address.
        authorisation: Who asks: the header Authorization.
        body: Its body, a JSON object or a form.
        at: When it came.
        number: By which it differs from all others.
        taken: The messages that this provider took before, the oldest first.
    """

    named: Mapping[str, str]
    query: Mapping[str, str]
    authorisation: str
    body: Mapping[str, Any]
    at: datetime
    number: int
    taken: Sequence[Message]


class Answer(NamedTuple):
    """What a provider answers.

    Attributes:
        status: The HTTP status.
        document: The JSON in its body.
        headers: Headers beside those that every answer has.
        message: The message that it took.
    """

    status: int
    document: Any
    headers: Mapping[str, str] = {}
    message: Message | None = None


class Side(NamedTuple):
    """One provider's side.

    Attributes:
        channel: The channel.
        path: Where messages are sent to, as a router has it.
        takes: Takes a message, or says what is wrong with it.
        finds: The look-ups by which a message can be found again, by their paths.
        stranger: Is answered to who does not say who they are.
        limited: Is answered to who sends too much; the number is the seconds after which it may be
            tried again.
        broken: Is answered when the provider is out of order.
    """

    channel: str
    path: str
    takes: Callable[[Asked], Answer]
    finds: Mapping[str, Callable[[Asked], Answer]]
    stranger: Answer
    limited: Callable[[Asked, float], Answer]
    broken: Answer


def read(content: bytes, media: str = "") -> dict[str, Any]:
    """A body, which is a JSON object or a form; empty where it is neither.

    Args:
        content: The body.
        media: Its Content-Type. Of a form with files, the field `payload_json` is what the body
            says, and `files` are their names and sizes.
    """
    if media.startswith("multipart/form-data"):
        return _with_files(content, media)
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))


def _with_files(content: bytes, media: str) -> dict[str, Any]:
    body: dict[str, Any] = {"files": []}
    mark = media.partition("boundary=")[2].strip('"').encode()
    for part in content.split(b"--" + mark)[1:-1]:
        head, _, inside = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        name = _FILE_NAME.search(head.decode("utf-8", "replace"))
        if name is not None:
            body["files"].append({"name": unquote(name[1]), "size": len(inside)})
        elif b'name="payload_json"' in head:
            body |= msgspec.json.decode(inside, type=dict[str, Any])
    return body


def again(seconds: float) -> dict[str, str]:
    """The header that says after how many seconds it may be tried again."""
    return {"Retry-After": str(ceil(seconds))}


def snowflake(asked: Asked, epoch_milliseconds: int) -> str:
    """An id that says when it was made, and is greater than those before it."""
    milliseconds = int(asked.at.timestamp() * 1000) - epoch_milliseconds
    return str((milliseconds << 22) + asked.number)


def page(rows: Sequence[Any], start: str, size: int) -> tuple[list[Any], str]:
    """A page of rows, and where the next one starts; empty where there is none.

    Args:
        rows: All of them.
        start: Where it starts, as the page before said.
        size: How many it may have.
    """
    first = int(start or 0)
    more = first + size < len(rows)
    return list(rows[first : first + size]), str(first + size) if more else ""
