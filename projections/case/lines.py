"""What passes between lines: tickets and counters at a merge of customers and at its undoing."""

from __future__ import annotations

import msgspec

from projections.case.bounds import ABSORBED
from projections.case.ratings import gave_back, took
from projections.case.reach import joined, without
from projections.case.state import Case, Ticket
from projections.case.words import latest, with_handle, without_handle
from schemas.events.contacts import TicketHandedOver

_replace = msgspec.structs.replace

_tickets = msgspec.json.Decoder(list[Ticket])
_profile = msgspec.json.Decoder(Case)


def handed_over(case: Case, event: TicketHandedOver) -> Case:
    """The case after tickets and counters left it, or came to it, by whose line it is.

    One that asks for tickets back (no parts) brings and takes nothing.
    """
    if event.parts == 0:
        return case
    tickets = _tickets.decode(event.tickets)
    profile = _profile.decode(event.profile)
    if event.from_customer_id == case.customer_id:
        return _gave(case, event, tickets, profile)
    return _took(case, event, tickets, profile)


def _gave(case: Case, event: TicketHandedOver, tickets: list[Ticket], profile: Case) -> Case:
    gone = {one.id for one in tickets}
    handles = case.handles
    back = {event.customer_id, *profile.absorbed} if event.undo else set()
    if event.undo:
        for channel, known in profile.handles.items():
            for handle in known:
                handles = without_handle(handles, channel, handle)
    if event.undo:
        case = gave_back(case, profile)
    return _replace(
        case,
        tickets={i: one for i, one in case.tickets.items() if i not in gone},
        contacts=case.contacts - profile.contacts,
        opened=case.opened - profile.opened,
        resolved=case.resolved - profile.resolved,
        escalations=case.escalations - profile.escalations,
        handles=handles,
        reaches=without(case.reaches, profile.handles) if event.undo else case.reaches,
        absorbed=tuple(i for i in case.absorbed if i not in back),
        unannounced=True,
    )


def _took(case: Case, event: TicketHandedOver, tickets: list[Ticket], profile: Case) -> Case:
    known = dict(case.tickets)
    for one in tickets:
        known[one.id] = _replace(one, home=_home(case, event, one))
    handles = case.handles
    for channel, theirs in profile.handles.items():
        for handle in theirs:
            if handle not in handles.get(channel, ()):
                handles = with_handle(handles, channel, handle)
    reaches = without(case.reaches, profile.handles) if event.undo else case.reaches
    absorbed, changes = case.absorbed, {}
    if not event.undo:
        more = (i for i in (*profile.absorbed, event.from_customer_id) if i != case.customer_id)
        absorbed = latest(absorbed, tuple(more), ABSORBED)
        changes = _history(case, profile)
    if case.merged_into is None:  # else it only passes things on
        case = took(case, profile, undo=event.undo)
    return _replace(
        case,
        tickets=known,
        contacts=case.contacts + profile.contacts,
        opened=case.opened + profile.opened,
        resolved=case.resolved + profile.resolved,
        escalations=case.escalations + profile.escalations,
        handles=handles,
        reaches=joined(reaches, profile.reaches),
        absorbed=absorbed,
        unannounced=True,
        **changes,
    )


def _history(case: Case, profile: Case) -> dict[str, object]:
    """What the absorbed line's past adds: an earlier beginning, a ticket to rate."""
    firsts = [at for at in (case.first_at, profile.first_at) if at is not None]
    return {
        "first_at": min(firsts, default=None),
        "last_resolved": case.last_resolved or profile.last_resolved,
    }


def _home(case: Case, event: TicketHandedOver, ticket: Ticket) -> str | None:
    """The absorbed line that a ticket began on; None when it began here or came back here."""
    if not event.undo:
        home = ticket.home or event.from_customer_id
        return None if home == case.customer_id else home
    return ticket.home if ticket.home in case.absorbed else None
