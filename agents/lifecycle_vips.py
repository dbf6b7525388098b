"""What follows for a customer's tickets when they become a VIP, or are one no more."""

from __future__ import annotations

from collections.abc import Iterator

from agents.agent import Agent
from agents.lifecycle_ends import serve
from agents.moves import Moves
from agents.world import World
from projections.case import Case
from schemas.event import Event
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import VipRecognised
from schemas.events.desk import SpecialistRequested
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import SlaStarted, TicketEscalated, TicketPrioritised
from schemas.record import Record


def recognised(record: Record, case: Case, world: World) -> Iterator[Event]:
    """The customer's open tickets are a VIP's from now on, or no longer.

    Where a contact brought it to light, they are when it has its ticket: until then it is not
    known which one it moves.
    """
    assert isinstance(record.event, VipRecognised)
    if not isinstance(world.trigger.event, ContactReceived):
        yield from served(case, record.id, world)


def served(case: Case, cause: str, world: World, but: str | None = None) -> Iterator[Event]:
    """What all tickets at hand but one become, as their customer is."""
    for ticket_id in sorted(case.tickets):
        if ticket_id != but:
            moves = Moves(case, ticket_id, world)
            serve(moves, cause)
            yield from moves.events


SERVES: frozenset[type[Event]] = frozenset(
    {InteractionMeasured, SlaStarted, SpecialistRequested, TicketEscalated, TicketPrioritised}
)
"""What may be said of a ticket that becomes a VIP's."""

RECOGNISED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({VipRecognised}),
    writes=SERVES,
    decide=recognised,
)
