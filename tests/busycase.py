"""A case with one ticket on which everything stands, and what an event makes of it."""

from __future__ import annotations

from typing import Any

import msgspec

from projections.case import Case, Ticket, evolve
from projections.case.state import Clock
from schemas.event import Event
from schemas.events import decisions as says
from streams.testing import START
from tests.anyevent import MOMENT, example
from tests.embedded import record_of

NOW = START.timestamp()
DUE = MOMENT.timestamp()
"""The moment in every field that holds one."""

BUSY = Ticket(
    id="T",
    status="escalated",
    priority="low",
    channel="email",
    opened_at=1.0,
    updated_at=2.0,
    contacts=1,
    channels=("email",),
    team="general",
    specialist_id="bo",
    request_id="R",
    ask_again_at=3.0,
    snoozed_until=4.0,
    follow_up_at=5.0,
    assume_resolved_at=6.0,
    close_at=7.0,
    offer="a1",
    offered=("a1",),
    settled_with="a2",
    awaiting="answer",
    skills=("billing",),
    tags=("x",),
    triggers=("vip",),
    category="old",
    category_confidence=0.5,
    first_reply=Clock(due=100.0, warn=90.0, target=60, warned=True),
    resolution=Clock(due=200.0, warn=190.0, target=120, warned=True),
)
"""A ticket on which everything stands that an event could clear."""


def told(kind: type[Event], /, **fields: object) -> Any:  # Any: an event of this type
    """An event about the ticket in which nothing is left out."""
    event = example(kind, full=True)
    named = {name: "T" for name in ("ticket_id",) if name in kind.model_fields}
    return event.model_copy(update={**named, **fields})


def case(ticket: Ticket = BUSY, **fields: Any) -> Case:
    return Case(customer_id="ann", tickets={"T": ticket}, **fields)


def after(kind: type[Event], /, at: Case | None = None, **fields: object) -> Case:
    """The case after an event of this type, with some fields set otherwise."""
    record = msgspec.structs.replace(record_of(told(kind, **fields)), at=START)
    changed = evolve(case() if at is None else at, record)
    assert isinstance(changed, Case)
    return changed


TEXT = example(says.ContactAccepted, full=True).outcome
"""The text in every field that holds one."""
