"""The shape of a channel: one file each, with four pure functions that speak to nobody.

    verify(settings, hook)            who sent this? a handshake is answered here
    parse(settings, hook)             what does it say? contacts, answers, receipts
    render(settings, request, ...)    which requests to the provider send this reply?
    outcome(settings, response)       what does the provider's answer mean?

Three more are there where a platform needs them: `stamp` for what authorises a request for a moment
only, `enclose` for files that go with a reply, `fetch` for files that are not simply to be had at
their address.

The gateway receives, the effects deliver; both call these, and neither knows a provider.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

import msgspec

from schemas.events.decisions import ReplyRequested
from streams.channels.same import Same

WINDOW_SECONDS = 300
"""How far a signature's time may be from ours."""


SKEW = timedelta(seconds=5)
"""How far a provider's clock is behind ours at most, where a message is looked for by its time."""

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]*)?")
"""A wait as providers write it; some do not write whole seconds."""

NOT_PASSED_ON = "[{} does not pass on what was sent here: look there]"
"""What stands for a message of a kind that a platform tells of and does not hand over."""

MISSHAPEN = (
    msgspec.MsgspecError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    OSError,
    RecursionError,
)
"""What reading a body of another shape may end in; a time that is none is one of the last."""


class Hook(NamedTuple):
    """A request of a provider, as it came.

    Attributes:
        method: The HTTP method.
        path: What follows the channel's own path, without a slash; empty for that path itself.
        url: The address that the provider called, as it knows it.
        query: The parameters in that address.
        headers: The headers, by their names in small letters.
        body: The body, untouched: signatures are over its bytes.
        at: When it came.
    """

    method: str
    path: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: datetime


class Told(NamedTuple):
    """What a provider is answered.

    Attributes:
        body: The body.
        media: Its media type.
        status: The HTTP status.
    """

    body: bytes = b""
    media: str = "text/plain"
    status: int = HTTPStatus.OK


class Receipt(NamedTuple):
    """What a provider says became of a message of ours, or of all up to a time.

    Attributes:
        state: How far it came.
        provider_message_id: The message, as the provider calls it.
        request_id: The message, as we call it, where the provider sends that along.
        error: Why it failed.
        handle: Whom the messages went to, where it is about all that went there.
        until: Up to when they were sent.
    """

    state: Literal["sent", "delivered", "read", "failed"]
    provider_message_id: str | None = None
    request_id: str | None = None
    error: str | None = None
    handle: str | None = None
    until: datetime | None = None


class Remark(msgspec.Struct, frozen=True):
    """What one of our own people wrote in a conversation on a platform.

    Attributes:
        contact: The same as a contact, which it is where the conversation is their own.
        by: Who, by the name that the desk knows them by.
        text: What they said.
        goes_out: Whether it is said to the customer; otherwise it is for the desk alone.
        began: The platform's name of the message that began the conversation, if a customer did.
        began_here: The same, as the platform named it to us, if a message of ours did.
    """

    contact: dict[str, Any]
    by: str
    text: str
    goes_out: bool
    began: str
    began_here: str


class Heard(msgspec.Struct, frozen=True):
    """What a hook says.

    Attributes:
        inputs: Lines of input, such as contacts and answers to surveys; each with its own part of
            what came as metadata.
        receipts: What became of messages of ours.
        told: What the provider is answered.
        missed: What in it means nothing here, in words, for the log.
        remarks: What our own people wrote; what it means, depends on whose conversation it is.
        files: What lies in the attachments of the one input, in their order, where they came along.
        same: Addresses that the provider says are one person's.
    """

    inputs: list[dict[str, Any]] = []
    receipts: list[Receipt] = []
    told: Told = Told()
    missed: list[str] = []
    remarks: list[Remark] = []
    files: list[bytes] = []
    same: list[Same] = []


class Unverified(Exception):
    """A hook is not from whom it claims to be.

    Args:
        reason: Why, in words for the operator; never the body.
        status: 401 or 403.
    """

    def __init__(self, reason: str, status: int = HTTPStatus.UNAUTHORIZED) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Sending(NamedTuple):
    """One request to a provider.

    Attributes:
        method: The HTTP method.
        url: The whole address.
        headers: The headers, with what authorises it.
        body: The body.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class File(NamedTuple):
    """A file that goes with a message.

    Attributes:
        name: What it is called, without folders.
        media_type: What its bytes say it is.
        content: The bytes.
    """

    name: str
    media_type: str
    content: bytes


class Response(NamedTuple):
    """What a provider answered.

    Attributes:
        status: The HTTP status.
        headers: The headers, by their names in small letters.
        body: The body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one where there is none."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return {}

    @property
    def retry_after(self) -> float | None:
        """The seconds that the header Retry-After asks for, which may name a time instead.

        That is by the provider's own clock, so that it counts from the time of the answer.
        """
        wait = self.headers.get("retry-after", "")
        if _SECONDS.fullmatch(wait):
            return float(wait)
        try:
            until, now = (parsedate_to_datetime(one) for one in (wait, self.headers["date"]))
            return max(0.0, (until - now).total_seconds())
        except (LookupError, TypeError, ValueError, OverflowError):
            return None


