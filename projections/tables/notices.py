"""What people at the desk are to know of: alerts, follow-ups, hand-overs. From decisions."""

from __future__ import annotations

import msgspec

from projections.tables.table import Table, by, by_id
from schemas.event import Event
from schemas.events import choices as chose
from schemas.events import contacts as inbox
from schemas.events import decisions as says
from schemas.record import Record
from schemas.topics import CONTACTS, DECISIONS
from schemas.vocabulary import rfc3339


class AlertRow(msgspec.Struct, frozen=True):
    """Somebody at the desk was to be told something."""

    alert_id: str
    at: str
    alert_type: str
    recipient: str | None
    customer_id: str | None
    ticket_id: str | None
    priority: str | None
    text: str


def alert_row(row: AlertRow | None, record: Record, key: str) -> AlertRow | None:
    """An alert's row."""
    if row is not None:
        return row
    event = record.event
    rank: str | None = None
    match event:
        case says.TeamAlertRequested():
            kind, who, rank = event.alert_type, event.team, event.priority
        case says.AccountManagerNotified():
            kind, who = "account_manager", event.account_manager
        case chose.EscalationNotified():
            kind, who = "escalation", event.specialist_id or event.team
        case _:  # its keys name no row of any other event
            return None
    return AlertRow(
        alert_id=key,
        at=rfc3339(record.at),
        alert_type=kind,
        recipient=who,
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        priority=rank,
        text=event.text,
    )


class AlertWayRow(msgspec.Struct, frozen=True):
    """Where an alert went."""

    alert_id: str
    sent_at: str | None = None
    places: str = ""
    failed: str | None = None


def alert_way_row(row: AlertWayRow | None, record: Record, key: str) -> AlertWayRow | None:
    """An alert's way after it reached a place, or did not."""
    row, event = row or AlertWayRow(key), record.event
    match event:
        case inbox.AlertSent():
            at = rfc3339(record.at)
            places = sorted({*row.places.split(), event.place})
            sent_at = at if row.sent_at is None else min(row.sent_at, at)
            return msgspec.structs.replace(row, sent_at=sent_at, places=" ".join(places))
        case inbox.AlertFailed():
            failed = f"{event.place}: {event.error}"
            return msgspec.structs.replace(row, failed=max(row.failed or "", failed))
        case _:  # its keys name no row of any other event
            return row


_ENDS: frozenset[type[Event]] = frozenset({inbox.AlertSent, inbox.AlertFailed})

_ALERTS: frozenset[type[Event]] = frozenset(
    {says.TeamAlertRequested, says.AccountManagerNotified, chose.EscalationNotified}
)


class FollowUpRow(msgspec.Struct, frozen=True):
    """A follow-up that was planned."""

    follow_up_id: str
    ticket_id: str | None
    customer_id: str | None
    scheduled_at: str
    due_at: str


def follow_up_row(row: FollowUpRow | None, record: Record, key: str) -> FollowUpRow | None:
    """A follow-up's row."""
    event = record.event
    if row is not None or not isinstance(event, says.FollowUpScheduled):
        return row
    return FollowUpRow(
        key, event.ticket_id, event.customer_id, rfc3339(record.at), rfc3339(event.due_at)
    )


_FOLLOW_UPS: frozenset[type[Event]] = frozenset({says.FollowUpScheduled})


class HandoverRow(msgspec.Struct, frozen=True):
    """A hand-over, and how many of the customer's facts came along."""

    transfer_id: str
    at: str
    ticket_id: str | None
    customer_id: str | None
    recipient: str | None
    given: int
    kept: int


def handover_row(row: HandoverRow | None, record: Record, key: str) -> HandoverRow | None:
    """A hand-over's row."""
    event = record.event
    if row is not None or not isinstance(event, chose.ContextTransferred):
        return row
    return HandoverRow(
        transfer_id=key,
        at=rfc3339(record.at),
        ticket_id=event.ticket_id,
        customer_id=event.customer_id,
        recipient=event.to,
        given=event.facts_given,
        kept=event.facts_kept,
    )


_HANDOVERS: frozenset[type[Event]] = frozenset({chose.ContextTransferred})

TABLES: tuple[Table, ...] = (
    Table(
        "alerts",
        DECISIONS.name,
        AlertRow,
        by_id(_ALERTS),
        alert_row,
        _ALERTS,
        (("ticket_id",),),
        once=True,
    ),
    Table("alert_ways", CONTACTS.name, AlertWayRow, by("alert_id", _ENDS), alert_way_row, _ENDS),
    Table(
        "follow_ups",
        DECISIONS.name,
        FollowUpRow,
        by_id(_FOLLOW_UPS),
        follow_up_row,
        _FOLLOW_UPS,
        (("ticket_id",),),
        once=True,
    ),
    Table(
        "handovers",
        DECISIONS.name,
        HandoverRow,
        by_id(_HANDOVERS),
        handover_row,
        _HANDOVERS,
        once=True,
    ),
)
