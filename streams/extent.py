"""How far the inboxes were taken, and which of several records with one id: read from the log.

A partition was taken at least up to the last record from which something followed whole, or which
was put aside. Beyond it an engine may know more. What lies further is left to the worker, who takes
it as new: a record that led to nothing, taken once more, leads to nothing again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from schemas.event import Intent
from schemas.events import EVENTS
from schemas.events.contacts import ContactReceived
from schemas.topics import INBOX_NAMES
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry, Place
from streams.errors import Misconfigured, Unreadable

AT_ONCE = 500
"""Entries that are read at once, and told of."""

ANSWERED = frozenset(
    name for name, kind in EVENTS.items() if kind is ContactReceived or issubclass(kind, Intent)
)
"""Types of records that something always follows from."""


@dataclass(frozen=True)
class Evidence:
    """What an engine knows beside the log's outputs, and how its workers read an inbox.

    Attributes:
        known: How far partitions were certainly taken, with all that followed in the log.
        hinted: How far partitions were taken, perhaps without what followed.
        native: Whether an entry is decided where it lies; others are passed over.
        forwarded: The id of the native record that a worker makes of another one; None if none.
        clocks: The clocks that partitions had, at least, in seconds.
        letters_are_seen: Whether the id of an unreadable record counts as seen.
    """

    known: Mapping[Place, int]
    hinted: Mapping[Place, int]
    native: Callable[[Entry], bool]
    forwarded: Callable[[Entry], str | None]
    clocks: Mapping[Place, float]
    letters_are_seen: bool


class Extent:
    """What of a log's inboxes was taken.

    Args:
        log: The whole log, with its index of ids.
        anew: A scratch store in which the log was surveyed.
        evidence: What the engine knows.

    Attributes:
        ends: Where each inbox partition ends.
        until: Up to which offset each was taken, exclusively.

    Raises:
        Misconfigured: More was taken than the log holds.
    """

    def __init__(self, log: Database, anew: Database, evidence: Evidence) -> None:
        self._log = SqliteLog(log)
        self._log_db = log
        self._db = anew
        self._evidence = evidence
        found = self._log.ends()
        self.ends = {place: end for place, end in sorted(found.items()) if place[0] in INBOX_NAMES}
        for place, position in sorted(evidence.known.items()):
            if position > self.ends.get(place, 0):
                raise Misconfigured(
                    f"the store has taken {named(place)} up to offset {position}, and the log ends"
                    f" at {self.ends.get(place, 0)}: this is another log, or a part of one",
                    "name the log that the store belongs to, or restore it; nothing was changed",
                )
        self.until = {place: self._taken_up_to(place, end) for place, end in self.ends.items()}
        for place in self.until:
            self._choose_firsts(place)

    def entries(self, place: Place, start: int, until: int) -> Iterator[Entry]:
        """The entries of a partition between two offsets."""
        while start < until:
            entries = self._log.read(*place, start, AT_ONCE)
            yield from (entry for entry in entries if entry.offset < until)
            start = entries[-1].offset + 1 if entries else until

    def is_first(self, entry: Entry) -> bool:
        """Whether an entry is the one of its id that counts."""
        row = self._db.execute(
            "SELECT topic, partition, offset FROM first WHERE id = ?", (entry.id,)
        ).fetchone()
        return row is None or tuple(row) == entry[1:4]

    def take(self, entry: Entry) -> None:
        """Note that an entry is the one of its id that counts."""
        self._db.execute(
            "INSERT OR IGNORE INTO first (id, topic, partition, offset) VALUES (?, ?, ?, ?)",
            (entry.id, *entry[1:4]),
        )

    def put_aside(self, entry: Entry) -> bool:
        """Whether a worker made a dead letter of an entry."""
        row = self._db.execute(
            "SELECT 1 FROM put_aside WHERE topic = ? AND partition = ? AND offset = ?", entry[1:4]
        ).fetchone()
        return row is not None

    # --- how far -----------------------------------------------------------------------------

    def _taken_up_to(self, place: Place, end: int) -> int:
        """The next offset that a worker would take."""
        row = self._db.execute(
            "SELECT max(found) FROM (SELECT source_offset + 1 AS found FROM outputs"
            " WHERE source_topic = ? AND source_partition = ? GROUP BY source_offset"
            " HAVING count(*) = max(count)"
            " UNION ALL SELECT max(offset) + 1 FROM put_aside WHERE topic = ? AND partition = ?)",
            (*place, *place),
        ).fetchone()
        sure = min(max(int(row[0] or 0), self._evidence.known.get(place, 0)), end)
        hinted = min(self._evidence.hinted.get(place, 0), end)
        for entry in self.entries(place, sure, hinted):
            if not self._may_have_led_to_nothing(entry):
                return entry.offset
        return max(sure, hinted)

    def _may_have_led_to_nothing(self, entry: Entry) -> bool:
        """Whether a record without outputs in the log may be one that had none.

        Where a database was lost before its last decisions reached the log, a record must not
        count as taken that was decided, and of whose decision nothing is left.
        """
        if not self._evidence.native(entry):
            number = self._evidence.forwarded(entry)
            return number is not None and any(map(self._evidence.native, self._all_with(number)))
        first = next(self._all_with(entry.id))
        if first.seq != entry.seq:
            return True
        try:
            return not self._has_outputs(entry) and entry.record().type not in ANSWERED
        except Unreadable:
            return False

    def _has_outputs(self, entry: Entry) -> bool:
        row = self._db.execute(
            "SELECT 1 FROM outputs WHERE source_topic = ? AND source_partition = ?"
            " AND source_offset = ? LIMIT 1",
            entry[1:4],
        ).fetchone()
        return row is not None

    # --- which of several --------------------------------------------------------------------

    def _choose_firsts(self, place: Place) -> None:
        """Of the ids of a partition that came several times, note which record counts.

        The first in a partition; of several partitions' firsts, the one from which something
        followed, for between partitions there is no order.
        """
        repeated = self._log_db.execute(
            "SELECT DISTINCT a.id FROM log a WHERE a.topic = ? AND a.partition = ? AND EXISTS"
            " (SELECT 1 FROM log b WHERE b.id = a.id AND b.seq <> a.seq)",
            place,
        ).fetchall()
        for (number,) in repeated:
            taken = [
                entry
                for entry in self._all_with(number)
                if entry.offset < self.until.get((entry.topic, entry.partition), 0)
                and (self._evidence.letters_are_seen or self._readable(entry))
            ]
            if taken:
                self.take(next(filter(self._has_outputs, taken), taken[0]))

    def _readable(self, entry: Entry) -> bool:
        return self._evidence.native(entry) and (
            self._has_outputs(entry) or not self.put_aside(entry)
        )

    def _all_with(self, number: str) -> Iterator[Entry]:
        """The inbox records with an id, in the log's order."""
        rows = self._log_db.execute(
            "SELECT topic, partition, offset FROM log WHERE id = ? ORDER BY seq", (number,)
        ).fetchall()
        for topic, partition, offset in rows:
            if topic in INBOX_NAMES:
                yield self._log.read(topic, partition, offset, 1)[0]


def named(place: tuple[object, ...]) -> str:
    """A partition or a record of the log, in words."""
    return "/".join(map(str, place))
