"""Carrying out what was requested, and saying what came of it, as facts.

The order is: claim (a unique row) and attempt (a durable record), then the transport, then the
outcome. An attempt whose outcome is missing after a crash is carried out again only where the
transport makes a repeat harmless; the local one does: a message has one file.

A mailbox that cannot be written will not mend itself while a program waits: the first failure is
final, and the Notification agent tells the team. Only a full disk is no failure of the reply: the
store on the same disk cannot go on either, so that the command ends, and the next one carries the
attempt out again.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from schemas.event import Event
from schemas.events.contacts import ReplyAccepted, ReplyAttempted, ReplyFailed
from schemas.events.decisions import ReplyRequested
from schemas.record import Record, answer_id
from schemas.topics import DECISIONS
from streams.clock import Clock
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry

POSITION = "effects.position"
_REQUEST = f'"ce_type":"{ReplyRequested.__name__}"'
FAR = 5000
"""Records without a request after which the position is stored, so that nobody reads them again."""

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
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(letter)
        return f"{request.channel}/{path.name}"


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
    lines = [f"{name}: {' '.join(value.split())}" for name, value in head.items()]
    return "\n".join([*lines, "", "\n\n".join(request.parts), ""])


def attempt_of(record: Record, request: ReplyRequested, transport: LocalTransport) -> Event:
    """What is said before a request is carried out."""
    return ReplyAttempted(
        customer_id=request.customer_id or record.key,
        ticket_id=request.ticket_id,
        request_id=record.id,
        attempt=1,
        transport=transport.name,
    )


def carried_out(record: Record, request: ReplyRequested, transport: LocalTransport) -> Event:
    """Hand the message to the transport; returns what came of it.

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


def answer_to(
    request: Record, step: str, event: Event, at: datetime, transport: LocalTransport
) -> Record:
    """The record of what is said about a request; the same step has the same id."""
    return Record(
        id=answer_id(request.correlation, "effect", request.id, step),
        key=request.key,
        at=at,
        by=f"effects/{transport.name}",
        event=event,
        cause=request.id,
        correlation=request.correlation,
        trace=request.trace,
    )


class Claim(NamedTuple):
    """A request that is to be carried out here.

    Attributes:
        entry: Where it lies.
        record: The request.
        at: The time of what is said about it.
    """

    entry: Entry
    record: Record
    at: datetime


class Effects:
    """Carries out the requests of the decisions' topic, in their order.

    Around each commit of a worker, whose transactions these belong to:

        answer()      # what came of what was carried out before; in the transaction
        claim(...)    # what was requested in it; in the transaction
        carry_out()   # when it is committed, so that the attempt is known whatever happens now

    Args:
        database: The store's connection.
        transport: Where messages go.
        clock: Gives the outcomes their time; under simulated time the request's own counts.
    """

    def __init__(self, database: Database, transport: LocalTransport, clock: Clock) -> None:
        self._db = database
        self._log = SqliteLog(database)
        self._transport = transport
        self._clock = clock
        self._position = int(database.meta(POSITION) or "0")
        self._changes: tuple[int, ...] = ()
        self._claims: list[Claim] = []
        self._outcomes: list[tuple[Claim, Event]] = []

    @property
    def unsaid(self) -> bool:
        """Whether something was carried out of which the log does not know what came."""
        return bool(self._outcomes)

    def catch_up(self) -> list[Entry]:
        """Carry out what the log holds and was not, each by itself; returns what was appended.

        Costs as much as was appended since the last time; next to nothing when that is nothing.

        Raises:
            OSError: The disk is full; the attempt is carried out again the next time.
        """
        changes = self._db.changes(DECISIONS.name)
        if changes == self._changes:
            return []
        self._changes, end = changes, self._log.last_seq()
        appended: list[Entry] = []
        waiting = self._log.scan(self._position, DECISIONS.name)
        for request in [entry for entry in waiting if _REQUEST in entry.headers]:
            with self._db.transaction():
                appended += self.claim([request])
            self.carry_out()
            with self._db.transaction():
                appended += self.answer()
        if end - self._position > FAR:
            self._db.set_meta(POSITION, str(end))
        self._position = max(self._position, end)
        return appended

    def claim(self, requests: Iterable[Entry]) -> list[Entry]:
        """Take requests on, unless they have their outcome; returns what was appended.

        One that somebody took on, and of which nobody said what came, is taken on again.
        """
        appended: list[Entry] = []
        for entry in requests:
            record = entry.record()
            request = record.event
            assert isinstance(request, ReplyRequested)
            at = record.at if self._clock.simulated else self._clock.now()
            claimed = self._db.execute(
                "INSERT OR IGNORE INTO claims (request_id, attempt) VALUES (?, 1)", (record.id,)
            ).rowcount
            if claimed:
                attempt = attempt_of(record, request, self._transport)
                answer = answer_to(record, "attempted", attempt, at, self._transport)
                appended += self._log.append([answer])
            elif self._settled(record.id):
                continue
            self._claims.append(Claim(entry, record, at))
        return appended

    def carry_out(self) -> None:
        """Hand what was taken on to the transport.

        Raises:
            OSError: The disk is full; the attempts are carried out again the next time.
        """
        claims, self._claims = self._claims, []
        for claim in claims:
            request = claim.record.event
            assert isinstance(request, ReplyRequested)
            self._outcomes.append((claim, carried_out(claim.record, request, self._transport)))

    def answer(self) -> list[Entry]:
        """Say what came of it, unless another process was quicker; returns what was appended."""
        appended: list[Entry] = []
        outcomes, self._outcomes = self._outcomes, []
        for (entry, record, at), outcome in outcomes:
            self._position = max(self._position, entry.seq)
            if not self._settled(record.id):
                answer = answer_to(record, "outcome", outcome, at, self._transport)
                appended += self._log.append([answer])
                self._db.execute(
                    "UPDATE claims SET outcome = ? WHERE request_id = ?",
                    (type(outcome).__name__, record.id),
                )
        if appended:
            self._db.set_meta(POSITION, str(self._position))
        return appended

    def _settled(self, request_id: str) -> bool:
        (outcome,) = self._db.execute(
            "SELECT outcome FROM claims WHERE request_id = ?", (request_id,)
        ).fetchone()
        return outcome is not None
