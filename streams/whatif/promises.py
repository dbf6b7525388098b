"""Which SLA targets would have been met under other targets, priorities or opening hours.

A target's clock is gone through again along what was recorded: when it began, when the customer was
waited for, when it was reached. Only what is promised differs. Where nothing that bears on a target
differs, it ended as it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from agents.calendar import Calendar, business_between
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

    def turn(self, recorded: Sequence[Record], again: Sequence[Record], policy: Policy) -> None:
        """Take what was said in a turn, and what would be by a policy."""
        for record in again:
            if isinstance(record.event, TicketTriaged | TicketPrioritised):
                self._priorities[record.event.ticket_id] = record.event.priority
        for record in recorded:
            if isinstance(record.event, TicketEvent):
                self._last = record.at if self._last is None else max(self._last, record.at)
                self._event(record.event, record.at, policy)

    def ended(self) -> list[Ended]:
        """How every target ended by the last recorded moment, ticket by ticket."""
        found = list(self._ended)
        for ticket_id, runs in self._runs.items():
            for target, run in runs.items():
                if run.since is not None and self._last is not None and not run.over:
                    self._pass(run, self._last)
                found.append(_end(ticket_id, target, run))
        return sorted(found, key=lambda one: (one.ticket_id, one.target))

    # --- one event ---------------------------------------------------------------------------

    def _event(self, event: TicketEvent, at: datetime, policy: Policy) -> None:
        match event:
            case SlaStarted():
                self._started(event, at, policy)
            case SlaMet() | SlaBreached():
                run = self._run(event.ticket_id, event.target)
                if run is not None and run.recorded == "open":
                    run.recorded = "met" if isinstance(event, SlaMet) else "breached"
            case MessageAdded():
                if event.interaction_type == "agent_response" and event.instead_of is None:
                    self._reached(event.ticket_id, ["first_reply"], at)
            case TicketResolved():
                self._reached(event.ticket_id, TARGETS, at)
            case TicketClosed() | TicketsMerged():
                for run in self._runs.get(event.ticket_id, {}).values():
                    run.over = True
            case _:
                pass
        self._waits(event, at)

    def _started(self, event: SlaStarted, at: datetime, policy: Policy) -> None:
        runs = self._runs.setdefault(event.ticket_id, {})
        promised = policy.sla.targets[self._priorities.get(event.ticket_id, event.priority)]
        minutes = (
            promised.first_reply_minutes
            if event.target == "first_reply"
            else promised.resolution_minutes
        )
        differs = (
            event.calendar_version != policy.calendar.version or minutes != event.target_minutes
        )
        calendar = policy.calendar.calendar
        run = runs.get(event.target)
        if run is None or (run.over and not event.resumed):
            if run is not None:
                self._ended.append(_end(event.ticket_id, event.target, run))
            runs[event.target] = _Run(minutes, calendar, at, differs=differs)
            return
        if run.since is not None:
            self._pass(run, at)
        run.promised, run.calendar = minutes, calendar
        run.differs = run.differs or differs
        run.since = at

    def _reached(self, ticket_id: str, targets: Iterable[str], at: datetime) -> None:
        for target in targets:
            run = self._run(ticket_id, target)
            if run is None or run.over:
                continue
            self._pass(run, at)
            run.again = "met" if run.again == "open" else run.again
            run.over = True

    def _waits(self, event: TicketEvent, at: datetime) -> None:
        """The resolution's clock stands while the customer is waited for."""
        run = self._run(event.ticket_id, "resolution")
        if run is None or run.over:
            return
        if event.status == "waiting_customer":
            self._pass(run, at)
            run.since = None
        elif run.since is None:
            run.since = at

    def _pass(self, run: _Run, at: datetime) -> None:
        if run.since is None:
            return
        run.passed += business_between(run.since, at, run.calendar)
        run.since = at
        if run.again == "open" and run.passed > run.promised + _SLACK:
            run.again = "breached"

    def _run(self, ticket_id: str, target: str) -> _Run | None:
        return self._runs.get(ticket_id, {}).get(target)


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
