"""Who is the same person: linking an address, merging two lines, taking a merge back.

`LinkAsked` and `UnlinkAsked` come to the line that the address is on. If it is another
customer's line, that line is absorbed: it hands its tickets and counters to the surviving one in
records of bounded size, and from then on hands on whatever it receives, ids kept. Taking the
merge back stops that, and asks the survivor for what belongs to the address.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.forwarding import FORWARDING, IDENTITY_READS, counters, forward, hand_on, parts
from agents.lifecycle_intents import refused
from agents.lifecycle_merges import is_request
from agents.rulings import Refusal
from agents.world import World
from projections.case import Case, Ticket
from schemas.event import Event
from schemas.events.contacts import RecordForwarded, TicketHandedOver
from schemas.events.decisions import (
    CustomersMerged,
    CustomersUnmerged,
    IdentityLinked,
    IdentityUnlinked,
    IntentRefused,
)
from schemas.events.intents import LinkAsked, UnlinkAsked
from schemas.record import Record

_encoder = msgspec.json.Encoder()
_tickets = msgspec.json.Decoder(list[Ticket])
_profile = msgspec.json.Decoder(Case)


def decide(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Link, merge, take back, hand over."""
    event = record.event
    match event:
        case UnlinkAsked():
            yield from _unlink(event, record, case, world)
        case TicketHandedOver():
            yield from _took_over(event, case, world)
        case RecordForwarded():
            yield from hand_on(event, case, world)
        case LinkAsked() if case.merged_into is None:
            yield from _link(event, case, world)
        case _:
            yield from forward(record, case, world)


def _link(event: LinkAsked, case: Case, world: World) -> Iterator[Event]:
    into = event.other_customer_id
    if into == case.customer_id:
        yield _linked(event.channel, event.handle, None, case, world)
    elif into in case.absorbed:
        yield refused(
            event,
            case,
            world,
            Refusal("merged_the_other_way", f"{into} was merged into this customer; unlink first"),
        )
    else:
        yield CustomersMerged(
            customer_id=case.customer_id,
            outcome="merged",
            reasons=["asked"],
            policy_version=world.policy.version,
            into=into,
            channel=event.channel,
            handle=event.handle,
        )
        tickets = sorted(case.tickets.values(), key=lambda t: t.id)
        yield from parts(case, into, tickets, counters(case), undo=False)


def _unlink(event: UnlinkAsked, record: Record, case: Case, world: World) -> Iterator[Event]:
    survivor = event.other_customer_id
    if survivor == case.customer_id and event.handle in case.handles.get(event.channel, ()):
        yield _unlinked(event.channel, event.handle, None, case, world)
    elif case.merged_into == survivor:
        yield CustomersUnmerged(
            customer_id=case.customer_id,
            outcome="unmerged",
            reasons=["asked"],
            policy_version=world.policy.version,
            from_customer_id=survivor,
            channel=event.channel,
            handle=event.handle,
        )
        yield _give_back(event, case, survivor)
    elif case.merged_into is not None:
        yield from forward(record, case, world)
    else:
        yield refused(
            event,
            case,
            world,
            Refusal("not_linked", "name the address and the customer that it was linked to"),
        )


def _give_back(event: UnlinkAsked, case: Case, survivor: str) -> TicketHandedOver:
    """The request to the survivor: part 0 of 0, with the address whose tickets shall return."""
    wanted = Case(
        customer_id=case.customer_id,
        handles={event.channel: (event.handle,)},
        absorbed=case.absorbed,
    )
    return TicketHandedOver(
        customer_id=survivor,
        from_customer_id=case.customer_id,
        part=0,
        parts=0,
        undo=True,
        tickets="[]",
        profile=_encoder.encode(wanted).decode(),
    )


def _took_over(event: TicketHandedOver, case: Case, world: World) -> Iterator[Event]:
    if event.customer_id != case.customer_id:
        return
    profile = _profile.decode(event.profile)
    if case.merged_into is not None and is_request(event):
        yield event.model_copy(update={"customer_id": case.merged_into})
    elif is_request(event):
        yield from _return(event.from_customer_id, profile, case, world)
    elif case.merged_into is not None:
        brought = [case.tickets[t.id] for t in _tickets.decode(event.tickets)]
        passed = msgspec.structs.replace(profile, customer_id=case.customer_id)
        yield from parts(case, case.merged_into, brought, passed, undo=False)
    else:
        for channel, handles in profile.handles.items():
            for handle in handles:
                yield _linked(channel, handle, event.from_customer_id, case, world)


def _return(to: str, wanted: Case, case: Case, world: World) -> Iterator[Event]:
    """Hand back what belongs to the absorbed line: its own tickets, and its address's."""
    points = {(channel, h) for channel, handles in wanted.handles.items() for h in handles}
    homes = {to, *wanted.absorbed}
    tickets = sorted(
        (t for t in case.tickets.values() if t.home in homes or (t.channel, t.handle) in points),
        key=lambda t: t.id,
    )
    for channel, handle in sorted(points):
        if handle in case.handles.get(channel, ()):
            yield _unlinked(channel, handle, to, case, world)
    profile = Case(
        customer_id=case.customer_id,
        contacts=min(case.contacts, sum(t.contacts for t in tickets)),
        opened=min(case.opened, len(tickets)),
        resolved=min(case.resolved, sum(t.resolved_at is not None for t in tickets)),
        escalations=min(case.escalations, sum(t.escalated_at is not None for t in tickets)),
        handles=wanted.handles,
        absorbed=wanted.absorbed,
    )
    yield from parts(case, to, tickets, profile, undo=True)


def _linked(
    channel: str, handle: str, origin: str | None, case: Case, world: World
) -> IdentityLinked:
    return IdentityLinked.model_validate(
        {
            "customer_id": case.customer_id,
            "outcome": "linked",
            "reasons": ["asked" if origin is None else "merged"],
            "policy_version": world.policy.version,
            "channel": channel,
            "handle": handle,
            "from_customer_id": origin,
        }
    )


def _unlinked(
    channel: str, handle: str, to: str | None, case: Case, world: World
) -> IdentityUnlinked:
    return IdentityUnlinked.model_validate(
        {
            "customer_id": case.customer_id,
            "outcome": "unlinked",
            "reasons": ["asked" if to is None else "unmerged"],
            "policy_version": world.policy.version,
            "channel": channel,
            "handle": handle,
            "to_customer_id": to,
        }
    )


_WRITES: frozenset[type[Event]] = frozenset(
    {
        CustomersMerged,
        CustomersUnmerged,
        IdentityLinked,
        IdentityUnlinked,
        IntentRefused,
        RecordForwarded,
        TicketHandedOver,
    }
)

IDENTITY = Agent(
    name="customer",
    domain="customer",
    reads=IDENTITY_READS,
    writes=_WRITES,
    decide=decide,
)

AGENTS: tuple[Agent, ...] = (IDENTITY, FORWARDING)
"""Who says who is who, and who hands on what comes to an absorbed line."""
