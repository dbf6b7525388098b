"""Who is the same person: linking an address, merging two lines, taking a merge back.

`LinkAsked` comes to the line that the address is on, `UnlinkAsked` to the line that it was on
before. If that is another customer's line, it is absorbed: it hands its tickets and counters to
the surviving one in records of bounded size, and from then on hands on whatever it receives, ids
kept. Taking the merge back stops that, and asks the survivor for what belongs to the line.

Two people may ask for a circle at the same time. A hand-over names the lines that it went
through; one that comes back to a line it started from ends the circle there, nothing lost.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.forwarding import (
    FORWARDING,
    IDENTITY_READS,
    counters,
    hand_on,
    is_elsewhere,
    parts,
)
from agents.handing_back import NOT_LINKED, nothing_to_return, request, returned, unlinked
from agents.lifecycle_intents import refused
from agents.lifecycle_merges import is_request
from agents.rulings import Refusal
from agents.world import World
from projections.case import Case, Ticket
from projections.case.words import Handles, with_handle
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

_tickets = msgspec.json.Decoder(list[Ticket])
_profile = msgspec.json.Decoder(Case)


def decide(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Link, merge, take back, hand over."""
    event = record.event
    match event:
        case UnlinkAsked():
            yield from _unlink(event, case, world)
        case TicketHandedOver():
            yield from _took_over(event, case, world)
        case RecordForwarded():
            yield from hand_on(event, case, world)
        case LinkAsked() if case.merged_into is None:
            yield from _link(event, case, world)
        case LinkAsked() if is_elsewhere(event, case):
            remedy = f"the address belongs to {case.merged_into}; unlink it from there first"
            yield refused(event, case, world, Refusal("linked_elsewhere", remedy))
        case _:  # it reads nothing else
            return


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
        known = with_handle(case.handles, event.channel, event.handle)
        profile = msgspec.structs.replace(counters(case), handles=known)
        yield from parts(case, into, tickets, profile, undo=False)


def _unlink(event: UnlinkAsked, case: Case, world: World) -> Iterator[Event]:
    survivor = event.other_customer_id
    address: Handles = {event.channel: (event.handle,)}
    if survivor == case.customer_id:
        if event.handle in case.handles.get(event.channel, ()):
            yield unlinked(event.channel, event.handle, None, case, world)
        else:
            yield refused(event, case, world, NOT_LINKED)
    elif case.merged_into == survivor:
        yield _unmerged(event.channel, event.handle, "asked", case, world)
        known = with_handle(case.handles, event.channel, event.handle)
        yield request(known, case.absorbed, case, survivor)
    else:
        yield request(address, (), case, survivor)


def _took_over(event: TicketHandedOver, case: Case, world: World) -> Iterator[Event]:
    if event.customer_id != case.customer_id:
        return
    profile = _profile.decode(event.profile)
    if is_request(event) and event.from_customer_id == case.customer_id:
        yield nothing_to_return(case, world)
    elif is_request(event) and case.merged_into is not None:
        yield event.model_copy(update={"customer_id": case.merged_into})
    elif is_request(event):
        yield from returned(event.from_customer_id, profile, case, world)
    elif case.merged_into is not None and case.customer_id in profile.absorbed:
        yield _unmerged(None, None, "circle", case, world)
    elif case.merged_into is not None:
        brought = [case.tickets[t.id] for t in _tickets.decode(event.tickets)]
        passed = msgspec.structs.replace(
            profile,
            customer_id=case.customer_id,
            absorbed=(*profile.absorbed, event.from_customer_id),
        )
        yield from parts(case, case.merged_into, brought, passed, undo=False)
    else:
        for channel, handles in profile.handles.items():
            for handle in handles:
                yield _linked(channel, handle, event.from_customer_id, case, world)


def _unmerged(
    channel: str | None, handle: str | None, reason: str, case: Case, world: World
) -> CustomersUnmerged:
    return CustomersUnmerged.model_validate(
        {
            "customer_id": case.customer_id,
            "outcome": "unmerged",
            "reasons": [reason],
            "policy_version": world.policy.version,
            "from_customer_id": case.merged_into,
            "channel": channel,
            "handle": handle,
        }
    )


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
