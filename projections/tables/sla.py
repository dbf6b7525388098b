"""The SLA targets of the tickets, folded from the tickets' topic."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.table import Table
from schemas.event import Event
from schemas.events import tickets as became
from schemas.record import Record
from schemas.topics import TICKETS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


class SlaRow(msgspec.Struct, frozen=True):
    """One SLA target of one ticket, under the calendar and policy it was started with last.

    A ticket that is reopened has its targets anew. `met` and `missed` count all of them, for what
    was missed before stays missed.
    """

    target_id: str
    ticket_id: str
    target: str
    started_at: str
    due_at: str
    target_minutes: int
    calendar_version: str
    policy_version: str
    warned_at: str | None = None
    met_at: str | None = None
    breached_at: str | None = None
    met: int = 0
    missed: int = 0


def sla_row(row: SlaRow | None, record: Record, key: str) -> SlaRow | None:
    """A target's row after a ticket's event."""
    event = record.event
    at = rfc3339(record.at)
    match event:
        case became.SlaStarted():
            goes_on = row is not None and event.resumed
            return SlaRow(
                target_id=key,
                ticket_id=event.ticket_id,
                target=event.target,
                started_at=row.started_at if row is not None and goes_on else at,
                due_at=rfc3339(event.due_at),
                target_minutes=event.target_minutes,
                calendar_version=event.calendar_version,
                policy_version=event.policy_version,
                warned_at=row.warned_at if row is not None and goes_on else None,
                breached_at=row.breached_at if row is not None and goes_on else None,
                met=row.met if row is not None else 0,
                missed=row.missed if row is not None else 0,
            )
        case became.SlaWarned():
            return None if row is None else _replace(row, warned_at=at)
        case became.SlaMet():
            return None if row is None else _replace(row, met_at=at, met=row.met + 1)
        case became.SlaBreached():
            return None if row is None else _replace(row, breached_at=at, missed=row.missed + 1)
        case _:  # its keys name no row of any other event
            return row


def _keys(record: Record) -> Sequence[str]:
    event = record.event
    match event:
        case became.SlaStarted() | became.SlaWarned() | became.SlaMet() | became.SlaBreached():
            return (f"{event.ticket_id}:{event.target}",)
        case _:  # no other event of a ticket speaks of a target
            return ()


_TARGETS: frozenset[type[Event]] = frozenset(
    {became.SlaStarted, became.SlaWarned, became.SlaMet, became.SlaBreached}
)

TABLES: tuple[Table, ...] = (
    Table("sla", TICKETS.name, SlaRow, _keys, sla_row, _TARGETS, (("ticket_id",),)),
)
