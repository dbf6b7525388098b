"""What people ask of tickets, and what becomes of it; a refusal is said aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agents import lifecycle_clocks as clocks
from agents.agent import Agent
from agents.handover import released
from agents.lifecycle_ends import ask, ask_anew, close, escalate, reopen, resolve
from agents.lifecycle_merges import merge, split, unmerge
from agents.moves import Moves, beginning
from agents.rulings import Refusal, ruling, tagged
from agents.world import World
from projections.case import Case
from schemas.event import Event, Intent
from schemas.events import intents as asked
from schemas.events.decisions import IntentRefused
from schemas.events.desk import RequestWithdrawn, SpecialistReleased, SpecialistRequested
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    MessageAdded,
    SlaBreached,
    SlaMet,
    SlaStarted,
    TicketCategorised,
    TicketClosed,
    TicketEscalated,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TicketsMerged,
    TicketSnoozed,
    TicketSplit,
    TicketsUnmerged,
    TicketTagged,
    TicketTransferred,
    TicketTriaged,
)
from schemas.record import Record, ticket_id
from schemas.vocabulary import TRIGGERS


def decide(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Refuse what may not happen; do what is the lifecycle's; leave the rest to its agent."""
    event = record.event
    if case.merged_into is not None:
        return
    refusal = ruling(event, case, world.policy, world.now)
    if refusal is not None:
        yield refused(event, case, world, refusal)
    elif isinstance(event, asked.ConversationStarted):
        yield from _start(record, event, case, world)
    elif isinstance(event, Intent) and (act := _ACTS.get(type(event))) is not None:
        moves = Moves(case, event.ticket_id, world)
        act(moves, event, record)
        yield from moves.events


def refused(event: Event, case: Case, world: World, refusal: Refusal) -> IntentRefused:
    """The refusal of an intent, as an event."""
    return IntentRefused(
        customer_id=case.customer_id,
        ticket_id=getattr(event, "ticket_id", None),
        outcome="refused",
        reasons=[refusal.reason],
        policy_version=world.policy.version,
        intent=type(event).__name__,
        by=str(getattr(event, "by", "")),
        reason=refusal.reason,
        remedy=refusal.remedy,
    )


def _start(
    record: Record, event: asked.ConversationStarted, case: Case, world: World
) -> Iterator[Event]:
    moves = Moves(case, ticket_id(record.id), world)
    moves.opened(
        TicketOpened.model_validate(
            {
                "ticket_id": ticket_id(record.id),
                "customer_id": case.customer_id,
                "revision": 1,
                "status": "new",
                "priority": "medium",
                "channel": event.channel,
                "opened_at": world.now,
                "contact_id": record.id,
                "subject": beginning(event.text),
                "description": event.text,
                "origin": "person",
                "handle": case.handles[event.channel][-1],
                "language": case.language,
                "vip": case.vip,
            }
        )
    )
    ask(moves, record.id, specialist_id=event.by)
    yield from moves.events


def _note(moves: Moves, event: asked.NoteWritten, record: Record) -> None:
    moves.say(
        MessageAdded,
        interaction_id=record.id,
        direction="none",
        interaction_type="note",
        message_channel=moves.ticket.channel,
        author=event.by,
        kind="note",
    )


def _resolve(moves: Moves, event: asked.ResolveAsked, _record: Record) -> None:
    resolve(moves, event.by, "asked", event.solution_id)


def _close(moves: Moves, event: asked.CloseAsked, _record: Record) -> None:
    close(moves, event.by, "asked")


def _reopen(moves: Moves, event: asked.ReopenAsked, record: Record) -> None:
    reopen(moves, record.id, event.by, "asked")


def _escalate(moves: Moves, event: asked.EscalationAsked, record: Record) -> None:
    triggers = [t for t in event.triggers if t in TRIGGERS]
    escalate(moves, record.id, triggers, event.reason, senior=True)


def _assign(moves: Moves, event: asked.AssignmentAsked, record: Record) -> None:
    ask(moves, record.id, specialist_id=event.specialist_id)


def _transfer(moves: Moves, event: asked.TransferAsked, record: Record) -> None:
    before = moves.ticket
    moves.add(*released(moves.case, before))
    moves.say(
        TicketTransferred,
        status="triaged" if before.status == "in_progress" else before.status,
        team=event.team,
        previous=before.team,
        by=event.by,
        reason=event.reason,
    )
    ask(moves, record.id)


def _priority(moves: Moves, event: asked.PriorityAsked, record: Record) -> None:
    before = moves.ticket
    moves.say(TicketPrioritised, priority=event.priority, previous=before.priority, by=event.by)
    clocks.retarget(moves)
    ask_anew(moves, record.id)


def _category(moves: Moves, event: asked.CategoryAsked, _record: Record) -> None:
    before = moves.ticket
    moves.say(TicketCategorised, category=event.category, previous=before.category, by=event.by)


def _tags(moves: Moves, event: asked.TagsAsked, _record: Record) -> None:
    moves.say(TicketTagged, tags=tagged(event, moves.ticket), by=event.by)


def _snooze(moves: Moves, event: asked.SnoozeAsked, _record: Record) -> None:
    moves.say(TicketSnoozed, until=event.until, by=event.by)


_ACTS: dict[type[Event], Callable[[Moves, Any, Record], None]] = {
    asked.NoteWritten: _note,
    asked.ResolveAsked: _resolve,
    asked.CloseAsked: _close,
    asked.ReopenAsked: _reopen,
    asked.EscalationAsked: _escalate,
    asked.AssignmentAsked: _assign,
    asked.TransferAsked: _transfer,
    asked.PriorityAsked: _priority,
    asked.CategoryAsked: _category,
    asked.TagsAsked: _tags,
    asked.SnoozeAsked: _snooze,
    asked.MergeAsked: merge,
    asked.UnmergeAsked: unmerge,
    asked.SplitAsked: split,
}

ASKED = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset(
        {
            *_ACTS,
            asked.ConversationStarted,
            asked.ReplyWritten,
            asked.ConfirmationAsked,
            asked.FollowUpAsked,
            asked.TeamAlertAsked,
            asked.NoticeAsked,
            asked.HandoverAsked,
        }
    ),
    writes=frozenset(
        {
            IntentRefused,
            InteractionMeasured,
            MessageAdded,
            RequestWithdrawn,
            SlaBreached,
            SlaMet,
            SlaStarted,
            SpecialistReleased,
            SpecialistRequested,
            TicketCategorised,
            TicketClosed,
            TicketEscalated,
            TicketOpened,
            TicketPrioritised,
            TicketReopened,
            TicketResolved,
            TicketSnoozed,
            TicketSplit,
            TicketTagged,
            TicketTransferred,
            TicketTriaged,
            TicketsMerged,
            TicketsUnmerged,
        }
    ),
    decide=decide,
)