class Fetching(NamedTuple):
    """A request on the way to a file.

    Attributes:
        sending: The request.
        last: Whether its answer is the file; else `fetch` is asked on, with the answer.
    """

    sending: Sending
    last: bool = True


class Accepted(NamedTuple):
    """The provider took the message; it calls it by this id."""

    provider_message_id: str


class Rejected(NamedTuple):
    """The provider did not take the message.

    Attributes:
        error: Why, in its words.
        final: Whether trying again is no use.
        retry_after: Seconds after which it may be tried again, where the provider says so.
        unsure: Whether it failed on the message, which it may have by now, and can be asked for it.
    """

    error: str
    final: bool
    retry_after: float | None = None
    unsure: bool = False


Outcome = Accepted | Rejected


class Sent(NamedTuple):
    """A message that was sent, and of which no answer came.

    Attributes:
        request: The reply that it belongs to.
        text: What it says.
        mark: Our id of it, where the provider keeps one.
        since: When it was sent, or a little before.
    """

    request: ReplyRequested
    text: str
    mark: str
    since: datetime


class LookUp(NamedTuple):
    """How a provider is asked whether it has a message.

    Attributes:
        ask: The request that asks.
        found: The message in a good answer; None where it is not there.
    """

    ask: Callable[[Any, Sent], Sending]  # Any: the channel's own settings
    found: Callable[[Any, Sent, Response], Accepted | None]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel's file, as the gateway and the effects use it.

    Attributes:
        name: The channel.
        paths: The paths that its provider calls, behind the channel's own; empty for that itself.
        needs: Its settings without which it is off.
        instead: Settings that do as well, by the name of the one that is then not needed.
        methods: With which HTTP methods its provider calls.
        verify: Whether a hook is from whom it claims to be; answers a handshake.
        parse: What a verified hook says.
        render: The requests that send a reply, one for each part, in their order. Their last
            argument is our id of the request, for providers that give it back.
        outcome: What the provider's answer means.
        stamp: A request as it goes out at a time, where what authorises it holds for a moment only;
            each time that it is tried.
        look_up: How the provider is asked whether it has a message, where it can be.
        repeat_seconds: For how long the provider knows a message that comes again for the same one.
        body_bytes: How much a hook may have at most.
        tells: Whether the provider says by itself what became of a message, and that it has one.
        enclose: The request of a message with files in it, where the platform takes them in the
            same one.
        apart: A body as bodies that hold one thing each, where a platform puts several together.
        fetch: The request that gets a file from its address at a time, where that takes more than
            asking there; its last argument is the answer that leads on, if there was one. What
            authorises it goes to the provider alone, wherever the address may lead.

    Raises:
        Refused: By `render`: the provider has no way to send it. By `fetch`: it does not say where
            the file is.
        Unverified: By `verify`.
        Unreadable: By `parse`: it cannot be understood, and will not be by sending it again.
    """

    name: str
    paths: tuple[str, ...]
    needs: tuple[str, ...]
    verify: Callable[[Any, Hook], Told | None]  # Any: the channel's own settings
    parse: Callable[[Any, Hook], Heard]
    render: Callable[[Any, ReplyRequested, str], list[Sending]]
    outcome: Callable[[Any, Response], Outcome]
    methods: tuple[Literal["GET", "POST"], ...] = ("POST",)
    instead: Mapping[str, str] = field(default_factory=dict)
    stamp: Callable[[Any, Sending, datetime], Sending] | None = None
    look_up: LookUp | None = None
    repeat_seconds: float = 0.0
    body_bytes: int = 1 << 20
    tells: bool = False
    enclose: Callable[[Sending, Sequence[File]], Sending] | None = None
    apart: Callable[[bytes], list[bytes]] | None = None
    fetch: Callable[[Any, str, datetime, Response | None], Fetching] | None = None


def mark_of(request_id: str, part: int, parts: int) -> str:
    """Our id of a message: the last of a reply has the reply's own, the others a number too."""
    return request_id if part == parts - 1 else f"{request_id}.{part}"


def messages_of(request: ReplyRequested, request_id: str) -> Iterator[tuple[str, str, list[str]]]:
    """The messages of a reply: our id of each, its text, its buttons, which the last has alone."""
    parts = len(request.parts)
    for place, text in enumerate(request.parts):
        buttons = request.buttons if place == parts - 1 else []
        yield mark_of(request_id, place, parts), text, buttons


def part_of(mark: str | None) -> tuple[str | None, bool]:
    """The reply that a mark names, and whether it means one of its messages before the last."""
    if mark is None:
        return None, False
    request_id, before_the_last, _ = mark.partition(".")
    return request_id, bool(before_the_last)
