"""The SLA targets of a ticket: when they begin, pause, run on, and end."""

from __future__ import annotations

from datetime import UTC, datetime

from agents.calendar import add_business, business_between
from agents.moves import Moves
from agents.world import World
from projections.case.state import Clock, Ticket
from schemas.events.tickets import SlaBreached, SlaMet, SlaStarted

TARGETS = ("first_reply", "resolution")


def begin(moves: Moves, *targets: str) -> None:
    """Targets begin to run now, for the ticket's priority."""
    for target in targets:
        minutes = _minutes(moves.world, moves.ticket, target)
        _run(moves, target, minutes, minutes, resumed=False)


def begin_again(moves: Moves) -> None:
    """A ticket that is open again owes a resolution, and an answer where there never was one."""
    ticket = moves.ticket
    owed = ticket.first_reply is None and not ticket.replies
    begin(moves, *(TARGETS if owed else ("resolution",)))


def resume(moves: Moves) -> None:
    """The resolution target runs on with what was left, if it was paused, or begins only now."""
    clock = moves.ticket.resolution
    if clock is None:
        begin(moves, "resolution")
        return
    if clock.ended is not None or clock.left is None:
        return
    minutes = _minutes(moves.world, moves.ticket, "resolution")
    _run(moves, "resolution", minutes, clock.left + minutes - clock.target, resumed=True)


def retarget(moves: Moves) -> None:
    """The running targets are those of the ticket's new priority; what has passed counts."""
    for target in TARGETS:
        clock = _clock(moves.ticket, target)
        if clock is None or clock.ended is not None or clock.due is None:
            continue
        minutes = _minutes(moves.world, moves.ticket, target)
        left = remaining(moves.world, clock) + minutes - clock.target
        _run(moves, target, minutes, left, resumed=False)


def reach(moves: Moves, *targets: str) -> None:
    """Targets end: in time, or too late where the timer has not said so yet."""
    for target in targets:
        clock = _clock(moves.ticket, target)
        if clock is None or clock.ended is not None:
            continue
        now = moves.world.now
        late = clock.due is not None and now.timestamp() > clock.due
        due = now if clock.due is None else datetime.fromtimestamp(clock.due, UTC)
        moves.say(SlaBreached if late else SlaMet, target=target, due_at=due)


def remaining(world: World, clock: Clock) -> float:
    """Business minutes left of a running clock; 0 when it is past due.

    Under another calendar than its moment was set under, no less than what has not passed, and
    never more than the whole target: the hours until that moment may be business time under one of
    the two alone.
    """
    calendar, due = world.policy.calendar, datetime.fromtimestamp(clock.due or 0.0, UTC)
    left = business_between(world.now, due, calendar.calendar)
    if clock.calendar != calendar.version and clock.since is not None and clock.granted is not None:
        since = datetime.fromtimestamp(clock.since, UTC)
        left = max(left, clock.granted - business_between(since, world.now, calendar.calendar))
    return min(left, float(clock.target))


def _clock(ticket: Ticket, target: str) -> Clock | None:
    return ticket.first_reply if target == "first_reply" else ticket.resolution


def _minutes(world: World, ticket: Ticket, target: str) -> int:
    promised = world.policy.sla.targets[ticket.priority]
    if target == "first_reply":
        return promised.first_reply_minutes
    return promised.resolution_minutes


def _run(moves: Moves, target: str, minutes: int, left: float, *, resumed: bool) -> None:
    """A target runs from now on with so many business minutes left.

    It warns when the policy's share of the whole target has passed, or at once if it has already.
    Where more than the target has passed it is due now, and not when the desk opens next: until
    then it would count as met.
    """
    world, policy = moves.world, moves.world.policy
    calendar = policy.calendar.calendar
    due = add_business(world.now, left, calendar) if left >= 0.0 else world.now
    quiet = max(0.0, left - minutes * (1.0 - policy.sla.warn_at))
    moves.say(
        SlaStarted,
        target=target,
        due_at=due,
        warn_at=min(due, add_business(world.now, quiet, calendar)),
        target_minutes=minutes,
        calendar_version=policy.calendar.version,
        policy_version=policy.version,
        resumed=resumed,
    )
