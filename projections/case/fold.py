"""The fold of a customer's line: what each record means for the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from projections.case import keeping, lines, offline, reach, tickets
from projections.case.bounds import CRASHES, LONGEST_TAG, RECENT, TAGS, THREADS
from projections.case.mending import lineage
from projections.case.ratings import rate
from projections.case.state import CRASH, Case, Proposal
from projections.case.timers import stands
from projections.case.understood import contact, drafted, linked, understood
from projections.case.words import (
    LONGEST_NAME,
    clip,
    handles_of,
    latest,
    name,
    reference,
    with_handle,
    without_handle,
)
from projections.desk import TOO_MANY
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.events import decisions as says
from schemas.events import desk, drafts, knowledge
from schemas.events import tickets as became
from schemas.record import Record

_replace = msgspec.structs.replace

ANEW_AFTER, ANEW_WITHIN = 3600.0, 86_400.0
"""Seconds after which a person is asked for anew where the desk kept no request: least and most."""

Meaning = Callable[[Case, Any, Record], Case]
"""The case after a record, given its event; the event's type differs by entry of the table."""


def evolve(case: Case, record: Record) -> Case:
    """The case after a record of the customer's line; a record it does not know changes nothing.

    What comes to an absorbed line is handed on and means something to the surviving one alone.
    """
    kind = type(record.event)
    if case.merged_into is not None and kind not in _ON_ABSORBED:
        return case
    meaning = MEANINGS.get(kind)
    return case if meaning is None else meaning(case, record.event, record)


def _described(case: Case, event: inbox.CustomerDescribed, _record: Record) -> Case:
    changes: dict[str, object] = {}
    for field in _DESCRIBED:
        value = getattr(event, field)
        if isinstance(value, str):
            value = clip(value, 320)
        if value is not None and value != getattr(case, field):
            changes[field] = value
    handles = case.handles
    for channel, handle in handles_of(event.handles):
        handles = with_handle(handles, channel, handle)
    if handles is not case.handles:
        changes["handles"] = handles
    return _replace(case, unannounced=True, **changes) if changes else case


_DESCRIBED = (
    "name",
    "email",
    "phone",
    "lifetime_value",
    "preferred_channel",
    "language",
    "account_manager",
)


def _recognised(case: Case, _event: says.CustomerRecognised, _record: Record) -> Case:
    return _replace(case, unannounced=False)


def _vip(case: Case, event: says.VipRecognised, _record: Record) -> Case:
    return _replace(case, vip=event.vip, unannounced=True)


def _satisfaction(case: Case, event: says.SatisfactionScored, _record: Record) -> Case:
    return _replace(case, satisfaction=event.score, unannounced=True)


def _confirmation(case: Case, event: says.ConfirmationRequested, record: Record) -> Case:
    at = record.at.timestamp()
    recent = tuple(t for t in case.confirmations if t > at - 3600.0)
    return _replace(
        tickets.update(case, event.ticket_id, confirmed=True),
        confirmations=(*recent, at)[-RECENT:],
    )


def _survey(case: Case, event: says.SurveyRequested, _record: Record) -> Case:
    """What was rated unasked, before the ticket was solved again say, is no answer to this."""
    return tickets.update(case, event.ticket_id, surveyed=True, rating=None)


def _judged(
    case: Case, event: knowledge.SolutionAccepted | knowledge.SolutionRejected, _record: Record
) -> Case:
    return tickets.update(case, event.ticket_id, settled_with=None)


def _follow_up(case: Case, event: says.FollowUpScheduled, _record: Record) -> Case:
    return tickets.update(case, event.ticket_id, follow_up_at=event.due_at.timestamp())


def _classified(case: Case, event: says.IssueClassified, _record: Record) -> Case:
    return _proposed(
        case,
        event.ticket_id,
        category=name(event.category),
        category_confidence=event.confidence,
        tags=tuple(clip(tag, LONGEST_TAG) for tag in event.tags[:TAGS]),
        minutes=event.estimated_resolution_minutes,
    )


def _prioritised(case: Case, event: says.PriorityChosen, _record: Record) -> Case:
    return _proposed(case, event.ticket_id, priority=event.priority)


