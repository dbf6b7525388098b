"""How the clock of a target goes on: what ended stays so, and what is paused is never due."""

from __future__ import annotations

import pytest

from projections.case.clocks import ended, paused, started, stopped, warned
from projections.case.state import Case, Clock, Ticket
from projections.case.timers import timers
from schemas.events.tickets import SlaStarted
from tests.busycase import DUE, told

RUNNING = Clock(due=100.0, warn=90.0, target=60, warned=True)
MET = Clock(due=100.0, warn=90.0, target=60, ended="met")


def test_a_paused_clock_is_due_at_no_moment_and_keeps_what_is_left() -> None:
    assert paused(RUNNING, 12.5) == Clock(target=60, left=12.5, warned=True)


@pytest.mark.parametrize("clock", [None, MET])
def test_what_does_not_run_is_not_paused(clock: Clock | None) -> None:
    assert paused(clock, 12.5) == clock


def test_a_clock_of_which_nothing_is_left_runs_on() -> None:
    assert paused(RUNNING, None) == RUNNING


@pytest.mark.parametrize("before", [None, RUNNING, Clock(target=60, left=5.0)])
def test_only_a_clock_that_is_resumed_remembers_that_it_has_warned(before: Clock | None) -> None:
    for resumed in (True, False):
        event = told(SlaStarted, target_minutes=30, resumed=resumed)
        has_warned = resumed and before == RUNNING
        clock = started(before, event, 7.0)
        assert (clock.due, clock.warn, clock.target) == (DUE, DUE, 30)
        assert (clock.warned, clock.ended, clock.left) == (has_warned, None, None)
        assert clock.calendar == event.calendar_version


@pytest.mark.parametrize(
    ("before", "resumed", "since", "granted"),
    [
        (None, False, 7.0, 30.0),
        (MET, False, 7.0, 30.0),
        (Clock(target=60, left=5.0), False, 7.0, 30.0),
        (Clock(target=30, left=5.0), True, 7.0, 5.0),
        (Clock(target=60, left=50.0), True, 7.0, 20.0),
        (Clock(due=9.0, target=60, since=3.0, granted=50.0), False, 3.0, 20.0),
        (RUNNING, False, None, None),
    ],
    ids=["new", "ended", "anew", "resumed", "resumed for less", "for less", "of before"],
)
def test_a_clock_knows_since_when_it_has_how_many_minutes(
    before: Clock | None,
    resumed: bool,  # noqa: FBT001  # pytest gives it by name
    since: float | None,
    granted: float | None,
) -> None:
    clock = started(before, told(SlaStarted, target_minutes=30, resumed=resumed), 7.0)
    assert (clock.since, clock.granted) == (since, granted)


def test_a_ticket_that_is_done_with_keeps_how_its_clock_ended_and_nothing_else() -> None:
    assert stopped(MET) == MET
    assert stopped(RUNNING) is None
    assert stopped(None) is None


def test_without_a_clock_nothing_warns_or_ends() -> None:
    assert warned(None) is None
    assert ended(None, "met") is None
    assert warned(Clock(due=1.0)) == Clock(due=1.0, warned=True)
    assert ended(Clock(due=1.0), "met") == Clock(due=1.0, ended="met")


@pytest.mark.parametrize(
    ("warn", "due", "kinds"),
    [
        (90.0, 100.0, ["resolution_warning", "resolution_breach"]),
        (100.0, 100.0, ["resolution_breach"]),
    ],
)
def test_a_target_warns_only_before_it_is_missed(warn: float, due: float, kinds: list[str]) -> None:
    ticket = Ticket(
        id="T", status="triaged", priority="low", channel="email", opened_at=1.0, updated_at=1.0,
        resolution=Clock(due=due, warn=warn, target=60),
    )  # fmt: skip
    case = Case("ann", tickets={"T": ticket})
    assert [timer.kind for timer in timers(case).values()] == kinds
