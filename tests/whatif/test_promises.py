"""A target's clock, gone through again by another promise: step by step, on one open Monday."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.policy import Policy, default_policy
from streams.testing import START
from streams.whatif.promises import Ended, Promises, Step, summed


def promising(first_reply: int, resolution: int) -> Policy:
    """The shipped policy with these minutes for a ticket of medium priority, ten for a high one."""
    told = default_policy().model_dump()
    told["sla"]["targets"]["medium"] |= {
        "first_reply_minutes": first_reply,
        "resolution_minutes": resolution,
    }
    told["sla"]["targets"]["high"] |= {"first_reply_minutes": 10, "resolution_minutes": 10}
    return Policy.model_validate(told)


POLICY = promising(60, 120)
OTHER = "another calendar"


def step(kind: str, minute: float, target: str = "", /, **told: object) -> Step:
    """What bears on the targets of T1, so many minutes after nine."""
    about: dict[str, object] = {"status": "triaged", "priority": "medium", "ticket_id": "T1"}
    at = START + timedelta(minutes=minute)
    return Step(kind=kind, at=at, target=target, **{**about, **told})  # type: ignore[arg-type]  # told by name


def started(target: str, minute: float = 0, **told: object) -> Step:
    """A target begins to run, for which five minutes were promised when it was recorded."""
    recorded = {"minutes": 5, "calendar": POLICY.calendar.version}
    return step("started", minute, target, **{**recorded, **told})


def ended(*steps: Step, policy: Policy = POLICY) -> list[tuple[str, str, str]]:
    """How each target ended: its name, as recorded, and now."""
    promises = Promises()
    for one in steps:
        promises.take([one], policy)
    return [(one.target, one.recorded, one.again) for one in promises.ended()]


@pytest.mark.parametrize(
    ("minute", "again"), [(59.9, "met"), (60, "met"), (60.1, "breached"), (600, "breached")]
)
def test_a_reply_within_the_minutes_that_are_promised_now_meets_the_target(
    minute: float, again: str
) -> None:
    missed = step("breached", 5, "first_reply")
    found = ended(started("first_reply"), missed, step("replied", minute))
    assert found == [("first_reply", "breached", again)]


@pytest.mark.parametrize(
    ("minute", "again"), [(660, "met"), (660.1, "breached"), (1380, "breached")]
)
def test_a_target_that_runs_out_as_the_desk_closes_is_missed_by_a_reply_of_the_night(
    minute: float, again: str
) -> None:
    """From nine to eight in the evening are 660 minutes, and no more until eight the next day."""
    found = ended(started("first_reply"), step("replied", minute), policy=promising(660, 2000))
    assert found == [("first_reply", "open", again)]


def test_what_is_promised_as_before_ended_as_it_was_recorded() -> None:
    same = started("first_reply", minutes=60)
    assert ended(same, step("breached", 1, "first_reply"), step("replied", 2)) == [
        ("first_reply", "breached", "breached")
    ]
    moved = started("first_reply", minutes=60, calendar=OTHER)
    assert ended(moved, step("breached", 1, "first_reply"), step("replied", 2)) == [
        ("first_reply", "breached", "met")
    ]


def test_the_first_end_that_was_recorded_is_the_one_that_counts() -> None:
    found = ended(
        started("first_reply", minutes=60),
        step("breached", 1, "first_reply"),
        step("met", 2, "first_reply"),
        step("met", 3, "resolution"),
    )
    assert found == [("first_reply", "breached", "breached")]


def test_a_reply_is_no_resolution_and_a_resolution_is_both() -> None:
    both = (started("first_reply"), started("resolution"))
    assert ended(*both, step("replied", 9)) == [
        ("first_reply", "open", "met"), ("resolution", "open", "open"),
    ]  # fmt: skip
    assert ended(*both, step("resolved", 9)) == [
        ("first_reply", "open", "met"), ("resolution", "open", "met"),
    ]  # fmt: skip
    assert ended(*both, step("resolved", 90)) == [
        ("first_reply", "open", "breached"), ("resolution", "open", "met"),
    ]  # fmt: skip


def test_what_nobody_reached_is_open_until_its_minutes_are_over() -> None:
    elsewhere = {"ticket_id": "T2"}
    assert ended(started("first_reply"), step("moved", 60, **elsewhere)) == [
        ("first_reply", "open", "open")
    ]
    assert ended(started("first_reply"), step("moved", 61, **elsewhere)) == [
        ("first_reply", "open", "breached")
    ]
    late_then_early = (step("moved", 61, **elsewhere), step("moved", 1, **elsewhere))
    assert ended(started("first_reply"), *late_then_early) == [("first_reply", "open", "breached")]


def test_the_clock_of_the_resolution_stands_while_the_customer_is_waited_for() -> None:
    waits = step("moved", 100, status="waiting_customer")
    wrote = step("moved", 400, status="triaged")
    still = step("moved", 300, status="waiting_customer")
    begun = started("resolution")
    assert ended(begun, waits, still, wrote, step("resolved", 420)) == [
        ("resolution", "open", "met")
    ]
    assert ended(begun, waits, wrote, step("resolved", 421)) == [("resolution", "open", "breached")]
    assert ended(begun, waits, step("moved", 600, ticket_id="T2")) == [
        ("resolution", "open", "open")
    ]
    answer = (started("first_reply"), waits, step("replied", 61))
    assert ended(*answer) == [("first_reply", "open", "breached")]


def test_what_a_ticket_is_done_with_counts_no_more() -> None:
    begun = started("first_reply")
    assert ended(begun, step("ended", 9), step("moved", 600)) == [("first_reply", "open", "open")]
    assert ended(begun, step("ended", 9), step("replied", 600)) == [("first_reply", "open", "open")]
    assert ended(step("ended", 9), step("replied", 9), step("moved", 9)) == []


def test_what_was_missed_before_a_ticket_was_closed_or_merged_was_missed() -> None:
    missed = step("breached", 5, "first_reply")
    assert ended(started("first_reply"), missed, step("ended", 61)) == [
        ("first_reply", "breached", "breached")
    ]
    waits = step("moved", 100, status="waiting_customer")
    assert ended(started("resolution"), waits, step("ended", 600)) == [
        ("resolution", "open", "open")
    ]
    reached = (started("first_reply"), step("replied", 9), step("ended", 600))
    assert ended(*reached) == [("first_reply", "open", "met")]


def test_a_target_that_was_reached_is_not_missed_afterwards() -> None:
    again = (step("replied", 600), step("moved", 601, ticket_id="T2"))
    assert ended(started("first_reply"), step("replied", 9), *again) == [
        ("first_reply", "open", "met")
    ]


def test_a_target_that_begins_anew_is_another_one_and_one_that_goes_on_is_not() -> None:
    first = (started("resolution"), step("resolved", 50))
    anew = (started("resolution", 100), step("resolved", 230))
    assert ended(*first, *anew) == [
        ("resolution", "open", "met"), ("resolution", "open", "breached"),
    ]  # fmt: skip
    runs_on = started("resolution", 100)
    assert ended(started("resolution"), runs_on, step("resolved", 121)) == [
        ("resolution", "open", "breached")
    ]
    resumed = started("resolution", 100, resumed=True)
    assert ended(*first, resumed, step("moved", 600, ticket_id="T2")) == [
        ("resolution", "open", "met")
    ]


def test_a_new_promise_on_the_way_counts_from_then_on() -> None:
    tighter = promising(30, 30)
    promises = Promises()
    promises.take([started("resolution", minutes=120)], POLICY)
    promises.take([started("resolution", 20, minutes=30)], tighter)
    promises.take([step("resolved", 40)], tighter)
    assert [one.again for one in promises.ended()] == ["open"], "nothing differs from the recorded"
    promises = Promises()
    promises.take([started("resolution", minutes=5)], POLICY)
    promises.take([started("resolution", 20, minutes=30)], tighter)
    promises.take([step("resolved", 40)], tighter)
    assert [one.again for one in promises.ended()] == ["breached"]


def test_the_priority_that_a_ticket_would_have_decides_what_is_promised() -> None:
    high = step("prioritised", 0, priority="high")
    other = step("prioritised", 0, priority="high", ticket_id="T2")
    reply = step("replied", 11)
    assert ended(high, started("first_reply"), reply) == [("first_reply", "open", "breached")]
    assert ended(other, started("first_reply"), reply) == [("first_reply", "open", "met")]
    assert ended(started("first_reply", priority="high"), reply) == [
        ("first_reply", "open", "breached")
    ]


def test_targets_are_told_ticket_by_ticket_and_counted() -> None:
    promises = Promises()
    for ticket in ("T2", "T1"):
        promises.take([started("resolution", ticket_id=ticket)], POLICY)
        promises.take([started("first_reply", ticket_id=ticket)], POLICY)
    promises.take([step("replied", 9), step("met", 9, "first_reply")], POLICY)
    found = promises.ended()
    assert found == [
        Ended("T1", "first_reply", "met", "met"),
        Ended("T1", "resolution", "open", "open"),
        Ended("T2", "first_reply", "open", "open"),
        Ended("T2", "resolution", "open", "open"),
    ]
    assert summed(found) == {
        "first_reply": {
            "recorded": {"met": 1, "breached": 0, "open": 1},
            "again": {"met": 1, "breached": 0, "open": 1},
        },
        "resolution": {
            "recorded": {"met": 0, "breached": 0, "open": 2},
            "again": {"met": 0, "breached": 0, "open": 2},
        },
    }
