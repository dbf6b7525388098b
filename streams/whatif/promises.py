"""Which SLA targets would have been met under other targets, priorities or opening hours.

A target's clock is gone through again along what was recorded: when it began, when the customer was
waited for, when it was reached. Only what is promised differs. Where nothing that bears on a target
differs, it ended as it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from agents.calendar import Calendar, add_business, business_between
from agents.policy import Policy
from schemas.event import TicketEvent
from schemas.events.tickets import (
    MessageAdded,
    SlaBreached,
    SlaMet,
    SlaStarted,
    TicketClosed,
    TicketPrioritised,
    TicketResolved,
    TicketsMerged,
    TicketTriaged,
)
from schemas.record import Record

TARGETS = ("first_reply", "resolution")
_SLACK = 1e-6
"""Minutes by which the same moments may differ when they are summed in another order."""

ENDS = ("met", "breached", "open")


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a turn bears on a ticket's targets, small enough to be kept.

    Attributes:
        kind: prioritised, as it would be; or as recorded: started, met, breached, replied,
            resolved, ended, or moved.
        ticket_id: The ticket.
        at: When.
        status: The ticket's status after it.
        priority: Its priority after it.
        target: The target that started or ended.
        minutes: What was promised when it started.
        calendar: The calendar's version by which it started.
        resumed: Whether it runs on after a pause.
    """

    kind: str
    ticket_id: str
    at: datetime
    status: str
    priority: str
    target: str = ""
    minutes: int = 0
    calendar: str = ""
    resumed: bool = False


def steps(recorded: Iterable[Record], again: Iterable[Record]) -> list[Step]:
    """What was said in a turn, and what would be, as far as it bears on targets."""
    found = [
        _step("prioritised", record.event, record.at)
        for record in again
        if isinstance(record.event, TicketTriaged | TicketPrioritised)
    ]
    moved: dict[str, Step] = {}
    for record in recorded:
        event = record.event
        if not isinstance(event, TicketEvent):
            continue
        moved[event.ticket_id] = _step("moved", event, record.at)
        match event:
            case SlaStarted():
                found.append(_step("started", event, record.at))
            case SlaMet() | SlaBreached():
                kind = "met" if isinstance(event, SlaMet) else "breached"
                found.append(_step(kind, event, record.at))
            case MessageAdded(interaction_type="agent_response", instead_of=None):
                found.append(_step("replied", event, record.at))
            case TicketResolved():
                found.append(_step("resolved", event, record.at))
            case TicketClosed() | TicketsMerged():
                found.append(_step("ended", event, record.at))
            case _:
                pass
    return [*found, *moved.values()]


def _step(kind: str, event: TicketEvent, at: datetime) -> Step:
    started = event if isinstance(event, SlaStarted) else None
    return Step(
        kind=kind,
        ticket_id=event.ticket_id,
        at=at,
        status=event.status,
        priority=event.priority,
        target=event.target if isinstance(event, SlaStarted | SlaMet | SlaBreached) else "",
        minutes=started.target_minutes if started else 0,
        calendar=started.calendar_version if started else "",
        resumed=bool(started and started.resumed),
    )


class Ended(msgspec.Struct, frozen=True):
    """How a target of a ticket ended, as recorded and now: met, breached, or open by the end."""

    ticket_id: str
    target: str
    recorded: str
    again: str


class _Run(msgspec.Struct):
    """One run of a target: from when it begins until it is reached, or the ticket is done with.

    Attributes:
        promised: Business minutes promised now.
        calendar: When the desk is open now.
        since: Since when it runs; None while the customer is waited for.
        passed: Business minutes that passed before.
        differs: Whether anything that bears on it differs from the recorded.
        recorded: How it ended, as recorded.
        again: How it ends now.
        over: Whether nothing more counts.
    """

    promised: int
    calendar: Calendar
    since: datetime | None
    passed: float = 0.0
    differs: bool = False
    recorded: str = "open"
    again: str = "open"
    over: bool = False


