"""Keeping a case small: which tickets leave it after a turn, and which a record needs back.

A closed ticket leaves at once, and of the others the least recently touched beyond the bounds.
Their timers stay in the store, which is why a parked ticket comes back when one runs out.
"""

from __future__ import annotations

import msgspec

from projections.case.bounds import BYTES, TICKETS
from projections.case.mending import lineage
from projections.case.state import Case, Ticket
from schemas.event import Event
from schemas.events.contacts import SurveyAnswered, TicketHandedOver
from schemas.events.intents import LinkAsked

FEW = 1
"""So many tickets of the greatest possible size fit into a case; it need not be measured."""

_replace = msgspec.structs.replace
_encoder = msgspec.msgpack.Encoder()


def needs(case: Case, event: Event) -> tuple[str, ...]:
    """Ids of the tickets that a record names and that are not at hand."""
    named: list[str | None] = [getattr(event, "ticket_id", None), getattr(event, "into", None)]
    if named[0] is None and isinstance(event, SurveyAnswered):
        named.append(case.last_resolved)
    named += [one.merged_into for one in lineage(case, named[0])]
    return tuple(dict.fromkeys(i for i in named if i is not None and i not in case.tickets))


def moves_open(case: Case, event: Event) -> bool:
    """Whether a record makes the line hand over tickets, so that all its open ones are wanted."""
    if case.merged_into is not None:
        return False
    if isinstance(event, LinkAsked):
        return event.other_customer_id not in {case.customer_id, *case.absorbed}
    return isinstance(event, TicketHandedOver) and event.undo and event.parts == 0


def restore(case: Case, ticket: Ticket) -> Case:
    """The case with a parked ticket back at hand."""
    return _replace(case, tickets={**case.tickets, ticket.id: ticket})


def settle(case: Case) -> tuple[Case, tuple[Ticket, ...]]:
    """The case as it is stored after a turn, and the tickets that leave it."""
    tickets = case.tickets
    leaving = [t for t in tickets.values() if t.status == "closed"]
    if leaving or len(tickets) > FEW:
        staying = [t for t in tickets.values() if t.status != "closed"]
        if len(staying) > TICKETS:
            staying.sort(key=_touched)
            leaving += staying[:-TICKETS]
            staying = staying[-TICKETS:]
        leaving += _overweight(case, staying)
    if not leaving:
        return case, ()
    gone = {t.id for t in leaving}
    kept = {i: t for i, t in tickets.items() if i not in gone}
    return _replace(case, tickets=kept), tuple(leaving)


def _touched(ticket: Ticket) -> tuple[float, str]:
    return ticket.updated_at, ticket.id


def _overweight(case: Case, staying: list[Ticket]) -> list[Ticket]:
    """The least recently touched of these tickets that the bytes of a case do not hold."""
    if len(staying) <= FEW:
        return []
    weights = {t.id: len(_encoder.encode(t)) for t in staying}
    excess = len(_encoder.encode(_replace(case, tickets={}))) + sum(weights.values()) - BYTES
    leaving = []
    for ticket in sorted(staying, key=_touched)[:-1]:
        if excess <= 0:
            break
        leaving.append(ticket)
        excess -= weights[ticket.id]
    return leaving
