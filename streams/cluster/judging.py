"""What may be folded, and when: the reader's rules, for the live tables and for a rebuild alike.

Between partitions Kafka has no order, but a ticket that goes over to another customer's line goes
on in another partition. Its events are numbered: one that is ahead waits for its predecessor, and
its partition with it. Where the predecessor was of the same line and is not there, it is lost and
not on its way: that is a gap and an alarm, and no reason to wait for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from projections.tables import TABLES, Table
from schemas.event import TicketEvent
from schemas.record import Record
from schemas.topics import DEAD_LETTERS, INBOX_NAMES, TICKETS, TOPICS
from streams.clock import parse_time
from streams.cluster.fetching import Fetched
from streams.cluster.marks import Gap, Marks
from streams.cluster.readings import order_in
from streams.errors import Refused
from streams.folding import Fold, Rows

Taking = tuple[str, int, int, float | None]
"""Where the worker took an id: topic, partition, offset, and the clock of its turn if noted."""

_TICKETS = next(table for table in TABLES if table.name == "tickets")


def folded_with(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Some tables, and the tickets where the order of their events is needed."""
    if _TICKETS not in tables and any(table.topic == TICKETS.name for table in tables):
        return (_TICKETS, *tables)
    return tuple(tables)


class Judge:
    """Folds record by record, by the rules.

    Args:
        fold: Into which tables: some of `folded_with`, or of `readings.tables_of`.
        marks: What was folded before.

    Attributes:
        fold: The same.
        marks: The same.
        letters: Dead letters that came by.
    """

    def __init__(self, fold: Fold[Any], marks: Marks) -> None:
        self.fold = fold
        self.marks = marks
        self.letters: list[Fetched] = []
        order = order_in([rows.table for rows in fold.rows])
        self._tickets: Rows | None = next((rows for rows in fold.rows if rows.table is order), None)

    def take(self, one: Fetched, expected: int, first: Taking | None) -> bool:
        """Fold a record; False when it must wait, and all that follows in its partition.

        Args:
            one: The record.
            expected: The offset that should follow in its partition.
            first: On an inbox, where the worker took its id; what lies elsewhere is a repeat,
                unreadable, or was forwarded.
        """
        place = (one.topic, one.partition)
        if one.topic in INBOX_NAMES:
            if first is not None and first[:3] == (*place, one.offset) and one.record is not None:
                noted = first[3]
                at = one.record.at if noted is None else datetime.fromtimestamp(noted, UTC)
                self.marks.clocks.take(place, one.offset, at)
                self.fold.apply(one.record)
            else:
                self.marks.clocks.take(place, one.offset, None)
            return True
        if one.offset != expected and TOPICS[one.topic].retention_days is None:
            why = f"the records from offset {expected} on are not there"
            self.marks.gaps.append(_gap(one, why))
        if one.topic == DEAD_LETTERS.name:
            self.letters.append(one)
            self.marks.clocks.take(place, one.offset, _time_of(one))
            return True
        if one.record is None:
            self.marks.gaps.append(_gap(one, one.fault or ""))
            self.marks.clocks.take(place, one.offset, None)
            return True
        return self._take_output(one, one.record)

    def _take_output(self, one: Fetched, record: Record) -> bool:
        place = (one.topic, one.partition)
        if self.marks.repeats(one, record):
            self.marks.clocks.take(place, one.offset, None)
            return True
        gap = self.marks.gap(one, record)
        event = record.event
        fresh = True
        if isinstance(event, TicketEvent) and self._tickets is not None:
            stands = getattr(self._tickets.get(event.ticket_id), "revision", 0)
            if event.revision > stands + 1 and gap is None:
                return False
            fresh = event.revision > stands
        if gap is not None:
            self.marks.gaps.append(gap)
        self.marks.clocks.take(place, one.offset, record.at, written=record.source is not None)
        if fresh:
            self.fold.apply(record)
        self.marks.pass_by(one, record)
        return True


def _time_of(letter: Fetched) -> datetime | None:
    """When something was put to dead letters, if that can be read."""
    assert letter.letter is not None
    try:
        return parse_time(letter.letter[0].get("ce_time", ""))
    except Refused:
        return None


def _gap(one: Fetched, why: str) -> Gap:
    return Gap(one.topic, one.partition, one.offset, one.key or "", None, None, why)
