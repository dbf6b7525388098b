"""Carrying out what was requested, and saying what came of it, as facts.

The order is: claim (a unique row) and attempt (a durable record), then the transport, then the
outcome. An attempt whose outcome is missing after a crash is carried out again only where the
transport makes a repeat harmless; the local one does: a message has one file.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from schemas.event import Event
from schemas.events.contacts import ReplyAccepted, ReplyAttempted, ReplyFailed
from schemas.events.decisions import ReplyRequested
from schemas.record import Record, derived_id
from schemas.topics import DECISIONS
from streams.clock import Clock
from streams.embedded.database import Database
from streams.embedded.log import Entry, SqliteLog

POSITION = "effects.position"
_REQUEST = f'"ce_type":"{ReplyRequested.__name__}"'


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
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{request_id}.txt"
        draft = path.with_suffix(".part")
        draft.write_text(_letter(request), encoding="utf-8")
        os.replace(draft, path)
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

    def carry_out(self) -> int:
        """Carry out what was requested since the last time; returns how many requests."""
        done = 0
        for entry in list(self._log.scan(self._position, DECISIONS.name)):
            if _REQUEST in entry.headers:
                self._one(entry)
                done += 1
            self._position = entry.seq
        return done

    def _one(self, entry: Entry) -> None:
        record = entry.record()
        request = record.event
        assert isinstance(request, ReplyRequested)
        at = record.at if self._clock.simulated else self._clock.now()
        attempt = ReplyAttempted(
            customer_id=request.customer_id or record.key,
            ticket_id=request.ticket_id,
            request_id=record.id,
            attempt=1,
            transport=self._transport.name,
        )
        with self._db.transaction():
            claimed = self._db.execute(
                "INSERT OR IGNORE INTO claims (request_id, attempt) VALUES (?, 1)", (record.id,)
            ).rowcount
            if claimed:
                self._log.append([self._answer(record, "attempted", attempt, at)])
        outcome: Event
        try:
            place = self._transport.deliver(record.id, request)
            outcome = ReplyAccepted(
                customer_id=attempt.customer_id,
                ticket_id=request.ticket_id,
                request_id=record.id,
                transport=self._transport.name,
                provider_message_id=place,
            )
        except OSError as error:
            outcome = ReplyFailed(
                customer_id=attempt.customer_id,
                ticket_id=request.ticket_id,
                request_id=record.id,
                attempt=1,
                error=f"the mailbox cannot be written: {error.strerror}",
                final=True,
            )
        with self._db.transaction():
            self._log.append([self._answer(record, "outcome", outcome, at)])
            self._db.execute(
                "UPDATE claims SET outcome = ? WHERE request_id = ?",
                (type(outcome).__name__, record.id),
            )
            self._db.set_meta(POSITION, str(entry.seq))

    def _answer(self, request: Record, step: str, event: Event, at: datetime) -> Record:
        return Record(
            id=derived_id("effect", request.id, step),
            key=request.key,
            at=at,
            by=f"effects/{self._transport.name}",
            event=event,
            cause=request.id,
            correlation=request.correlation,
            trace=request.trace,
        )
