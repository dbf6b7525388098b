"""Carrying out what was requested, and saying what came of it, as facts.

The order on both engines is: claim (a unique row) and attempt (a durable record), then the
transport, then the outcome. What goes to a platform is a courier's (`streams/delivery/`); here is
what both have in common, and the local mailbox, which takes what no platform is set up for.

An attempt whose outcome is missing after a crash is carried out again only where the transport
makes a repeat harmless; the local one does: a message has one file. A mailbox that cannot be
written will not mend itself while a program waits: the first failure is final, and the Notification
agent tells the team. Only a full disk is no failure of the reply: the store on the same disk cannot
go on either, so that the command ends, and the next one carries the attempt out again.
"""

from __future__ import annotations

import errno
from datetime import datetime
from pathlib import Path
from typing import Protocol

from schemas.event import Event
from schemas.events.contacts import ReplyAccepted, ReplyAttempted, ReplyFailed
from schemas.events.decisions import ReplyRequested
from schemas.record import Record, answer_id
from streams.links import Links

OUTCOME = "outcome"
"""The step that ends a request, as its record's id holds it: accepted, given up or unconfirmed."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class LocalTransport:
    """Puts each message into a file under the data directory; nothing leaves the machine.

    Args:
        folder: The mailbox folder.
    """

    name = "local"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, request_id: str, request: ReplyRequested) -> str:
        """Write the message; doing it again writes the same file. Returns the file's name."""
        folder = self._folder / request.channel
        path = folder / f"{request_id}.txt"
        letter = _letter(request).encode("utf-8", "replace")
        try:
            path.write_bytes(letter)
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(letter)
        return f"{request.channel}/{path.name}"


class StreamTransport:
    """Does nothing: the chat's own pages read the log, and have a reply once it is there."""

    name = "stream"

    def deliver(self, request_id: str, request: ReplyRequested) -> str:
        """Returns the message's name in the chat."""
        del request
        return request_id


class Transport(Protocol):
    """What takes messages without leaving the machine.

    Attributes:
        name: What it is called.
    """

    name: str

    def deliver(self, request_id: str, request: ReplyRequested) -> str:
        """Take a message; doing it again does no harm. Returns what it is called there."""


class Here:
    """What stays on this machine: the chat's replies in its stream, all else in the mailbox.

    Args:
        folder: The mailbox folder.
        links: Adds links to surveys and files.
        streamed: The channels that are streams of ours.
    """

    def __init__(self, folder: Path, links: Links, streamed: frozenset[str]) -> None:
        self._mailbox = LocalTransport(folder)
        self._stream = StreamTransport()
        self._links = links
        self._streamed = streamed

    def name(self, request: ReplyRequested) -> str:
        """What takes a request."""
        return self._of(request).name

    def carry_out(self, record: Record) -> Event:
        """Take what was requested; returns what came of it.

        Raises:
            OSError: The disk is full; nothing can be said of the message.
        """
        request = self._links.added(record)
        return carried_out(record, request, self._of(request))

    def _of(self, request: ReplyRequested) -> Transport:
        return self._stream if request.channel in self._streamed else self._mailbox


def _letter(request: ReplyRequested) -> str:
    head = {
        "Transport": "local (kept on this machine, not sent)",
        "Channel": request.channel,
        "To": request.handle or f"customer {request.customer_id}",
        "Ticket": request.ticket_id or "-",
        "Kind": request.kind,
        "From": request.author,
        "Subject": request.subject or "-",
    }
    if request.attachments:
        head["Files"] = ", ".join(
            f"{one.name} ({one.media_type}, {one.size} bytes)" for one in request.attachments
        )
    lines = [f"{name}: {' '.join(value.split())}" for name, value in head.items()]
    return "\n".join([*lines, "", "\n\n".join(request.parts), ""])


def attempt_step(part: int, attempt: int) -> str:
    """The step that begins a try; the first one of all is the plain one."""
    return "attempted" if (part, attempt) == (0, 1) else f"attempted {part}.{attempt}"


def failure_step(part: int, attempt: int) -> str:
    """The step that ends a try after which another one follows."""
    return f"failed {part}.{attempt}"


def end_step(place: str) -> str:
    """The step that ends an alert, at one of the places it goes to."""
    return f"{OUTCOME} {place}"


def attempted(record: Record, request: ReplyRequested, transport: str) -> Event:
    """What is said of a request before it is carried out on this machine."""
    return ReplyAttempted(
        customer_id=request.customer_id or record.key,
        ticket_id=request.ticket_id,
        request_id=record.id,
        attempt=1,
        transport=transport,
    )


def carried_out(record: Record, request: ReplyRequested, transport: Transport) -> Event:
    """Hand the message to a transport of this machine; returns what came of it.

    Raises:
        OSError: The disk is full; nothing can be said of the message.
    """
    customer = request.customer_id or record.key
    try:
        place = transport.deliver(record.id, request)
    except OSError as error:
        if error.errno in _FULL:
            raise
        return ReplyFailed(
            customer_id=customer,
            ticket_id=request.ticket_id,
            request_id=record.id,
            attempt=1,
            error=f"the mailbox cannot be written: {error.strerror}",
            final=True,
        )
    return ReplyAccepted(
        customer_id=customer,
        ticket_id=request.ticket_id,
        request_id=record.id,
        transport=transport.name,
        provider_message_id=place,
    )


def answer(request: Record, step: str, event: Event, at: datetime, transport: str) -> Record:
    """What is said of a request, as a record: the same step has the same id, whoever says it."""
    return Record(
        id=_answer_id(request.correlation, request.id, step),
        key=request.key,
        at=at,
        by=f"effects/{transport}",
        event=event,
        cause=request.id,
        correlation=request.correlation,
        trace=request.trace,
    )


def is_answer(record: Record, request_id: str, step: str) -> bool:
    """Whether a record is what effects of ours said of a request, at this step."""
    return record.id == _answer_id(record.correlation, request_id, step)


def _answer_id(correlation: str, request_id: str, step: str) -> str:
    return answer_id(correlation, "effect", request_id, step)
