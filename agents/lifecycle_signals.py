"""Tickets that nobody wrote for: the product noticed something, or an agent failed."""

from __future__ import annotations

from collections.abc import Iterator

from agents.agent import Agent
from agents.lifecycle_contacts import added, opening
from agents.lifecycle_ends import escalate
from agents.lifecycle_triage import adopt
from agents.moves import Moves
from agents.world import World
from projections.case import Case
from projections.case.state import Proposal
from schemas.event import Event
from schemas.events.contacts import ProductSignalReported
from schemas.events.decisions import WorkflowFailed
from schemas.events.desk import SpecialistRequested
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    MessageAdded,
    SlaStarted,
    TicketEscalated,
    TicketOpened,
    TicketTriaged,
)
from schemas.record import Record, ticket_id


def noticed(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Open a ticket when the product crashed too often of late and none is open for that."""
    event = record.event
    assert isinstance(event, ProductSignalReported)
    if case.merged_into is not None or not proactive(case, world):
        return
    channel = case.preferred_channel or next(iter(case.handles), "email")
    handles = case.handles.get(channel)
    yield TicketOpened.model_validate(
        {
            "ticket_id": ticket_id(record.id),
            "customer_id": case.customer_id,
            "revision": 1,
            "status": "new",
            "priority": "high",
            "channel": channel,
            "opened_at": world.now,
            "contact_id": record.id,
            "subject": "Several crashes noticed",
            "description": f"{_recent(case, world)} crashes of late, the last one: {event.kind}",
            "origin": "signal",
            "handle": handles[-1] if handles else None,
            "language": case.language,
            "vip": case.vip,
            "metadata": event.metadata,
        }
    )


def proactive(case: Case, world: World) -> bool:
    """Whether the product crashed so often of late that we should write first.

    Crashes that a ticket was opened for do not count again: the case forgets them with its end.
    """
    known = any(t.origin == "signal" and t.is_open for t in case.tickets.values())
    return not known and _recent(case, world) > world.policy.lifecycle.crashes_for_proactive


def _recent(case: Case, world: World) -> int:
    since = world.now.timestamp() - world.policy.lifecycle.crash_window_days * 86_400.0
    return sum(at > since for _, at in case.signals)


def failed(record: Record, case: Case, world: World) -> Iterator[Event]:
    """An agent failed: a person takes the ticket over, opened for the contact if need be."""
    event = record.event
    assert isinstance(event, WorkflowFailed)
    concern = concerned(event, case, world)
    if concern is None:
        return
    moves = Moves(case, concern, world)
    if concern not in case.tickets and case.contact is not None:
        moves.opened(opening(case, case.contact, concern, world, origin="failure"))
        added(moves, case.contact)
        adopt(moves, Proposal(priority="high"), world.policy.routing.default_team, case.language)
    escalate(moves, record.id, ["workflow_failure"], f"{event.failed_agent} failed")
    yield from moves.events


def concerned(event: WorkflowFailed, case: Case, world: World) -> str | None:
    """The open ticket that a failure is about, or the one to be opened for its contact."""
    known = case.ticket(event.ticket_id)
    if known is not None:
        return known.id if known.is_open else None
    contact = case.contact
    if contact is None or contact.id != world.trigger.id:
        return None
    return ticket_id(contact.id)


NOTICED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({ProductSignalReported}),
    writes=frozenset({TicketOpened}),
    decide=noticed,
)

FAILED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({WorkflowFailed}),
    writes=frozenset(
        {
            TicketOpened,
            MessageAdded,
            TicketTriaged,
            SlaStarted,
            TicketEscalated,
            SpecialistRequested,
            InteractionMeasured,
        }
    ),
    decide=failed,
)
