"""The case store on PostgreSQL: reads at once, and commits a turn as one statement.

A turn reads its line without a lock, decides, and commits only if the partition is where its owner
knows it to be: epoch, position and turn. Nobody writes a partition's lines without moving its row
on, so that what was read is then what stands. One statement is one transaction: it costs one
answer of the database instead of one for each write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from projections.case import Ticket, Timer
from projections.lines import FOLDS
from schemas.topics import Domain
from streams.cluster import outbox
from streams.cluster.outbox import Batch
from streams.cluster.ownership import Fenced, Owned
from streams.cluster.postgres import PgDatabase
from streams.cluster.wire import Outgoing
from streams.entry import Entry
from streams.store import (
    MOST_AT_ONCE,
    DueTimer,
    packed,
    unpacked_line,
    unpacked_ticket,
)
from streams.turn import Line

HELD = 1024
"""Lines that are kept decoded: an answer follows its question closely. States never change."""

_TIMER = "id, key, partition, ticket_id, kind, target, due_at"

_MOVED = (
    "WITH moved AS (UPDATE partitions SET position = ?, clock = ?, turn = turn + 1"
    " WHERE domain = ? AND partition = ? AND epoch = ? AND position = ? AND turn = ?"
    " RETURNING 1)"
)

_PARTS = {
    "seen": 'INSERT INTO seen (id, topic, partition, "offset", digest, clock)'
    " SELECT ?, ?, ?::int, ?::bigint, ?::bytea, ?::float8 FROM moved",
    "line": "INSERT INTO lines (domain, key, numbered, state)"
    " SELECT ?, ?, ?::bytea, ?::bytea FROM moved ON CONFLICT (domain, key)"
    " DO UPDATE SET numbered = excluded.numbered, state = excluded.state",
    "parked": "INSERT INTO parked (ticket_id, key, closed, state)"
    " SELECT p.* FROM moved, unnest(?::text[], ?::text[], ?::bool[], ?::bytea[]) AS p"
    " ON CONFLICT (ticket_id) DO UPDATE"
    " SET key = excluded.key, closed = excluded.closed, state = excluded.state",
    "unparked": "DELETE FROM parked USING moved WHERE ticket_id = ANY(?::text[])",
    "timed": f"INSERT INTO timers ({_TIMER}) SELECT t.* FROM moved, unnest(?::text[], ?::text[],"
    " ?::int[], ?::text[], ?::text[], ?::text[], ?::float8[]) AS t ON CONFLICT (id)"
    " DO UPDATE SET key = excluded.key, partition = excluded.partition",
    "untimed": "DELETE FROM timers USING moved WHERE id = ANY(?::text[])",
    "outbox": "INSERT INTO outbox (domain, partition, turn, records)"
    " SELECT ?, ?::int, ?::bigint, ?::bytea FROM moved",
}
"""The writes of a turn, each of them made only if the partition was moved on."""


class Saved(NamedTuple):
    """A line as a turn leaves it."""

    domain: Domain
    key: str
    state: msgspec.Struct
    line: Line


class Seen(NamedTuple):
    """What is kept of the first record with an id.

    Attributes:
        entry: The record, as it lies in the log.
        content: What it says, as hashes; empty for what is not compared with its repeats.
        clock: The turn's clock, in seconds, if the log tells it as well.
    """

    entry: Entry
    content: bytes = b""
    clock: float | None = None


class CaseStore:
    """Reads and writes what the agents of a domain decide on, for the owner of its partitions.

    Args:
        database: A connection that only this store uses.
    """

    def __init__(self, database: PgDatabase) -> None:
        self._db = database
        self._held: dict[tuple[str, str], tuple[Any, Line]] = {}
        self._saved: list[Saved] = []
        self._tickets: dict[str, tuple[str, Ticket] | None] = {}
        self._timers: dict[str, DueTimer | None] = {}

    # --- a turn, from its beginning to its commit ---------------------------------------------

    def begin(self, domain: Domain, key: str, record_id: str) -> bool:
        """Begin a turn on a line; False when the record's id is known to have been seen before.

        On a line that is at hand it is taken for new, which saves asking: if it is not, the commit
        finds out. Whoever must know beforehand lets the line go first (`forget`).
        """
        self.abandon()
        if (domain, key) in self._held:
            return True
        row = self._db.execute(
            "SELECT (SELECT true FROM seen WHERE id = ?), l.state, l.numbered"
            " FROM (VALUES (1)) AS one LEFT JOIN lines l ON l.domain = ? AND l.key = ?",
            (record_id, domain, key),
        ).fetchone()
        assert row is not None
        seen, state, numbered = row
        if state is None:
            self._hold(domain, key, (FOLDS[domain].initial(key), Line()))
        else:
            self._hold(domain, key, unpacked_line(domain, state, numbered))
        return not seen

    def content(self, record_id: str) -> bytes:
        """What the record said that was taken under an id, as hashes; empty if it is not known."""
        row = self._db.execute("SELECT digest FROM seen WHERE id = ?", (record_id,)).fetchone()
        return b"" if row is None or row[0] is None else bytes(row[0])

    def abandon(self) -> None:
        """Let go of what a turn wrote and did not commit."""
        self._saved.clear()
        self._tickets.clear()
        self._timers.clear()

    def forget(self) -> None:
        """Let go of every line at hand: somebody else may have written them."""
        self.abandon()
        self._held.clear()

    def commit(
        self,
        owned: Owned,
        position: int,
        clock: float,
        *,
        seen: Seen | None,
        records: Sequence[Outgoing],
    ) -> Batch | None:
        """Commit what the turn wrote, and that its partition is read on; `owned` moves along.

        Args:
            owned: The partition.
            position: The next offset to take.
            clock: The turn's clock, in seconds.
            seen: Whose id counts as seen from now on.
            records: What was said, for the outbox.

        Returns:
            What the publisher is to send, if anything.

        Raises:
            Fenced: Another worker claimed the partition; nothing was written.
            psycopg.errors.UniqueViolation: The id was seen before.
        """
        parts: list[tuple[str, Sequence[object]]] = []
        if seen is not None:
            at = seen.entry
            place = (at.id, at.topic, at.partition, at.offset)
            parts.append(("seen", (*place, seen.content or None, seen.clock)))
        parts += [
            ("line", (one.domain, one.key, packed(one.line), packed(one.state)))
            for one in self._saved
        ]
        parts += self._tickets_written()
        parts += self._timers_written()
        batch = None
        if records:
            batch = Batch(owned.domain, owned.partition, owned.turn + 1, records)
            parts.append(("outbox", (*batch[:3], outbox.packed(records))))
        moved = [position, clock, owned.domain, owned.partition]
        values = [*moved, owned.epoch, owned.position, owned.turn]
        row = self._db.execute(
            _statement(tuple(name for name, _ in parts)),
            [*values, *(value for _, given in parts for value in given)],
        ).fetchone()
        if row is None:
            raise Fenced(owned)
        for one in self._saved:
            self._held.pop((one.domain, one.key), None)
            self._hold(one.domain, one.key, (one.state, one.line))
        owned.position, owned.clock, owned.turn = position, clock, owned.turn + 1
        self.abandon()
        return batch

    def _tickets_written(self) -> list[tuple[str, Sequence[object]]]:
        parts: list[tuple[str, Sequence[object]]] = []
        came = [(i, *one) for i, one in self._tickets.items() if one is not None]
        gone = [i for i, one in self._tickets.items() if one is None]
        if came:
            rows = [(i, key, t.status == "closed", packed(t)) for i, key, t in came]
            parts.append(("parked", [list(column) for column in zip(*rows, strict=True)]))
        if gone:
            parts.append(("unparked", [gone]))
        return parts

    def _timers_written(self) -> list[tuple[str, Sequence[object]]]:
        parts: list[tuple[str, Sequence[object]]] = []
        came = [msgspec.structs.astuple(t) for t in self._timers.values() if t is not None]
        gone = [i for i, one in self._timers.items() if one is None]
        if came:
            parts.append(("timed", [list(column) for column in zip(*came, strict=True)]))
        if gone:
            parts.append(("untimed", [gone]))
        return parts

    # --- what deciding reads and writes -------------------------------------------------------

    def load(self, domain: Domain, key: str) -> tuple[Any, Line]:  # Any: the domain's state
        """The state of the line that the turn was begun on."""
        held = self._held.pop((domain, key))
        self._hold(domain, key, held)
        return held

    def save(self, domain: Domain, key: str, state: msgspec.Struct, line: Line) -> None:
        """Write the state of a line."""
        self._saved.append(Saved(domain, key, state, line))

    def _hold(self, domain: Domain, key: str, held: tuple[Any, Line]) -> None:
        """Keep a line at hand, the least recently used one beyond the bound let go."""
        self._held[domain, key] = held
        if len(self._held) > HELD:
            del self._held[next(iter(self._held))]

    def parked(self, key: str, ticket_ids: Iterable[str]) -> list[Ticket]:
        """The parked tickets of a line among these, each taken out of the parking."""
        wanted = [i for i in ticket_ids if i not in self._tickets]
        return self._unparked(
            "SELECT ticket_id, state FROM parked WHERE ticket_id = ANY(?) AND key = ?",
            (wanted, key),
            wanted,
        )

    def parked_open(self, key: str) -> list[Ticket]:
        """A line's parked tickets that are not closed, each taken out of the parking."""
        return self._unparked(
            "SELECT ticket_id, state FROM parked WHERE key = ? AND NOT closed"
            " ORDER BY ticket_id LIMIT ?",
            (key, MOST_AT_ONCE),
        )

    def _unparked(
        self, sql: str, values: Sequence[object], order: Sequence[str] | None = None
    ) -> list[Ticket]:
        found = {str(i): unpacked_ticket(state) for i, state in self._db.execute(sql, values)}
        self._tickets |= dict.fromkeys(found)
        return [found[i] for i in (order or found) if i in found]

    def park(self, key: str, tickets: Iterable[Ticket]) -> None:
        """Put tickets aside."""
        for ticket in tickets:
            self._tickets[ticket.id] = (key, ticket)

    def retime(
        self, key: str, partition: int, before: dict[str, Timer], after: dict[str, Timer]
    ) -> None:
        """Bring the stored timers of a line from one reading of its case to the next."""
        for i in before:
            if i not in after:
                self._timers[i] = None
        for i, t in after.items():
            if i not in before:
                self._timers[i] = DueTimer(
                    i, key, partition, t.ticket_id, t.kind, t.target, t.due_at
                )

    def due(self, partition: int, until: float) -> list[DueTimer]:
        """The timers of a partition that are due by a moment, earliest first."""
        rows = self._db.execute(
            f"SELECT {_TIMER} FROM timers WHERE partition = ? AND due_at <= ? ORDER BY due_at, id",
            (partition, until),
        )
        return [DueTimer(*row) for row in rows]

    def earliest(self, partition: int) -> DueTimer | None:
        """The timer of a partition that runs out first; it may have been fired in this turn."""
        row = self._db.execute(
            f"SELECT {_TIMER} FROM timers WHERE partition = ? ORDER BY due_at, id LIMIT 1",
            (partition,),
        ).fetchone()
        return None if row is None else DueTimer(*row)

    def fired(self, timer_id: str) -> None:
        """A timer became a record: its row goes."""
        self._timers[timer_id] = None

    def next_due(self, partitions: Sequence[int] | None = None) -> dict[int, float]:
        """The earliest timer of every partition that has one; of these partitions if given."""
        wanted = None if partitions is None else list(partitions)
        rows = self._db.execute(
            "SELECT partition, min(due_at) FROM timers"
            " WHERE ?::int[] IS NULL OR partition = ANY(?::int[]) GROUP BY partition",
            (wanted, wanted),
        )
        return {int(p): float(d) for p, d in rows}


def _statement(parts: tuple[str, ...]) -> str:
    """The statement that commits a turn which writes these parts."""
    writes = "".join(f", w{n} AS ({_PARTS[name]})" for n, name in enumerate(parts))
    return f"{_MOVED}{writes} SELECT 1 FROM moved"
