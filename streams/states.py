"""What the agents know, for whoever only reads: the lines' states and the tickets put aside."""

from __future__ import annotations

from typing import Any

from projections.case import Ticket
from projections.lines import FOLDS
from schemas.topics import Domain
from streams.store import Executor, unpacked_line, unpacked_ticket


class States:
    """Reads the case store of either engine, as its worker left it last.

    Args:
        database: A connection of either engine.
    """

    def __init__(self, database: Executor) -> None:
        self._db = database

    def of(self, domain: Domain, key: str) -> Any:  # Any: the domain's state
        """The state of a line; a fresh one for a new line."""
        row = self._db.execute(
            "SELECT state, numbered FROM lines WHERE domain = ? AND key = ?", (domain, key)
        ).fetchone()
        if row is None:
            return FOLDS[domain].initial(key)
        return unpacked_line(domain, row[0], row[1])[0]

    def parked(self, ticket_id: str) -> Ticket | None:
        """A ticket that left its case, which stays parked."""
        row = self._db.execute(
            "SELECT state FROM parked WHERE ticket_id = ?", (ticket_id,)
        ).fetchone()
        return None if row is None else unpacked_ticket(row[0])