def _proposed(case: Case, ticket_id: str | None, **changes: object) -> Case:
    known = case.ticket(ticket_id)
    if known is None or not known.is_untold:
        return case
    proposal = _replace(known.proposal or Proposal(), **changes)
    return tickets.put(case, _replace(known, proposal=proposal))


def _routed(case: Case, event: says.RouteChosen, _record: Record) -> Case:
    return _proposed(
        case,
        event.ticket_id,
        skills=tuple(clip(skill, LONGEST_NAME) for skill in event.skills[:8]),
        senior=event.senior,
    )


def _triggered(case: Case, event: says.EscalationTriggered, _record: Record) -> Case:
    known = case.ticket(event.ticket_id)
    if known is None:
        return case
    triggers = tuple(dict.fromkeys((*known.triggers, *event.triggers)))
    proposal = known.proposal
    if proposal is not None:
        proposal = _replace(proposal, triggers=(*proposal.triggers, *event.triggers))
    return tickets.put(case, _replace(known, triggers=triggers, proposal=proposal))


def _replied(case: Case, event: says.ReplyRequested, record: Record) -> Case:
    case = offline.requested(keeping.requested(case, event, record.id), event, record)
    return _threaded(case, event.ticket_id, record.id)


def _arrived(case: Case, event: inbox.ReplyDelivered | inbox.ReplyRead, _record: Record) -> Case:
    return keeping.done(case, event.ticket_id, event.request_id)


def _read(case: Case, event: inbox.ReplyRead, record: Record) -> Case:
    return offline.read(_arrived(case, event, record), event.ticket_id, event.request_id)


def _address_left(case: Case, event: inbox.ReplyAddressLeft, _record: Record) -> Case:
    return offline.left(case, event)


def _accepted(case: Case, event: inbox.ReplyAccepted, _record: Record) -> Case:
    return _threaded(case, event.ticket_id, event.provider_message_id)


def _threaded(case: Case, ticket_id: str | None, said: str) -> Case:
    """The case in which an answer to this message belongs to the ticket, or to its survivor."""
    for known in lineage(case, ticket_id):
        threads = latest(known.threads, (reference(said) or "",), THREADS)
        case = tickets.put(case, _replace(known, threads=threads))
    return case


def _linked_identity(case: Case, event: says.IdentityLinked, _record: Record) -> Case:
    handles = with_handle(case.handles, event.channel, event.handle)
    return _replace(case, handles=handles, unannounced=True)


def _unlinked_identity(case: Case, event: says.IdentityUnlinked, _record: Record) -> Case:
    handles = without_handle(case.handles, event.channel, event.handle)
    reaches = reach.without(case.reaches, {event.channel: (event.handle,)})
    return _replace(case, handles=handles, reaches=reaches, unannounced=True)


def _consent(case: Case, event: says.ConsentStated, _record: Record) -> Case:
    stops = event.outcome == "stopped"
    reaches = reach.stopped(case.reaches, event.channel, event.handle, stops=stops)
    return _replace(case, reaches=reaches)


def _merged(case: Case, event: says.CustomersMerged, _record: Record) -> Case:
    return _replace(case, merged_into=event.into, unannounced=True)


def _unmerged(case: Case, _event: says.CustomersUnmerged, _record: Record) -> Case:
    return _replace(case, merged_into=None, unannounced=True)


def _held(case: Case, _event: says.ContactHeld, record: Record) -> Case:
    return _replace(case, held_at=record.at.timestamp())


def _signal(case: Case, event: inbox.ProductSignalReported, record: Record) -> Case:
    """Crashes alone mean something here: of what else is noticed there may be any amount."""
    if CRASH not in event.kind:
        return case
    signal = (clip(event.kind, 80), record.at.timestamp())
    return _replace(case, signals=(*case.signals, signal)[-CRASHES:])


def _survey_answered(case: Case, event: inbox.SurveyAnswered, _record: Record) -> Case:
    if not 1 <= event.score <= 5:  # any producer can write any number
        raise ValueError(f"a score of {event.score} is not from 1 to 5")
    return rate(case, event.ticket_id or case.last_resolved, event.score)


