"""Effects of the embedded desk: requests are claimed, carried out and answered around a commit.

Only what stays in the local mailbox is carried out here; what goes to a platform is kept for the
courier (`errands.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from schemas.event import Event
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from schemas.topics import DECISIONS
from streams.clock import Clock
from streams.delivery import book
from streams.delivery.leaving import requests_of, taken_on
from streams.effects import OUTCOME, Here, answer, attempt_step, attempted
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry

POSITION = "effects.position"
FAR = 5000
"""Records without a request after which the position is stored, so that nobody reads them again."""


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
        here: Takes the messages of all others.
        outward: The channels whose messages go to a platform.
        clock: Gives the outcomes their time; under simulated time the request's own counts.

    Attributes:
        wanted: The events that something is done about.
        kept: How many requests were kept for the courier.
    """

    def __init__(
        self, database: Database, here: Here, outward: frozenset[str], clock: Clock
    ) -> None:
        self._db = database
        self._log = SqliteLog(database)
        self._here = here
        self._outward = outward
        self._clock = clock
        self._position = int(database.meta(POSITION) or "0")
        self._changes: tuple[int, ...] = ()
        self._claims: list[Claim] = []
        self._outcomes: list[tuple[Claim, Event]] = []
        self.wanted = requests_of(outward)
        self.kept = 0

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
        for request in [entry for entry in waiting if self._asks(entry)]:
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

        One that somebody took on, and of which nobody said what came, is taken on again. What goes
        to a platform is the courier's from here on.
        """
        appended: list[Entry] = []
        for entry in requests:
            record = entry.record()
            request = record.event
            at = record.at if self._clock.simulated else self._clock.now()
            errands = taken_on(record, self._outward, entry.partition, entry.offset, at)
            if errands is not None:
                for errand in errands:
                    book.take_on(self._db, errand)
                self.kept += len(errands)
                continue
            assert isinstance(request, ReplyRequested)
            claimed = self._db.execute(
                "INSERT OR IGNORE INTO claims (request_id, attempt) VALUES (?, 1)", (record.id,)
            ).rowcount
            if claimed:
                said = attempted(record, request, self._here.name(request))
                appended += self._say(record, attempt_step(0, 1), said, at)
            elif self._settled(record.id):
                continue
            self._claims.append(Claim(entry, record, at))
        return appended

    def _asks(self, entry: Entry) -> bool:
        return any(f'"ce_type":"{kind.__name__}"' in entry.headers for kind in self.wanted)

    def carry_out(self) -> None:
        """Hand what was taken on to the transport.

        Raises:
            OSError: The disk is full; the attempts are carried out again the next time.
        """
        claims, self._claims = self._claims, []
        for claim in claims:
            self._outcomes.append((claim, self._here.carry_out(claim.record)))

    def answer(self) -> list[Entry]:
        """Say what came of it, unless another process was quicker; returns what was appended."""
        appended: list[Entry] = []
        outcomes, self._outcomes = self._outcomes, []
        for (entry, record, at), outcome in outcomes:
            self._position = max(self._position, entry.seq)
            if not self._settled(record.id):
                appended += self._say(record, OUTCOME, outcome, at)
                self._db.execute(
                    "UPDATE claims SET outcome = ?, state = 'done' WHERE request_id = ?",
                    (type(outcome).__name__, record.id),
                )
        if appended:
            self._db.set_meta(POSITION, str(self._position))
        return appended

    def _say(self, request: Record, step: str, event: Event, at: datetime) -> list[Entry]:
        assert isinstance(request.event, ReplyRequested)
        name = self._here.name(request.event)
        return self._log.append([answer(request, step, event, at, name)])

    def _settled(self, request_id: str) -> bool:
        (outcome,) = self._db.execute(
            "SELECT outcome FROM claims WHERE request_id = ?", (request_id,)
        ).fetchone()
        return outcome is not None
