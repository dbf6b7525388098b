"""Forwarding: what an absorbed line has, and what still comes to it, is handed on."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.lifecycle_intents import refused
from agents.rulings import Refusal
from agents.world import World
from projections.case import Case, Ticket
from schemas.event import Event
from schemas.events import EVENTS, contacts, intents
from schemas.events.contacts import RecordForwarded, TicketHandedOver
from schemas.record import Record
from schemas.topics import CONTACTS

TICKETS_A_PART = 4
"""How many tickets one hand-over carries, so that a record stays small."""

IDENTITY_READS: frozenset[type[Event]] = frozenset(
    {intents.LinkAsked, intents.UnlinkAsked, TicketHandedOver, RecordForwarded}
)
"""What is about who is who, and not simply handed on."""

_encoder = msgspec.json.Encoder()


def counters(case: Case) -> Case:
    """What a line hands over beside its tickets: how much there was and how satisfied they were.

    And its addresses and lines.
    """
    return Case(
        customer_id=case.customer_id,
        first_at=case.first_at,
        last_resolved=case.last_resolved,
        contacts=case.contacts,
        opened=case.opened,
        resolved=case.resolved,
        escalations=case.escalations,
        ratings=case.ratings,
        rated=case.rated,
        tones=case.tones,
        handles=case.handles,
        reaches=case.reaches,
        absorbed=case.absorbed,
    )


def parts(
    case: Case, to: str, tickets: list[Ticket], profile: Case, *, undo: bool
) -> Iterator[TicketHandedOver]:
    """The hand-over in parts; the counters go with the first, which there always is."""
    groups = [
        tickets[i : i + TICKETS_A_PART] for i in range(0, max(1, len(tickets)), TICKETS_A_PART)
    ]
    nothing = Case(customer_id=case.customer_id)
    for number, group in enumerate(groups, 1):
        yield TicketHandedOver(
            customer_id=to,
            from_customer_id=case.customer_id,
            part=number,
            parts=len(groups),
            undo=undo,
            tickets=_encoder.encode(group).decode(),
            profile=_encoder.encode(profile if number == 1 else nothing).decode(),
        )


def is_elsewhere(event: Event, case: Case) -> bool:
    """Whether a mere address shall be linked to somebody else than whom it was absorbed by.

    A described customer who was absorbed brings the survivor along; an address alone does not,
    for addresses change hands.
    """
    if not isinstance(event, intents.LinkAsked) or case.name is not None or case.email is not None:
        return False
    return event.other_customer_id != case.merged_into


def forward(record: Record, case: Case, _world: World) -> Iterator[Event]:
    """An absorbed line hands a record on, and first the tickets that it woke."""
    event = record.event
    if case.merged_into is None or is_elsewhere(event, case):
        return
    if case.tickets:
        tickets = sorted(case.tickets.values(), key=lambda t: t.id)
        yield from parts(
            case, case.merged_into, tickets, Case(customer_id=case.customer_id), undo=False
        )
    if isinstance(event, contacts.TimerDue):
        return  # it runs out again on the line that has the ticket now
    yield RecordForwarded(
        customer_id=case.merged_into,
        from_customer_id=case.customer_id,
        record_id=record.id,
        record_type=record.type,
        value=b64encode(event.model_dump_json().encode()).decode(),
        at=record.at,
        hops=1,
    )


def hand_on(event: RecordForwarded, case: Case, world: World) -> Iterator[Event]:
    """A forwarded record came to a line that is absorbed itself."""
    if case.merged_into is None or event.customer_id != case.customer_id:
        return
    if event.hops >= world.policy.limits.forward_hops:
        yield refused(
            event,
            case,
            world,
            Refusal("too_many_hops", "unlink the customers that were merged in a long chain"),
        )
        return
    yield event.model_copy(
        update={
            "customer_id": case.merged_into,
            "from_customer_id": case.customer_id,
            "hops": event.hops + 1,
        }
    )


FORWARDING = Agent(
    name="forwarding",
    domain="customer",
    reads=frozenset(
        kind
        for kind in EVENTS.values()
        if CONTACTS.name == kind.TOPIC and kind not in IDENTITY_READS - {intents.LinkAsked}
    ),
    writes=frozenset((RecordForwarded, TicketHandedOver)),
    decide=forward,
)
