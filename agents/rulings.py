"""Whether what a person asks of a ticket may happen: one judgement, shared by all agents.

The lifecycle says a refusal aloud (`IntentRefused`); the others hold still when there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from agents import enclosing
from agents.addressing import Place, latest_handle, place_of
from agents.policy import Policy
from agents.ways import Shut, Way, way
from projections.case import Case, Ticket
from projections.case.bounds import LONGEST_TAG, TAGS
from projections.case.mending import lineage
from projections.case.words import clip
from schemas.event import Event, Intent
from schemas.events import intents as asked


class Refusal(msgspec.Struct, frozen=True):
    """Why something may not happen, and what would do.

    Attributes:
        reason: The rule that says no, by name.
        remedy: What to do instead, in words.
    """

    reason: str
    remedy: str


_UNKNOWN = Refusal("unknown_ticket", "name a ticket of this customer; `tickets` lists them")
_CLOSED = Refusal("closed", "reopen the ticket first")
_RESOLVED = Refusal("resolved", "reopen the ticket first")
_CLOSED_ALREADY = Refusal("closed", "the ticket is closed already")
_RESOLVED_ALREADY = Refusal("resolved", "the ticket is resolved already; reopen it if it is not")
_EMPTY = Refusal("empty_text", "write something")

_ON_CLOSED = (
    asked.ReopenAsked,
    asked.NoteWritten,
    asked.TagsAsked,
    asked.CategoryAsked,
    asked.UnmergeAsked,
    asked.HandoverAsked,
)
"""What may be asked of a closed ticket."""

_ON_OPEN = (
    asked.ResolveAsked,
    asked.EscalationAsked,
    asked.AssignmentAsked,
    asked.TransferAsked,
    asked.SnoozeAsked,
    asked.SplitAsked,
    asked.FollowUpAsked,
)
"""What may be asked of an open ticket only."""


def ruling(event: Event, case: Case, policy: Policy, now: datetime) -> Refusal | None:
    """The refusal of an intent, or None if it may happen.

    Args:
        event: An `Intent`, or a `ConversationStarted`.
        case: The customer's case; the ticket, and the one it is merged into, are at hand if they
            exist on this line.
        policy: The policy in force.
        now: The turn's clock reading.
    """
    if case.merged_into is not None:
        return Refusal("absorbed", f"ask customer {case.merged_into}, who this is now")
    if isinstance(event, asked.ConversationStarted):
        return _start(event, case, policy, now)
    if not isinstance(event, Intent):
        return None
    ticket = case.ticket(event.ticket_id)
    if ticket is None:
        return _UNKNOWN
    if event.expected_revision not in {None, ticket.revision}:
        return Refusal("stale", f"look at the ticket again: it is at revision {ticket.revision}")
    if ticket.merged_into is not None and not isinstance(event, asked.UnmergeAsked):
        return Refusal("merged", f"use ticket {_goes_on(ticket, case)}, or unmerge this one first")
    if ticket.status == "closed" and not isinstance(event, _ON_CLOSED):
        return _CLOSED_ALREADY if isinstance(event, asked.CloseAsked) else _CLOSED
    if ticket.status == "resolved" and isinstance(event, _ON_OPEN):
        return _RESOLVED_ALREADY if isinstance(event, asked.ResolveAsked) else _RESOLVED
    rule = _RULES.get(type(event))
    return None if rule is None else rule(event, ticket, case, policy, now)


def may_answer_again(ticket: Ticket, cues: frozenset[str], policy: Policy) -> bool:
    """Whether a follow-up to an automatic answer may be answered automatically once more.

    The Knowledge agent then says `SolutionsFound`, and the lifecycle asks for a person only if
    that holds no answer; else the lifecycle asks at once.
    """
    return (
        ticket.awaiting == "answer"
        and not ticket.triggers
        and ticket.person_replies == 0
        and not cues & {"not_solved", "asks_person", "complaint"}
        and ("unsettled" in cues or not cues & {"thanks", "solved"})
        and len(ticket.offered) < policy.limits.automatic_answers_per_ticket
    )


def reply_channel(event: asked.ReplyWritten, ticket: Ticket) -> str:
    """Where a reply goes: as it says, else where the customer wrote last."""
    return event.channel or ticket.last_channel or ticket.channel


def _start(
    event: asked.ConversationStarted, case: Case, policy: Policy, now: datetime
) -> Refusal | None:
    if not event.text.strip():
        return _EMPTY
    if not case.handles.get(event.channel):
        return Refusal("no_address", f"describe or link the customer's address on {event.channel}")
    place = Place("", event.channel, latest_handle(case, event.channel))
    how = way("opening", place, None, case, policy, now)
    return Refusal(how.reason, how.remedy) if isinstance(how, Shut) else None


def _reply(
    event: asked.ReplyWritten, ticket: Ticket, case: Case, policy: Policy, now: datetime
) -> Refusal | None:
    if not event.text.strip():
        return _EMPTY
    channel = reply_channel(event, ticket)
    place = place_of(ticket, channel, case)
    if channel != ticket.channel and place.handle is None:
        return Refusal("no_address", f"describe or link the customer's address on {channel}")
    how = way("agent_reply", place, ticket, case, policy, now)
    if isinstance(how, Way):
        no = enclosing.shut(event.attachments, how, links=event.links)
        return None if no is None else Refusal(no.reason, no.remedy)
    return Refusal(how.reason, how.remedy)


def _note(event: asked.NoteWritten, *_: object) -> Refusal | None:
    return None if event.text.strip() else _EMPTY


def _notice(event: asked.NoticeAsked, *_: object) -> Refusal | None:
    return None if event.text.strip() else _EMPTY


def _reopen(_event: asked.ReopenAsked, ticket: Ticket, *_: object) -> Refusal | None:
    return Refusal("not_resolved", "the ticket is open already") if ticket.is_open else None


def _escalate(_event: asked.EscalationAsked, ticket: Ticket, *_: object) -> Refusal | None:
    if ticket.status == "escalated":
        return Refusal("already_escalated", "assign it to somebody, or alert the team")
    return None


def _assign(event: asked.AssignmentAsked, ticket: Ticket, *_: object) -> Refusal | None:
    if ticket.specialist_id == event.specialist_id:
        return Refusal("already_assigned", f"{event.specialist_id} has the ticket")
    if ticket.request_id is not None and ticket.asked_for == event.specialist_id:
        return Refusal("already_asked", f"{event.specialist_id} gets the ticket in a moment")
    return None


def _transfer(event: asked.TransferAsked, ticket: Ticket, *_: object) -> Refusal | None:
    if ticket.team == event.team:
        return Refusal("already_there", f"the ticket is with {event.team}; name another team")
    return None


def _priority(event: asked.PriorityAsked, ticket: Ticket, *_: object) -> Refusal | None:
    if ticket.priority == event.priority:
        return Refusal("no_change", f"the priority is {event.priority} already")
    return None


def _category(event: asked.CategoryAsked, ticket: Ticket, *_: object) -> Refusal | None:
    if ticket.category == event.category:
        return Refusal("no_change", f"the category is {event.category} already")
    return None


def _tags(event: asked.TagsAsked, ticket: Ticket, *_: object) -> Refusal | None:
    tags = tagged(event, ticket)
    if tags == list(ticket.tags):
        return Refusal("no_change", "name a tag to add that is not there, or one to remove that is")
    if len(tags) > TAGS:
        return Refusal("too_many_tags", f"a ticket has at most {TAGS}; remove some first")
    if any(clip(tag, LONGEST_TAG) != tag for tag in tags):
        return Refusal("tag_too_long", f"shorten it to {LONGEST_TAG} bytes")
    return None


def tagged(event: asked.TagsAsked, ticket: Ticket) -> list[str]:
    """A ticket's tags after some were added and removed."""
    kept = [tag for tag in ticket.tags if tag not in event.remove]
    return list(dict.fromkeys((*kept, *(tag for tag in event.add if tag not in event.remove))))


