"""Which timers a case implies: a pure reading of the state, so that nobody sets or cancels one.

The store keeps a row for each; after a turn it writes what appeared and deletes what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from projections.case.offline import mail_due
from projections.case.state import Case, Clock, Ticket
from schemas.record import derived_id


class Timer(msgspec.Struct, frozen=True):
    """One moment at which a ticket must be looked at again.

    Attributes:
        id: Derived from the ticket, the kind and the moment: the id of the record it becomes.
        ticket_id: The ticket.
        kind: A `TimerKind`.
        target: The SLA target that it watches, if it watches one.
        due_at: Seconds since the epoch.
    """

    id: str
    ticket_id: str
    kind: str
    target: str | None
    due_at: float


def timers(case: Case, beside: Case | None = None) -> dict[str, Timer]:
    """The timers of the tickets at hand, by id.

    Args:
        case: The case.
        beside: Another moment of it; tickets that are the same there are left out.
    """
    same = {} if beside is None else beside.tickets
    return {
        timer.id: timer
        for ticket in case.tickets.values()
        if same.get(ticket.id) is not ticket
        for timer in _of(ticket)
    }


def stands(ticket: Ticket, kind: str, due_at: float) -> bool:
    """Whether the ticket still implies this timer: one that ran out late says nothing."""
    return any(t.kind == kind and t.due_at == due_at for t in _of(ticket))


def _of(ticket: Ticket) -> Iterator[Timer]:
    if ticket.snoozed_until is not None:
        yield _timer(ticket, "wake", None, ticket.snoozed_until)
    if ticket.follow_up_at is not None:
        yield _timer(ticket, "follow_up", None, ticket.follow_up_at)
    # Whoever put the ticket out of sight looks at it again before silence counts as solved.
    if ticket.assume_resolved_at is not None and ticket.snoozed_until is None:
        yield _timer(ticket, "assume_resolved", None, ticket.assume_resolved_at)
    if ticket.close_at is not None:
        yield _timer(ticket, "close", None, ticket.close_at)
    if ticket.ask_again_at is not None:
        yield _timer(ticket, "ask_again", None, ticket.ask_again_at)
    mail = mail_due(ticket)
    if mail is not None:
        yield _timer(ticket, "offline", None, mail)
    yield from _sla(ticket, "first_reply", ticket.first_reply)
    yield from _sla(ticket, "resolution", ticket.resolution)


def _sla(ticket: Ticket, target: str, clock: Clock | None) -> Iterator[Timer]:
    if clock is None or clock.ended is not None or clock.due is None:
        return
    # Where both moments are one, as when a raised priority leaves no time, only the miss is news.
    if not clock.warned and clock.warn is not None and clock.warn < clock.due:
        yield _timer(ticket, f"{target}_warning", target, clock.warn)
    yield _timer(ticket, f"{target}_breach", target, clock.due)


def _timer(ticket: Ticket, kind: str, target: str | None, due_at: float) -> Timer:
    return Timer(
        id=derived_id("timer", ticket.id, kind, repr(due_at)),
        ticket_id=ticket.id,
        kind=kind,
        target=target,
        due_at=due_at,
    )
