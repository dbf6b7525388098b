"""What the agents of all domains decide on, as both engines keep it: one contract, two stores.

The lines with their states and numbers, the tickets that left a case, the timers. The embedded
store writes at once, inside the worker's transaction; the cluster's collects what a turn writes
and commits it as one statement. Whoever decides cannot tell the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from projections.case import Ticket, Timer
from projections.lines import FOLDS
from schemas.topics import Domain
from streams.turn import Line

MOST_AT_ONCE = 1000
"""How many parked tickets change lines in one turn; further ones follow when they are touched."""

_encoder = msgspec.msgpack.Encoder()
_decoders = {domain: msgspec.msgpack.Decoder(one.state) for domain, one in FOLDS.items()}
_tickets = msgspec.msgpack.Decoder(Ticket)
_lines = msgspec.msgpack.Decoder(Line)


FOLDED = "SELECT topic, partition, position FROM read_positions WHERE projection = 'tables'"
"""How far our tables have folded each partition, on either engine."""


class Executor(Protocol):
    """What both engines' connections answer to; question marks stand for values."""

    @property
    def execute(self) -> Any:  # Any: each driver has a cursor of its own
        """Run one statement."""

    @property
    def executemany(self) -> Any:  # Any: each driver has a cursor of its own
        """Run one statement for each row of values."""


class DueTimer(msgspec.Struct, frozen=True):
    """A stored timer, with the line that it belongs to."""

    id: str
    key: str
    partition: int
    ticket_id: str
    kind: str
    target: str | None
    due_at: float


class LineStore(Protocol):
    """Reads and writes lines, parked tickets and timers, inside the turn that is being taken."""

    def load(self, domain: Domain, key: str) -> tuple[Any, Line]:  # Any: the domain's state
        """The state of a line and how far it has numbered; a fresh one for a new line."""

    def save(self, domain: Domain, key: str, state: msgspec.Struct, line: Line) -> None:
        """Write the state of a line."""

    def parked(self, key: str, ticket_ids: Iterable[str]) -> list[Ticket]:
        """The parked tickets of a line among these, each taken out of the parking."""

    def parked_open(self, key: str) -> list[Ticket]:
        """A line's parked tickets that are not closed, each taken out of the parking."""

    def park(self, key: str, tickets: Iterable[Ticket]) -> None:
        """Put tickets aside."""

    def retime(
        self, key: str, partition: int, before: dict[str, Timer], after: dict[str, Timer]
    ) -> None:
        """Bring the stored timers of a line from one reading of its case to the next."""

    def due(self, partition: int, until: float) -> list[DueTimer]:
        """The timers of a partition that are due by a moment, earliest first."""

    def earliest(self, partition: int) -> DueTimer | None:
        """The timer of a partition that runs out first; it may have been fired in this turn."""

    def fired(self, timer_id: str) -> None:
        """A timer became a record: its row goes."""

    def next_due(self, partitions: Sequence[int] | None = None) -> dict[int, float]:
        """The earliest timer of every partition that has one; of these partitions if given."""


def packed(value: msgspec.Struct) -> bytes:
    """A state, a line's numbers or a ticket as the stores hold it."""
    return _encoder.encode(value)


def unpacked_line(domain: Domain, state: bytes, numbered: bytes) -> tuple[Any, Line]:
    """A line's state and numbers."""
    return _decoders[domain].decode(state), _lines.decode(numbered)


def unpacked_ticket(state: bytes) -> Ticket:
    """A parked ticket."""
    return _tickets.decode(state)