def _timer(case: Case, event: inbox.TimerDue, record: Record) -> Case:
    """A timer that still stood has fired; one that ran out after its reason went fires nothing.

    What an SLA timer stood for is cleared by the event that the lifecycle answers with.
    """
    known = case.ticket(event.ticket_id)
    if known is None or not stands(known, event.kind, event.due_at.timestamp()):
        return case if case.fired is None else _replace(case, fired=None)
    case = _replace(case, fired=record.id)
    if event.kind == "offline":
        return tickets.put(case, offline.passed(known, event.due_at.timestamp()))
    field = _ONE_SHOT.get(event.kind)
    return tickets.update(case, known.id, **{field: None}) if field else case


_ONE_SHOT = {
    "follow_up": "follow_up_at",
    "assume_resolved": "assume_resolved_at",
    "close": "close_at",
    "wake": "snoozed_until",
    "ask_again": "ask_again_at",
}


def _handed_over(case: Case, event: inbox.TicketHandedOver, _record: Record) -> Case:
    return lines.handed_over(case, event)


def _requested(case: Case, event: desk.SpecialistRequested, _record: Record) -> Case:
    return tickets.update(
        case,
        event.ticket_id,
        request_id=event.request_id,
        asked_for=name(event.specialist_id),
        ask_again_at=None,
    )


def _unavailable(case: Case, event: inbox.SpecialistUnavailable, record: Record) -> Case:
    """Nobody is free. A request that the desk let go of waits no more, and is to be made anew.

    That is done when somebody comes, or else the more seldom the longer the ticket has waited.
    """
    known = case.ticket(event.ticket_id)
    if known is None or known.request_id != event.request_id:
        return case
    again = None if event.next_at is None else event.next_at.timestamp()
    if TOO_MANY in event.reasons:
        at = record.at.timestamp()
        waited = at - (known.triaged_at or known.opened_at)
        again = again or at + min(max(waited, ANEW_AFTER), ANEW_WITHIN)
        known = _replace(known, request_id=None)
    if again is not None:
        known = _replace(known, ask_again_at=again)
    return tickets.put(case, _replace(known, asked_for=None))


MEANINGS: dict[type[Event], Meaning] = {
    became.TicketOpened: tickets.ticket,
    **dict.fromkeys(tickets.MEANINGS, tickets.ticket),
    inbox.ContactReceived: contact,
    says.ContactHeld: _held,
    says.MessageUnderstood: understood,
    says.ContactLinked: linked,
    says.IssueClassified: _classified,
    says.PriorityChosen: _prioritised,
    says.RouteChosen: _routed,
    says.EscalationTriggered: _triggered,
    says.ReplyRequested: _replied,
    says.CustomerRecognised: _recognised,
    says.VipRecognised: _vip,
    says.SatisfactionScored: _satisfaction,
    says.ConfirmationRequested: _confirmation,
    says.SurveyRequested: _survey,
    says.FollowUpScheduled: _follow_up,
    says.ConsentStated: _consent,
    says.IdentityLinked: _linked_identity,
    says.IdentityUnlinked: _unlinked_identity,
    says.CustomersMerged: _merged,
    says.CustomersUnmerged: _unmerged,
    inbox.CustomerDescribed: _described,
    inbox.ProductSignalReported: _signal,
    inbox.ReplyAccepted: _accepted,
    inbox.ReplyDelivered: _arrived,
    inbox.ReplyRead: _read,
    inbox.ReplyAddressLeft: _address_left,
    inbox.SurveyAnswered: _survey_answered,
    inbox.SpecialistUnavailable: _unavailable,
    inbox.TimerDue: _timer,
    inbox.TicketHandedOver: _handed_over,
    desk.SpecialistRequested: _requested,
    drafts.DraftRequested: drafted,
    knowledge.SolutionAccepted: _judged,
    knowledge.SolutionRejected: _judged,
}
"""What every event that the case knows means for it; a table, for a `match` over as many event
types costs more than the fold itself. Events that are not here leave the case as it is."""

_ON_ABSORBED: frozenset[type[Event]] = frozenset(
    {says.CustomersUnmerged, says.CustomerRecognised, inbox.TicketHandedOver}
)
"""What still means something to a line that was absorbed by another."""
