"""What each of a ticket's own events means for the ticket and for its case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from projections.case import clocks, talk
from projections.case.bounds import LONGEST_TAG, TAGS
from projections.case.mending import absorbed, joined, let_go, lineage, parted
from projections.case.ratings import rate
from projections.case.state import FROM_CONTACT, Case, Ticket
from projections.case.words import LONGEST_NAME, clip, name, reference
from schemas.event import TicketEvent
from schemas.events import tickets as became
from schemas.record import Record

_replace = msgspec.structs.replace

Meaning = Callable[[Case, Ticket, Any, float], Case]
"""The case after a ticket's event, given the ticket with the event's status, and the moment.

The event's type differs by entry of the table, which one signature cannot say.
"""


def update(case: Case, ticket_id: str | None, **changes: object) -> Case:
    """The case with some fields of one ticket changed; a ticket not at hand changes nothing."""
    known = case.tickets.get(ticket_id) if ticket_id else None
    return case if known is None else put(case, _replace(known, **changes))


def put(case: Case, ticket: Ticket) -> Case:
    """The case with this ticket in its place."""
    return _replace(case, tickets={**case.tickets, ticket.id: ticket})


def ticket(case: Case, event: TicketEvent, record: Record) -> Case:
    """The case after a record that changes one of its tickets."""
    return after(case, event, record.at.timestamp())


def after(case: Case, event: TicketEvent, at: float) -> Case:
    """The case after a change of one of its tickets at a moment."""
    if type(event) is became.TicketOpened:
        return _opened(case, event, at)
    known = case.tickets.get(event.ticket_id)
    if known is None:
        return case
    return MEANINGS[type(event)](case, known, event, at)


def _with(case: Case, known: Ticket, event: TicketEvent, at: float, **changes: object) -> Case:
    return put(
        case,
        _replace(known, status=event.status, revision=event.revision, updated_at=at, **changes),
    )


def _opened(case: Case, event: became.TicketOpened, at: float) -> Case:
    contact = case.contact
    came = contact is not None and contact.id == event.contact_id
    opened = Ticket(
        id=event.ticket_id,
        status=event.status,
        priority=event.priority,
        channel=event.channel,
        opened_at=at,
        updated_at=at,
        revision=event.revision,
        subject=clip(event.subject, 200),
        channels=(event.channel,),
        last_channel=event.channel,
        handle=reference(event.handle),
        category=name(event.category),
        team=name(event.team),
        language=event.language,
        sentiment=event.sentiment_score,
        vip=event.vip,
        # What is omitted as a default is only that very object, and no equal one off the wire.
        origin=FROM_CONTACT if event.origin == FROM_CONTACT else event.origin,
        last_customer_at=contact.at if came and contact is not None else 0.0,
        last_contact_id=event.contact_id if came else None,
    )
    return _replace(put(case, opened), opened=case.opened + 1)


def _triaged(case: Case, known: Ticket, event: became.TicketTriaged, at: float) -> Case:
    proposed = known.proposal
    return _with(
        case,
        known,
        event,
        at,
        priority=event.priority,
        category=name(event.category),
        category_confidence=event.category_confidence,
        team=name(event.team),
        skills=known.skills if proposed is None else proposed.skills,
        senior=known.senior if proposed is None else proposed.senior,
        tags=_tags(event.tags),
        language=event.language,
        sentiment=event.sentiment_score,
        vip=event.vip,
        triaged_at=known.triaged_at or at,
        proposal=None,
    )


def _tags(tags: list[str]) -> tuple[str, ...]:
    return tuple(clip(tag, LONGEST_TAG) for tag in tags[:TAGS])


def _message(case: Case, known: Ticket, event: became.MessageAdded, at: float) -> Case:
    return _with(case, talk.message(case, known, event, at), event, at)


def _started(case: Case, known: Ticket, event: became.TicketStarted, at: float) -> Case:
    return _with(case, known, event, at, awaiting=None, assume_resolved_at=None)


def _awaits(case: Case, known: Ticket, event: became.TicketAwaitsCustomer, at: float) -> Case:
    return _with(
        case,
        known,
        event,
        at,
        awaiting=event.reason,
        assume_resolved_at=_seconds(event.assume_resolved_at),
        resolution=clocks.paused(known.resolution, event.resolution_left_minutes),
    )


def _escalated(case: Case, known: Ticket, event: became.TicketEscalated, at: float) -> Case:
    if known.escalated_at is None:
        case = _replace(case, escalations=case.escalations + 1)
    return _with(
        case,
        known,
        event,
        at,
        escalated_at=known.escalated_at or at,
        triggers=tuple(dict.fromkeys((*known.triggers, *event.triggers))),
        awaiting=None,
        assume_resolved_at=None,
    )


def _assigned(case: Case, known: Ticket, event: became.TicketAssigned, at: float) -> Case:
    return _with(
        case,
        known,
        event,
        at,
        team=name(event.team),
        specialist_id=name(event.specialist_id),
        request_id=None,
        ask_again_at=None,
    )


def _prioritised(case: Case, known: Ticket, event: became.TicketPrioritised, at: float) -> Case:
    vip = known.vip if event.vip is None else event.vip
    return _with(case, known, event, at, priority=event.priority, vip=vip)


def _categorised(case: Case, known: Ticket, event: became.TicketCategorised, at: float) -> Case:
    return _with(case, known, event, at, category=name(event.category), category_confidence=None)


def _tagged(case: Case, known: Ticket, event: became.TicketTagged, at: float) -> Case:
    return _with(case, known, event, at, tags=_tags(event.tags))


def _transferred(case: Case, known: Ticket, event: became.TicketTransferred, at: float) -> Case:
    return _with(
        case,
        known,
        event,
        at,
        team=name(event.team),
        specialist_id=None,
        request_id=None,
        ask_again_at=None,
        skills=(),
    )


def _snoozed(case: Case, known: Ticket, event: became.TicketSnoozed, at: float) -> Case:
    return _with(case, known, event, at, snoozed_until=event.until.timestamp())


def _woken(case: Case, known: Ticket, event: became.TicketWoken, at: float) -> Case:
    changes: dict[str, object] = {"snoozed_until": None}
    if event.status != "waiting_customer":
        changes |= {"awaiting": None, "assume_resolved_at": None}
    return _with(case, known, event, at, **changes)


_QUIET: dict[str, object] = {
    "snoozed_until": None,
    "follow_up_at": None,
    "assume_resolved_at": None,
    "close_at": None,
    "request_id": None,
    "ask_again_at": None,
    "offer": None,
    "awaiting": None,
}


def _resolved(case: Case, known: Ticket, event: became.TicketResolved, at: float) -> Case:
    unasked = event.solution_id is not None and event.by != "customer"
    changes = {
        **_QUIET,
        "settled_with": clip(event.solution_id or "", LONGEST_NAME) if unasked else None,
        "resolved_at": at,
        "close_at": _seconds(event.close_at),
        "first_reply": clocks.stopped(known.first_reply),
        "resolution": clocks.stopped(known.resolution),
    }
    case = _replace(_seen_to(case, known), resolved=case.resolved + 1, last_resolved=known.id)
    return _with(case, known, event, at, **changes)


def _seen_to(case: Case, known: Ticket) -> Case:
    """The case in which what the product noticed counts no more, if the ticket was about it."""
    return _replace(case, signals=()) if known.origin == "signal" else case


def _closed(case: Case, known: Ticket, event: became.TicketClosed, at: float) -> Case:
    return _shut(case, known, event, at)


def _shut(case: Case, known: Ticket, event: TicketEvent, at: float, **more: object) -> Case:
    changes = {
        **_QUIET,
        "closed_at": at,
        "first_reply": clocks.stopped(known.first_reply),
        "resolution": clocks.stopped(known.resolution),
        **more,
    }
    return _with(_seen_to(case, known), known, event, at, **changes)


def _reopened(case: Case, known: Ticket, event: became.TicketReopened, at: float) -> Case:
    return _with(
        case,
        known,
        event,
        at,
        resolved_at=None,
        closed_at=None,
        close_at=None,
        reopened=event.reopened,
        awaiting=None,
        offer=None,
        settled_with=None,
        specialist_id=None,
    )


def _merged(case: Case, known: Ticket, event: became.TicketsMerged, at: float) -> Case:
    for into in lineage(case, event.into):
        case = put(case, absorbed(into, known))
    return _shut(case, known, event, at, merged_into=event.into)


def _unmerged(case: Case, known: Ticket, event: became.TicketsUnmerged, at: float) -> Case:
    for into in lineage(case, event.from_ticket_id):
        case = put(case, let_go(into, known))
    return _with(case, known, event, at, merged_into=None)


def _split(case: Case, known: Ticket, event: became.TicketSplit, at: float) -> Case:
    rest, moved = parted(known, frozenset(event.messages))
    into = case.tickets.get(event.into)
    if into is not None:
        case = put(case, joined(into, moved))
    return _with(case, rest, event, at)


def _moved(case: Case, known: Ticket, event: became.TicketMoved, at: float) -> Case:
    return _with(case, known, event, at)


def _rated(case: Case, known: Ticket, event: became.TicketRated, at: float) -> Case:
    if event.contact_id is not None:  # a survey's own answer was counted when it came
        case = rate(case, known.id, event.score)
    return _with(case, known, event, at, rating=event.score)


def _sla_started(case: Case, known: Ticket, event: became.SlaStarted, at: float) -> Case:
    return _clock(case, known, event, at, clocks.started(getattr(known, event.target), event, at))


def _sla_warned(case: Case, known: Ticket, event: became.SlaWarned, at: float) -> Case:
    return _clock(case, known, event, at, clocks.warned(getattr(known, event.target)))


def _sla_breached(case: Case, known: Ticket, event: became.SlaBreached, at: float) -> Case:
    return _clock(case, known, event, at, clocks.ended(getattr(known, event.target), "breached"))


def _sla_met(case: Case, known: Ticket, event: became.SlaMet, at: float) -> Case:
    return _clock(case, known, event, at, clocks.ended(getattr(known, event.target), "met"))


def _clock(case: Case, known: Ticket, event: Any, at: float, clock: object) -> Case:
    return _with(case, known, event, at, **{event.target: clock})


def _seconds(moment: Any) -> float | None:  # Any: an aware moment or nothing
    return None if moment is None else float(moment.timestamp())


MEANINGS: dict[type[TicketEvent], Meaning] = {
    became.TicketTriaged: _triaged,
    became.MessageAdded: _message,
    became.TicketStarted: _started,
    became.TicketAwaitsCustomer: _awaits,
    became.TicketEscalated: _escalated,
    became.TicketAssigned: _assigned,
    became.TicketPrioritised: _prioritised,
    became.TicketCategorised: _categorised,
    became.TicketTagged: _tagged,
    became.TicketTransferred: _transferred,
    became.TicketSnoozed: _snoozed,
    became.TicketWoken: _woken,
    became.TicketResolved: _resolved,
    became.TicketClosed: _closed,
    became.TicketReopened: _reopened,
    became.TicketsMerged: _merged,
    became.TicketsUnmerged: _unmerged,
    became.TicketSplit: _split,
    became.TicketMoved: _moved,
    became.TicketRated: _rated,
    became.SlaStarted: _sla_started,
    became.SlaWarned: _sla_warned,
    became.SlaBreached: _sla_breached,
    became.SlaMet: _sla_met,
}
"""What every change of a ticket but its opening means; a table, for a `match` over as many event
types costs more than the fold itself. A test holds it against the declared events."""
