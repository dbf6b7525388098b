"""The case store in SQLite.

No transactions here: every call belongs to the one that the worker holds, and so does `flush`,
which writes what several turns left of a line and of a position once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from projections.case import Ticket, Timer
from projections.lines import FOLDS
from schemas.topics import Domain
from streams.embedded.database import Database
from streams.store import (
    MOST_AT_ONCE,
    DueTimer,
    packed,
    unpacked_line,
    unpacked_ticket,
)
from streams.turn import Line

HELD = 256
"""Lines that are kept decoded: an answer follows its question closely. States never change."""

_TIMER = "id, key, partition, ticket_id, kind, target, due_at"


class CaseStore:
    """Reads and writes what the agents of all domains decide on.

    It belongs to the one worker of a store: nobody else writes lines while it is in use.

    Args:
        database: The store's connection.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._held: dict[tuple[str, str], tuple[Any, Line]] = {}
        self._changed: dict[tuple[str, str], None] = {}
        self._moved: dict[tuple[str, int], tuple[int, float]] = {}

    def load(self, domain: Domain, key: str) -> tuple[Any, Line]:  # Any: the domain's state
        """The state of a line and how far it has numbered; a fresh one for a new line."""
        held = self._held.pop((domain, key), None)
        if held is None:
            row = self._db.execute(
                "SELECT state, numbered FROM lines WHERE domain = ? AND key = ?", (domain, key)
            ).fetchone()
            if row is None:
                return FOLDS[domain].initial(key), Line()
            held = unpacked_line(domain, row[0], row[1])
        self._hold(domain, key, held)
        return held

    def save(self, domain: Domain, key: str, state: msgspec.Struct, line: Line) -> None:
        """Hold the state of a line until the flush."""
        self._changed[domain, key] = None
        self._held.pop((domain, key), None)
        self._hold(domain, key, (state, line))

    def _hold(self, domain: Domain, key: str, held: tuple[Any, Line]) -> None:
        """Keep a line at hand, the least recently used one beyond the bound let go."""
        self._held[domain, key] = held
        if len(self._held) > HELD:
            oldest = next(iter(self._held))
            if oldest in self._changed:
                self.flush()
            del self._held[oldest]

    def parked(self, key: str, ticket_ids: Iterable[str]) -> list[Ticket]:
        """The parked tickets of a line among these, each taken out of the parking."""
        found = []
        for ticket_id in ticket_ids:
            row = self._db.execute(
                "DELETE FROM parked WHERE ticket_id = ? AND key = ? RETURNING state",
                (ticket_id, key),
            ).fetchone()
            if row is not None:
                found.append(unpacked_ticket(row[0]))
        return found

    def parked_open(self, key: str) -> list[Ticket]:
        """A line's parked tickets that are not closed, each taken out of the parking."""
        rows = self._db.execute(
            "SELECT ticket_id FROM parked WHERE key = ? AND NOT closed ORDER BY ticket_id LIMIT ?",
            (key, MOST_AT_ONCE),
        ).fetchall()
        return self.parked(key, [str(row[0]) for row in rows])

    def peek(self, ticket_id: str) -> Ticket | None:
        """A parked ticket, which stays parked: for reading only."""
        row = self._db.execute(
            "SELECT state FROM parked WHERE ticket_id = ?", (ticket_id,)
        ).fetchone()
        return None if row is None else unpacked_ticket(row[0])

    def park(self, key: str, tickets: Iterable[Ticket]) -> None:
        """Put tickets aside."""
        self._db.executemany(
            "INSERT INTO parked (ticket_id, key, closed, state) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (ticket_id) DO UPDATE"
            " SET key = excluded.key, closed = excluded.closed, state = excluded.state",
            [(t.id, key, t.status == "closed", packed(t)) for t in tickets],
        )

    def retime(
        self, key: str, partition: int, before: dict[str, Timer], after: dict[str, Timer]
    ) -> None:
        """Bring the stored timers of a line from one reading of its case to the next."""
        gone = [(i,) for i in before if i not in after]
        if gone:
            self._db.executemany("DELETE FROM timers WHERE id = ?", gone)
        came = [
            (i, key, partition, t.ticket_id, t.kind, t.target, t.due_at)
            for i, t in after.items()
            if i not in before
        ]
        if came:
            self._db.executemany(
                f"INSERT INTO timers ({_TIMER}) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE"
                " SET key = excluded.key, partition = excluded.partition",
                came,
            )

    def due(self, partition: int, until: float) -> list[DueTimer]:
        """The timers of a partition that are due by a moment, earliest first."""
        rows = self._db.execute(
            f"SELECT {_TIMER} FROM timers WHERE partition = ? AND due_at <= ? ORDER BY due_at, id",
            (partition, until),
        )
        return [DueTimer(*row) for row in rows]

    def earliest(self, partition: int) -> DueTimer | None:
        """The timer of a partition that runs out first."""
        row = self._db.execute(
            f"SELECT {_TIMER} FROM timers WHERE partition = ? ORDER BY due_at, id LIMIT 1",
            (partition,),
        ).fetchone()
        return None if row is None else DueTimer(*row)

    def fired(self, timer_id: str) -> None:
        """A timer became a record: its row goes."""
        self._db.execute("DELETE FROM timers WHERE id = ?", (timer_id,))

    def next_due(self, partitions: Sequence[int] | None = None) -> dict[int, float]:
        """The earliest timer of every partition that has one; of these partitions if given."""
        rows = self._db.execute("SELECT partition, min(due_at) FROM timers GROUP BY partition")
        found = {int(p): float(d) for p, d in rows}
        if partitions is None:
            return found
        return {p: found[p] for p in partitions if p in found}

    def see(self, record_id: str) -> bool:
        """Remember an inbox record's id; False when it was seen before."""
        cursor = self._db.execute("INSERT OR IGNORE INTO seen (id) VALUES (?)", (record_id,))
        return cursor.rowcount == 1

    def positions(self) -> dict[tuple[str, int], tuple[int, float]]:
        """How far every inbox partition is worked off, and its clock."""
        rows = self._db.execute("SELECT topic, partition, position, clock FROM positions")
        return {(str(t), int(p)): (int(n), float(c)) for t, p, n, c in rows}

    def advance(self, topic: str, partition: int, position: int, clock: float) -> None:
        """An inbox partition is worked off up to a position (the next offset to take)."""
        self._moved[topic, partition] = (position, clock)

    def flush(self) -> None:
        """Write the lines and the positions that changed; for the end of the transaction."""
        lines = [(*place, *self._held[place]) for place in self._changed]
        self._db.executemany(
            "INSERT INTO lines (domain, key, numbered, state) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (domain, key)"
            " DO UPDATE SET numbered = excluded.numbered, state = excluded.state",
            [(domain, key, packed(line), packed(state)) for domain, key, state, line in lines],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO positions (topic, partition, position, clock)"
            " VALUES (?, ?, ?, ?)",
            [(*place, *stood) for place, stood in self._moved.items()],
        )
        self._changed.clear()
        self._moved.clear()
