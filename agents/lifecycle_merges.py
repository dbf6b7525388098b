"""Two tickets that are one issue, one ticket that is two, and tickets that change lines."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents import lifecycle_clocks as clocks
from agents.addressing import latest_handle
from agents.agent import Agent
from agents.handover import needs_person, released
from agents.lifecycle_ends import ask, ask_anew, attend, serve
from agents.lifecycle_triage import adopt
from agents.lifecycle_vips import SERVES
from agents.moves import Moves
from agents.world import World
from projections.case import Case, Ticket
from projections.case.mending import parted
from projections.case.state import Proposal
from schemas.event import Event
from schemas.events.contacts import TicketHandedOver
from schemas.events.intents import MergeAsked, SplitAsked, UnmergeAsked
from schemas.events.tickets import (
    TicketMoved,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketsMerged,
    TicketSplit,
    TicketsUnmerged,
)
from schemas.record import Record, ticket_id
from schemas.vocabulary import priority_rank


def merge(moves: Moves, event: MergeAsked, record: Record) -> None:
    """The ticket points to the other one and is closed; its person is free.

    What was pressing about it is seen to on the other one, which is as pressing from now on.
    """
    before, into = moves.ticket, Moves(moves.case, event.into, moves.world)
    known = into.ticket
    more = priority_rank(before.priority) > priority_rank(known.priority)
    if before.is_open and known.is_open and more:
        into.say(TicketPrioritised, priority=before.priority, previous=known.priority, by=event.by)
        clocks.retarget(into)
        ask_anew(into, record.id)
        moves.add(*into.events)
    moves.say(TicketsMerged, status="closed", into=event.into, by=event.by)
    if before.is_open:
        moves.add(*released(moves.case, before))


def unmerge(moves: Moves, event: UnmergeAsked, record: Record) -> None:
    """The ticket stands on its own again: open, or closed if it was resolved before the merge."""
    before = moves.ticket
    moves.say(TicketsUnmerged, from_ticket_id=before.merged_into, by=event.by)
    if before.resolved_at is not None:
        return
    moves.say(
        TicketReopened,
        status="triaged",
        by=event.by,
        reason="unmerged",
        previous="closed",
        reopened=before.reopened,
    )
    attend(moves)
    clocks.begin_again(moves)
    ask(moves, record.id, former_id=before.specialist_id)


def split(moves: Moves, event: SplitAsked, record: Record) -> None:
    """The messages are a ticket of their own, with what triage said of the old one."""
    old, case, world = moves.ticket, moves.case, moves.world
    new_id = ticket_id(record.id)
    named = frozenset(event.messages)
    _, gone = parted(old, named)
    first = next(m for m, kind in gone.messages if kind == "contact")
    channel = gone.channels[0]
    fresh = Moves(case, new_id, world)
    fresh.opened(
        TicketOpened.model_validate(
            {
                "ticket_id": new_id,
                "customer_id": case.customer_id,
                "revision": 1,
                "status": "new",
                "priority": old.priority,
                "channel": channel,
                "category": old.category,
                "team": old.team,
                "opened_at": world.now,
                "contact_id": first,
                "subject": old.subject,
                "description": old.subject,
                "origin": "split",
                "handle": old.handle if channel == old.channel else latest_handle(case, channel),
                "language": old.language,
                "sentiment_score": old.sentiment,
                "vip": case.vip,
            }
        )
    )
    proposal = Proposal(
        category=old.category, category_confidence=old.category_confidence, tags=old.tags
    )
    team = old.team or world.policy.routing.default_team
    adopt(fresh, proposal, team, old.language)
    if needs_person(fresh.ticket):
        ask(fresh, record.id, specialist_id=old.specialist_id)
    moves.add(*fresh.events)
    moves.say(
        TicketSplit,
        into=new_id,
        messages=[m for m, _ in gone.messages],
        by=event.by,
        contacts=gone.contacts,
        replies=gone.replies,
        person_replies=gone.person_replies,
    )


def is_request(event: TicketHandedOver) -> bool:
    """Whether a hand-over asks for tickets back rather than bringing some."""
    return event.undo and event.parts == 0


def moved(record: Record, case: Case, world: World) -> Iterator[Event]:
    """The tickets that another line handed over are on this line now."""
    event = record.event
    assert isinstance(event, TicketHandedOver)
    if event.customer_id != case.customer_id or case.merged_into is not None:
        return
    for ticket in msgspec.json.decode(event.tickets, type=list[Ticket]):
        if ticket.id in case.tickets:
            moves = Moves(case, ticket.id, world)
            moves.say(TicketMoved, from_customer_id=event.from_customer_id)
            serve(moves, record.id)
            yield from moves.events


MOVED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({TicketHandedOver}),
    writes=SERVES | {TicketMoved},
    decide=moved,
)
