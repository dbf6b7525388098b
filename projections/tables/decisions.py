"""Every decision of an agent, folded from the decisions' topic."""

from __future__ import annotations

import msgspec

from projections.tables.table import EMPTY_LIST, Json, Table, by_id, json_of
from schemas.event import Decision, Event
from schemas.events import EVENTS
from schemas.record import Record
from schemas.topics import DECISIONS
from schemas.vocabulary import rfc3339


class DecisionRow(msgspec.Struct, frozen=True):
    """One decision, with what it was made of."""

    record_id: str
    at: str
    agent: str
    action: str
    type: str
    customer_id: str | None
    ticket_id: str | None
    cause_id: str | None
    confidence: float | None
    threshold: float | None
    outcome: str
    candidates: Json
    reasons: Json
    policy_version: str
    model_versions: Json


def decision_row(row: DecisionRow | None, record: Record, key: str) -> DecisionRow | None:
    """A decision's row."""
    event = record.event
    if row is not None or not isinstance(event, Decision):
        return row
    return DecisionRow(
        record_id=key,
        at=rfc3339(record.at),
        agent=record.by,
        action=event.ACTION,
        type=record.type,
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        cause_id=record.cause,
        confidence=event.confidence,
        threshold=event.threshold,
        outcome=event.outcome,
        candidates=(
            json_of([c.model_dump(exclude_none=True) for c in event.candidates])
            if event.candidates
            else EMPTY_LIST
        ),
        reasons=json_of(event.reasons) if event.reasons else EMPTY_LIST,
        policy_version=event.policy_version,
        model_versions=json_of(event.model_versions),
    )


_DECISIONS: frozenset[type[Event]] = frozenset(
    kind for kind in EVENTS.values() if issubclass(kind, Decision)
)

TABLES: tuple[Table, ...] = (
    Table(
        "decisions",
        DECISIONS.name,
        DecisionRow,
        by_id(_DECISIONS),
        decision_row,
        _DECISIONS,
        (("ticket_id",), ("customer_id",), ("at",)),
        once=True,
    ),
)