class Promises:
    """Follows the targets of every ticket along the recorded turns."""

    def __init__(self) -> None:
        self._priorities: dict[str, str] = {}
        self._runs: dict[str, dict[str, _Run]] = {}
        self._ended: list[Ended] = []
        self._last: datetime | None = None

    def take(self, found: Iterable[Step], policy: Policy) -> None:
        """Take what bears on targets in a turn, by what a policy promises."""
        for step in found:
            if step.kind == "prioritised":
                self._priorities[step.ticket_id] = step.priority
            else:
                self._last = step.at if self._last is None else max(self._last, step.at)
                self._step(step, policy)

    def ended(self) -> list[Ended]:
        """How every target ended by the last recorded moment, ticket by ticket."""
        found = list(self._ended)
        for ticket_id, runs in self._runs.items():
            for target, run in runs.items():
                if run.since is not None and self._last is not None and not run.over:
                    self._pass(run, self._last)
                found.append(_end(ticket_id, target, run))
        return sorted(found, key=lambda one: (one.ticket_id, one.target))

    # --- one step ----------------------------------------------------------------------------

    def _step(self, step: Step, policy: Policy) -> None:
        match step.kind:
            case "started":
                self._started(step, policy)
            case "met" | "breached":
                run = self._run(step.ticket_id, step.target)
                if run is not None and run.recorded == "open":
                    run.recorded = step.kind
            case "replied":
                self._reached(step, ["first_reply"])
            case "resolved":
                self._reached(step, TARGETS)
            case "ended":
                for run in self._runs.get(step.ticket_id, {}).values():
                    if not run.over:
                        self._pass(run, step.at)
                    run.over = True
            case _:
                self._moved(step)

    def _started(self, step: Step, policy: Policy) -> None:
        runs = self._runs.setdefault(step.ticket_id, {})
        promised = policy.sla.targets[self._priorities.get(step.ticket_id, step.priority)]
        minutes = (
            promised.first_reply_minutes
            if step.target == "first_reply"
            else promised.resolution_minutes
        )
        differs = step.calendar != policy.calendar.version or minutes != step.minutes
        calendar, at = policy.calendar.calendar, step.at
        run = runs.get(step.target)
        if run is None or (run.over and not step.resumed):
            if run is not None:
                self._ended.append(_end(step.ticket_id, step.target, run))
            runs[step.target] = _Run(minutes, calendar, at, differs=differs)
            return
        if run.since is not None:
            self._pass(run, at)
        run.promised, run.calendar = minutes, calendar
        run.differs = run.differs or differs
        run.since = at

    def _reached(self, step: Step, targets: Iterable[str]) -> None:
        for target in targets:
            run = self._run(step.ticket_id, target)
            if run is None or run.over:
                continue
            self._pass(run, step.at)
            run.again = "met" if run.again == "open" else run.again
            run.over = True

    def _moved(self, step: Step) -> None:
        """The resolution's clock stands while the customer is waited for."""
        run = self._run(step.ticket_id, "resolution")
        if run is None or run.over:
            return
        if step.status == "waiting_customer":
            self._pass(run, step.at)
            run.since = None
        elif run.since is None:
            run.since = step.at

    def _pass(self, run: _Run, at: datetime) -> None:
        if run.since is None:
            return
        left = run.promised - run.passed
        passed = business_between(run.since, at, run.calendar)
        if run.again == "open" and (
            passed > left + _SLACK or (passed > left - _SLACK and _over(run, left, at))
        ):
            run.again = "breached"
        run.passed += passed
        run.since = at

    def _run(self, ticket_id: str, target: str) -> _Run | None:
        return self._runs.get(ticket_id, {}).get(target)


def _over(run: _Run, left: float, at: datetime) -> bool:
    """Whether a target whose last minute has passed ran out before a moment, with the desk closed.

    It is due as the desk closes then, and not when it opens again.
    """
    since = run.since or at
    due = add_business(since, max(0.0, left - _SLACK), run.calendar)
    return at > due + timedelta(minutes=2 * _SLACK)


def _end(ticket_id: str, target: str, run: _Run) -> Ended:
    return Ended(ticket_id, target, run.recorded, run.again if run.differs else run.recorded)


def summed(ended: Iterable[Ended]) -> dict[str, Any]:
    """How many targets ended how, as recorded and now, by target."""
    sums: dict[str, Any] = {
        target: {"recorded": dict.fromkeys(ENDS, 0), "again": dict.fromkeys(ENDS, 0)}
        for target in TARGETS
    }
    for one in ended:
        sums[one.target]["recorded"][one.recorded] += 1
        sums[one.target]["again"][one.again] += 1
    return sums
