"""The silo and the unified desk, on weeks that are worked out by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from streams.simulating.week.arms import ArmName
from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.issues import DAY, Issue
from streams.simulating.week.lives import Life
from streams.simulating.week.plain_desks import shared_out
from streams.simulating.week.played import played
from streams.simulating.week.shipped_week import shipped_week
from tests.weeks import HOUR, NINE, SURE, issue, person, week

PLAIN: tuple[ArmName, ...] = ("silo", "unified")
TAKES = 384.0
"""Seconds that each issue takes where nothing varies."""

PATIENT = 1e9


def lived(arm: ArmName, *issues: Issue, seed: int = 1, **assumed: Any) -> dict[str, Life]:
    """What became of some issues."""
    given = msgspec.structs.replace(SURE, **{"seats": 8, "reminders": 0, **assumed})
    people = (person("ann", "email", "phone"),)
    found = played(week(*issues, people=people), arm, seed, given, None)
    return {one.issue.id: one for one in found.lives}


@pytest.mark.parametrize("arm", PLAIN)
def test_one_issue_takes_one_person_once(arm: ArmName) -> None:
    one = lived(arm, issue("one"))["one"]
    assert (one.outcome, one.contacts, one.touches, one.replies) == ("solved", 1, 1, 1)
    assert one.first_reply == NINE
    assert one.ended == NINE + TAKES
    assert one.worked == TAKES


@pytest.mark.parametrize("arm", PLAIN)
def test_nobody_is_there_at_night(arm: ArmName) -> None:
    found = lived(arm, issue("night", 21 * HOUR), issue("late", 20 * HOUR - 60))
    assert found["night"].first_reply == DAY + 8 * HOUR
    assert found["late"].ended == 20 * HOUR - 60 + TAKES


def test_a_silo_has_one_person_for_mail_and_takes_it_in_order() -> None:
    first, second = issue("a", NINE), issue("b", NINE + 1, who="bob", priority="critical")
    found = lived("silo", second, first, misrouted_silo=0.0)
    assert found["a"].first_reply == NINE
    assert found["b"].first_reply == NINE + TAKES


def test_the_unified_desk_takes_the_most_pressing_first() -> None:
    busy = [issue(f"busy{n}", NINE, who=f"w{n}") for n in range(8)]
    low = issue("low", NINE + 1, who="bob", priority="low")
    high = issue("high", NINE + 2, who="eve", priority="high")
    later = issue("later", NINE + 3, who="joe", priority="low")
    found = lived("unified", *busy, low, high, later, handling_sigma=0.6)
    waits = {name: found[name].first_reply or 0.0 for name in ("high", "low", "later")}
    assert waits["high"] < waits["low"] <= waits["later"]


def test_a_silo_loses_what_was_said_elsewhere_and_the_unified_desk_does_not() -> None:
    told = issue(
        "one", 21 * HOUR, channel="phone", texts=("order 4711, where is it",), facts=("4711",)
    )
    silo = lived("silo", told, reminders=1, switches=1.0)["one"]
    unified = lived("unified", told, reminders=1, switches=1.0)["one"]
    assert silo.tickets == 2
    assert unified.tickets == 1
    assert silo.contacts == unified.contacts == 2
    # the phone's ticket has the order number, the mail's has not
    assert silo.worked == pytest.approx(TAKES * 2.4)
    assert silo.rebuilding == pytest.approx(TAKES * 0.4)
    assert unified.worked == TAKES
    assert unified.rebuilding == 0.0


def test_who_comes_to_the_wrong_person_is_passed_on_once() -> None:
    found = lived("silo", issue("one", kind="gap"), misrouted_silo=1.0)["one"]
    assert (found.transfers, found.touches, found.replies) == (1, 2, 1)
    assert found.first_reply == NINE + TAKES
    assert found.ended == NINE + 2 * TAKES
    easy = lived("silo", issue("one"), misrouted_silo=1.0)["one"]
    assert easy.transfers == 0


def test_a_silo_passes_on_no_facts() -> None:
    told = issue("one", kind="gap", texts=("order 4711",), facts=("4711",))
    silo = lived("silo", told, misrouted_silo=1.0)["one"]
    unified = lived("unified", told, misrouted_unified=1.0)["one"]
    assert silo.worked == pytest.approx(TAKES * 2.4)
    assert unified.worked == pytest.approx(TAKES * 2)


def test_what_a_person_did_not_solve_comes_back_to_the_same_ticket() -> None:
    found = lived("silo", issue("one"), solves=0.0, again=1.0)["one"]
    assert found.outcome is None
    assert found.tickets == 1
    assert found.retried == found.contacts - 1 > 1


@pytest.mark.parametrize("arm", PLAIN)
def test_the_same_customers_come_whatever_the_desk(arm: ArmName) -> None:
    some = shipped_week().first(150)
    one = played(some, arm, 5, Assumptions(), None)
    two = played(some, arm, 5, Assumptions(), None)
    other = played(some, arm, 6, Assumptions(), None)
    assert one == two
    assert one != other


@pytest.mark.parametrize("arm", PLAIN)
def test_more_people_at_work_let_nobody_wait_longer_on_the_whole(arm: ArmName) -> None:
    some = shipped_week().first(400)
    assumed = Assumptions(reminders=0, solves=1.0, solves_lacking=1.0)
    waits = []
    for seats in (8, 12, 16, 30):
        given = msgspec.structs.replace(assumed, seats=seats)
        lives = played(some, arm, 2, given, None).lives
        waits.append(sum((one.first_reply or PATIENT) - one.issue.said[0].arrives for one in lives))
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[-1]


def test_a_queue_is_emptied_and_nobody_is_forgotten() -> None:
    some = shipped_week()
    for arm in PLAIN:
        lives = played(some, arm, 1, Assumptions(), None).lives
        assert [one.issue.id for one in lives if one.first_reply is None] == []
        assert Counter(one.outcome for one in lives)[None] == 0


def test_seats_are_shared_out_by_what_comes_and_each_channel_has_one() -> None:
    some = shipped_week().issues
    shares = shared_out(16, some)
    assert sum(shares.values()) == 16
    assert min(shares.values()) >= 1
    assert shares["chat_widget"] == max(shares.values())
    assert shared_out(8, some) == dict.fromkeys(shares, 1)
