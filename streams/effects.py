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


class Effects:
    """Carries out the requests of the decisions' topic, in their order.

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

    def catch_up(self) -> list[Entry]:
        """Carry out what the log holds and was not carried out; returns what was appended.

        Costs as much as was appended since the last time; next to nothing when that is nothing.
        """
        changes = self._db.changes(DECISIONS.name)
        if changes == self._changes:
            return []
        self._changes, end = changes, self._log.last_seq()
        waiting = self._log.scan(self._position, DECISIONS.name)
        answers = self.carry_out([entry for entry in waiting if _REQUEST in entry.headers])
        if end - self._position > FAR:
            self._db.set_meta(POSITION, str(end))
        self._position = max(self._position, end)
        return answers

    def carry_out(self, requests: Iterable[Entry]) -> list[Entry]:
        """Carry out requests in their order; returns what was appended: the answers.

        Raises:
            OSError: The disk is full; the attempt is carried out again the next time.
        """
        return [answer for entry in requests for answer in self._one(entry)]

    def _one(self, entry: Entry) -> list[Entry]:
        record = entry.record()
        request = record.event
        assert isinstance(request, ReplyRequested)
        at = record.at if self._clock.simulated else self._clock.now()
        attempted = self._attempted(record, request, at)
        if attempted is None:
            return []
        outcome = carried_out(record, request, self._transport)
        return attempted + self._answered(entry, record, outcome, at)

    def _attempted(
        self, record: Record, request: ReplyRequested, at: datetime
    ) -> list[Entry] | None:
        """Claim a request; None when it has its outcome, from here or from another process."""
        attempt = attempt_of(record, request, self._transport)
        with self._db.transaction():
            claimed = self._db.execute(
                "INSERT OR IGNORE INTO claims (request_id, attempt) VALUES (?, 1)", (record.id,)
            ).rowcount
            if claimed:
                return self._log.append(
                    [answer_to(record, "attempted", attempt, at, self._transport)]
                )
            return None if self._settled(record.id) else []

    def _settled(self, request_id: str) -> bool:
        (outcome,) = self._db.execute(
            "SELECT outcome FROM claims WHERE request_id = ?", (request_id,)
        ).fetchone()
        return outcome is not None

    def _answered(self, entry: Entry, record: Record, outcome: Event, at: datetime) -> list[Entry]:
        """Append an outcome, unless another process was quicker."""
        answers: list[Entry] = []
        with self._db.transaction():
            if not self._settled(record.id):
                answers = self._log.append(
                    [answer_to(record, "outcome", outcome, at, self._transport)]
                )
                self._db.execute(
                    "UPDATE claims SET outcome = ? WHERE request_id = ?",
                    (type(outcome).__name__, record.id),
                )
                self._db.set_meta(POSITION, str(entry.seq))
        self._position = max(self._position, entry.seq)
        return answers
