"""Asking for something and reading the ruling: an intent in, what the desk made of it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schemas.events.decisions import IntentRefused
from schemas.record import Record
from schemas.topics import DECISIONS, TICKETS
from streams import inputs
from streams.errors import Refused

if TYPE_CHECKING:
    from streams.desk import Desk

OUTPUTS = (TICKETS.name, DECISIONS.name)


class Ruling(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an intent was ruled on.

    Attributes:
        status: done, repeat, or accepted when another worker rules on it.
        record_id: The intent's record.
        accepted: Whether no rule said no.
        events: Types of the events that followed, in order.
        record_ids: Their records.
        reason: Why it was refused.
        remedy: What would do.
    """

    status: str
    record_id: str
    accepted: bool = True
    events: list[str] = []
    record_ids: list[str] = []
    reason: str = ""
    remedy: str = ""


def ask(desk: Desk, document: dict[str, Any]) -> Ruling:
    """Append an intent, work off what waits, and read what followed from it.

    Raises:
        NotFound: It names a ticket that is not there.
        Unreadable: It cannot be understood.
    """
    given = inputs.read_document(document)
    record = desk.intake.resolver.record(given, desk.clock.now())
    return put(desk, record)


def put(desk: Desk, record: Record) -> Ruling:
    """Append a ready intent and read its ruling."""
    start = desk.log.last_seq()
    appended = desk.intake.records([record])
    status = "done" if appended else "repeat"
    try:
        desk.run()
    except Refused:
        status = "accepted"
    followed = consequences(desk, record.id, 0 if status == "repeat" else start)
    for one in followed:
        if isinstance(one.event, IntentRefused):
            return Ruling(
                status="refused",
                record_id=record.id,
                accepted=False,
                events=[one.type],
                record_ids=[one.id],
                reason=one.event.reason,
                remedy=one.event.remedy,
            )
    return Ruling(
        status=status,
        record_id=record.id,
        events=[one.type for one in followed],
        record_ids=[record.id, *(one.id for one in followed)],
    )


def consequences(desk: Desk, record_id: str, start: int) -> list[Record]:
    """The decisions and changes that follow from a record, in order."""
    return [
        record
        for entry in desk.log.scan(start)
        if entry.topic in OUTPUTS and f'"ce_correlationid":"{record_id}"' in entry.headers
        for record in [entry.record()]
    ]
