"""Customers who wait, write again, accept or give up: the same ones before every desk."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.simulating.week.agenda import Agenda
from streams.simulating.week.assumptions import PATIENCE, Assumptions
from streams.simulating.week.customers import Customers
from streams.simulating.week.draws import Draws
from streams.simulating.week.issues import Issue, Person, Said
from streams.simulating.week.lives import By, Life
from tests.weeks import NINE, issue, person

DAYS = 14 * 86_400.0


class Listening:
    """Customers before a desk that hears them and does what a test says."""

    def __init__(
        self, *issues: Issue, who: Person | None = None, seed: int = 1, **assumed: Any
    ) -> None:
        self.heard: list[Said] = []
        self.agenda = Agenda()
        self.draws = Draws(seed)
        people = {one.person: who or person(one.person) for one in issues}
        hear = lambda _life, said, _at: self.heard.append(said)  # noqa: E731  # one line is enough
        self.customers = Customers(self.agenda, self.draws, Assumptions(**assumed), people, hear)
        self.customers.come(issues)

    def until(self, moment: float = DAYS) -> None:
        while self.agenda.step(moment):
            pass

    def life(self, name: str = "one") -> Life:
        return self.customers.lives[name]


def test_who_hears_nothing_reminds_three_times_and_then_waits_in_silence() -> None:
    here = Listening(issue("one"))
    here.until()
    assert len(here.heard) == 4
    assert here.life().contacts == 4
    assert here.life().outcome is None


def test_patience_is_that_of_the_channel() -> None:
    for channel, mean in PATIENCE.items():
        here = Listening(*(issue(f"{n}", channel=channel, who=f"p{n}") for n in range(400)))
        here.until()
        first: dict[str, float] = {}
        for said in here.heard:
            if "again-1" in said.provider_id:
                first[said.provider_id] = said.at - NINE
        average = sum(first.values()) / len(first)
        assert 0.85 * mean < average < 1.15 * mean


def test_what_is_split_and_what_comes_twice_is_one_contact() -> None:
    one = issue("one", texts=("where is", "my parcel", "please"))
    said = (*one.said, msgspec.structs.replace(one.said[0], arrives=NINE + 900, repeat=True))
    here = Listening(msgspec.structs.replace(one, said=said))
    here.until(NINE + 10)
    assert here.life().contacts == 1
    assert len(here.heard) == 3


def test_what_comes_twice_makes_nobody_more_patient() -> None:
    one = issue("one", channel="phone")
    repeat = msgspec.structs.replace(one.said[0], arrives=NINE + 20, repeat=True)
    came = []
    for said in (one.said, (*one.said, repeat)):
        here = Listening(msgspec.structs.replace(one, said=said))
        here.until()
        came.append([(told.at, told.text) for told in here.heard if not told.repeat])
    assert came[0] == came[1]
    assert len(came[0]) == 4


def test_who_has_somebody_while_still_writing_waits_for_them() -> None:
    here = Listening(issue("one", channel="phone", texts=("hello", "my parcel")))
    here.until(NINE)
    here.customers.taken_up(here.life(), NINE)
    here.until()
    assert len(here.heard) == 2


def test_a_reply_that_comes_while_somebody_still_writes_is_judged_when_they_are_done() -> None:
    here = Listening(issue("one", texts=("hello", "my parcel")), accepts=1.0)
    here.until(NINE)
    here.customers.replied(here.life(), NINE, "article", right=True)
    assert here.life().outcome is None
    here.until()
    assert here.life().outcome == "solved"
    assert here.life().ended == NINE + 1
    assert here.life().contacts == 1


def test_who_is_answered_well_writes_no_more() -> None:
    here = Listening(issue("one"))
    here.until(NINE)
    here.customers.replied(here.life(), NINE + 5, "person", right=True)
    here.until()
    assert here.life().outcome == "solved"
    assert len(here.heard) == 1


def test_a_wrong_answer_is_never_a_success() -> None:
    here = Listening(*(issue(f"{n}", who=f"p{n}") for n in range(300)), reminders=0)
    here.until(NINE)
    for life in here.customers.lives.values():
        here.customers.replied(life, NINE, "article", right=False)
    here.until()
    outcomes = Counter(life.outcome for life in here.customers.lives.values())
    assert outcomes["solved"] == 0
    assert 15 <= outcomes["gave_up"] <= 45
    assert all(
        life.contacts == (1 if life.outcome == "gave_up" else 2)
        for life in here.customers.lives.values()
    )


def test_of_right_answers_as_many_are_accepted_as_is_assumed() -> None:
    here = Listening(*(issue(f"{n}", who=f"p{n}") for n in range(1000)))
    here.until(NINE)
    for life in here.customers.lives.values():
        here.customers.replied(life, NINE, "article", right=True)
    solved = sum(life.outcome == "solved" for life in here.customers.lives.values())
    assert 890 <= solved <= 945


def test_who_has_somebody_does_not_lose_patience() -> None:
    here = Listening(issue("one", channel="phone"))
    here.until(NINE)
    here.customers.taken_up(here.life(), NINE)
    here.until()
    assert len(here.heard) == 1
    assert here.life().first_reply == NINE


def test_who_is_passed_on_waits_again() -> None:
    here = Listening(issue("one"))
    here.until(NINE)
    here.customers.passed_on(here.life(), NINE + 60)
    here.until()
    assert len(here.heard) == 4


def test_somebody_with_more_channels_switches_as_often_as_is_assumed() -> None:
    both = person("ann", "email", "phone")
    here = Listening(*(issue(f"{n}") for n in range(500)), who=both, reminders=1)
    here.until()
    again = [one.channel for one in here.heard if "again" in one.provider_id]
    assert len(again) == 500
    assert 0.40 < again.count("phone") / 500 < 0.50


def test_who_writes_from_an_unlisted_address_mostly_says_who_they_are() -> None:
    both = Person("ann", "ann@example.org", {"email": "a", "slack": "U1"}, frozenset({"email"}))
    here = Listening(*(issue(f"{n}") for n in range(500)), who=both, reminders=1)
    here.until()
    switched = [one.text for one in here.heard if one.channel == "slack"]
    said = sum("ann@example.org" in text for text in switched)
    assert 0.75 < said / len(switched) < 0.93
    assert not any("ann@example.org" in one.text for one in here.heard if one.channel == "email")


def test_facts_are_given_when_they_are_said() -> None:
    here = Listening(
        issue("one", texts=("hello", "order 47 11"), facts=("4711", "9 April")), reminders=0
    )
    here.until(NINE)
    assert here.life().given == set()
    here.until()
    assert here.life().given == {"4711"}


@given(
    seed=st.integers(0, 10**6),
    replies=st.lists(st.tuples(st.floats(0, 1e5), st.booleans(), st.booleans()), max_size=4),
)
def test_what_was_done_for_others_changes_nothing_for_anybody(
    seed: int, replies: list[tuple[float, bool, bool]]
) -> None:
    def lived(*names: str) -> list[tuple[str, float, str]]:
        here = Listening(*(issue(name, who=name) for name in names), seed=seed)
        for after, by_person, right in replies:
            for name in names:
                life = here.life(name)
                by: By = "person" if by_person else "article"
                reply = partial(here.customers.replied, life, by=by, right=right)
                here.agenda.at(NINE + after, reply)
        here.until()
        return [(one.channel, one.at, one.text) for one in here.heard if one.handle == "email-one"]

    assert lived("one") == lived("two", "one", "three")


@given(seed=st.integers(), what=st.text(), number=st.integers(0, 99))
def test_a_draw_depends_on_nothing_but_what_is_drawn(seed: int, what: str, number: int) -> None:
    first = Draws(seed)
    first.share("other", what, number)
    share = first.share("one", what, number)
    assert share == Draws(seed).share("one", what, number)
    assert 0.0 < share < 1.0
    assert share != first.share("one", what, number + 1)


def test_durations_have_the_median_that_is_assumed() -> None:
    draws = Draws(3)
    found = sorted(draws.lognormal("one", "handling", n, 384.0, 0.6) for n in range(2001))
    assert 360 < found[1000] < 408
    assert 0.5 < sum(one < 384.0 * 1.5 for one in found) / 2001 < 0.85


def test_of_equal_moments_the_one_set_first_comes_first() -> None:
    agenda, came = Agenda(), list[str]()

    def note(name: str, at: float) -> None:
        came.append(f"{name}{at:.0f}")

    def late(at: float) -> None:
        agenda.at(at - 9.0, partial(note, "at once "))

    for name in "bac":
        agenda.at(5.0, partial(note, name))
    agenda.at(1.0, late)
    while agenda.step(10.0):
        pass
    assert came == ["at once 1", "b5", "a5", "c5"]
