"""How a merge is taken back: the line asks the survivor for what is its own, and gets it.

Its own are the tickets that began on it or on the lines that it had absorbed itself, and those
that began at its addresses since. What is closed and parked stays where it was closed.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.forwarding import parts
from agents.rulings import Refusal
from agents.world import World
from projections.case import Case
from projections.case.ratings import NO_TICKET, pairs
from projections.case.reach import only
from projections.case.words import Handles
from schemas.event import Event
from schemas.events.contacts import TicketHandedOver
from schemas.events.decisions import IdentityUnlinked, IntentRefused
from schemas.events.intents import UnlinkAsked

NOT_LINKED = Refusal("not_linked", "name the address and the customer that it was linked to")

_encoder = msgspec.json.Encoder()


def request(
    handles: Handles, absorbed: tuple[str, ...], case: Case, survivor: str
) -> TicketHandedOver:
    """The request to the survivor: part 0 of 0, with the addresses whose tickets shall return."""
    wanted = Case(
        customer_id=case.customer_id,
        handles=handles,
        absorbed=absorbed,
        ratings=case.ratings,
        rated=case.rated,
        tones=case.tones,
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


def returned(to: str, wanted: Case, case: Case, world: World) -> Iterator[Event]:
    """Hand back what belongs to the absorbed line: its own tickets, and its address's."""
    points = {(channel, h) for channel, handles in wanted.handles.items() for h in handles}
    theirs = {point for point in points if point[1] in case.handles.get(point[0], ())}
    homes = {to, *wanted.absorbed}
    tickets = sorted(
        (t for t in case.tickets.values() if t.home in homes or (t.channel, t.handle) in points),
        key=lambda t: t.id,
    )
    if not tickets and not theirs and not homes.intersection(case.absorbed):
        yield nothing_to_return(case, world)
        return
    for channel, handle in sorted(theirs):
        yield unlinked(channel, handle, to, case, world)
    rated = {*wanted.rated, *(t.id for t in tickets)} - {NO_TICKET}
    theirs_rated = [one for one in pairs(case) if one[0] in rated]
    theirs_rated += [one for one in pairs(wanted) if one[0] == NO_TICKET]
    profile = Case(
        customer_id=case.customer_id,
        ratings=tuple(given for _, given in theirs_rated),
        rated=tuple(of for of, _ in theirs_rated),
        tones=wanted.tones,
        contacts=min(case.contacts, sum(t.contacts for t in tickets)),
        opened=min(case.opened, len(tickets)),
        resolved=min(case.resolved, sum(t.resolved_at is not None for t in tickets)),
        escalations=min(case.escalations, sum(t.escalated_at is not None for t in tickets)),
        handles=wanted.handles,
        reaches=only(case.reaches, wanted.handles),
        absorbed=wanted.absorbed,
    )
    yield from parts(case, to, tickets, profile, undo=True)


def nothing_to_return(case: Case, world: World) -> IntentRefused:
    """The refusal of an undoing for which there is nothing here."""
    return IntentRefused(
        customer_id=case.customer_id,
        outcome="refused",
        reasons=[NOT_LINKED.reason],
        policy_version=world.policy.version,
        intent=UnlinkAsked.__name__,
        by="",
        reason=NOT_LINKED.reason,
        remedy=NOT_LINKED.remedy,
    )


def unlinked(
    channel: str, handle: str, to: str | None, case: Case, world: World
) -> IdentityUnlinked:
    """An address is not this customer's any more."""
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