def _in_the_past(moment: datetime | None, now: datetime) -> Refusal | None:
    if moment is not None and moment <= now:
        return Refusal("in_the_past", "name a moment that is still to come")
    return None


def _snooze(
    event: asked.SnoozeAsked, ticket: Ticket, _c: Case, _p: Policy, now: datetime
) -> Refusal | None:
    if ticket.snoozed_until == event.until.timestamp():
        return Refusal("no_change", "the ticket is out of sight until then already")
    return _in_the_past(event.until, now)


def _follow_up(
    event: asked.FollowUpAsked, _t: Ticket, _c: Case, _p: Policy, now: datetime
) -> Refusal | None:
    return _in_the_past(event.follow_up_time, now)


def _merge(event: asked.MergeAsked, ticket: Ticket, case: Case, *_: object) -> Refusal | None:
    if event.into == ticket.id:
        return Refusal("same_ticket", "name two different tickets")
    into = case.ticket(event.into)
    if into is None:
        return Refusal(
            "unknown_target",
            "name a ticket of this customer; where two customers are one person, link them first",
        )
    if into.merged_into is not None:
        last = _goes_on(into, case)
        back = last == ticket.id
        return Refusal(
            "target_merged", f"unmerge {into.id} first" if back else f"merge it into {last}"
        )
    if into.status == "closed":
        return Refusal("target_closed", "reopen the other ticket first")
    return None


def _goes_on(ticket: Ticket, case: Case) -> str:
    """Where a merged ticket goes on: at the end of its merges, as far as they are at hand."""
    last = lineage(case, ticket.id)[-1]
    return last.merged_into or last.id


def _unmerge(_event: asked.UnmergeAsked, ticket: Ticket, *_: object) -> Refusal | None:
    if ticket.merged_into is None:
        return Refusal("not_merged", "the ticket stands on its own already")
    return None


def _split(event: asked.SplitAsked, ticket: Ticket, *_: object) -> Refusal | None:
    known = dict(ticket.messages)
    if not event.messages or any(m not in known for m in event.messages):
        return Refusal("unknown_messages", "name interactions of this ticket")
    wrote = {m for m, kind in ticket.messages if kind == "contact"}
    if not wrote & set(event.messages):
        return Refusal("no_customer_message", "name at least one message of the customer")
    if wrote <= set(event.messages):
        return Refusal("nothing_left", "leave at least one message of the customer")
    return None


_Rule = Callable[[Any, Ticket, Case, Policy, datetime], Refusal | None]

_RULES: dict[type[Event], _Rule] = {
    asked.ReplyWritten: _reply,
    asked.NoteWritten: _note,
    asked.NoticeAsked: _notice,
    asked.ReopenAsked: _reopen,
    asked.EscalationAsked: _escalate,
    asked.AssignmentAsked: _assign,
    asked.TransferAsked: _transfer,
    asked.PriorityAsked: _priority,
    asked.CategoryAsked: _category,
    asked.TagsAsked: _tags,
    asked.SnoozeAsked: _snooze,
    asked.FollowUpAsked: _follow_up,
    asked.MergeAsked: _merge,
    asked.UnmergeAsked: _unmerge,
    asked.SplitAsked: _split,
}
