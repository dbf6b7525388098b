"""The product before a week's customers: real decisions, read from what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.issues import Issue, Person, Week
from streams.simulating.week.lives import Life
from streams.simulating.week.played import Played, played
from streams.simulating.week.product import Products
from streams.simulating.week.shipped_week import shipped_week
from streams.understanding import light
from tests.weeks import HOUR, NINE, SURE, issue, person, week

ASKED = "Where is my recent refund? It does not show on my statement."
ARTICLE = "bank-refund_not_showing_up"
TAKES = 384.0

Play = Callable[..., Played]


@pytest.fixture(scope="module")
def products() -> Iterator[Products]:
    """Desks that were taught what ships."""
    found = Products(light.load(), shipped_week().lessons)
    yield found
    found.close()


@pytest.fixture
def play(products: Products) -> Play:
    """Plays some issues before the product."""

    def run(
        *issues: Issue, people: tuple[Person, ...] = (), seed: int = 1, **assumed: Any
    ) -> Played:
        given = msgspec.structs.replace(SURE, **{"seats": 2, "reminders": 0, **assumed})
        return played(week(*issues, people=people), "system", seed, given, products)

    return run


def lives(found: Played) -> dict[str, Life]:
    return {one.issue.id: one for one in found.lives}


def question(name: str, at: float = NINE, **fields: Any) -> Issue:
    return issue(name, at, **{"texts": (ASKED,), "article": ARTICLE, **fields})


def action(name: str, at: float = NINE, **fields: Any) -> Issue:
    texts = ("I would like order 4711-88 of 9 April sent to my new address.",)
    return issue(name, at, **{"texts": texts, "kind": "action", "article": None, **fields})


def test_an_article_answers_by_itself_and_is_accepted(play: Play) -> None:
    found = play(question("one", 22 * HOUR))
    assert found.ledger is not None
    assert [one.right for one in found.ledger.answers] == [True]
    one = lives(found)["one"]
    assert (one.outcome, one.contacts, one.answers, one.touches) == ("solved", 1, 1, 0)
    assert one.first_reply == pytest.approx(22 * HOUR, abs=1)


def test_a_wrong_answer_brings_the_customer_back_to_a_person(play: Play) -> None:
    found = play(question("one", article="another"), again=1.0)
    one = lives(found)["one"]
    assert (one.outcome, one.contacts, one.answers, one.touches) == ("solved", 2, 1, 1)
    assert one.tickets == 1
    assert one.retried == 0  # it was no person who had not helped


def test_what_no_article_answers_is_taken_up_when_people_are_there(play: Play) -> None:
    found = lives(play(action("day"), action("night", 22 * HOUR, who="bob")))
    assert found["day"].first_reply == NINE
    assert found["day"].ended == NINE + TAKES
    assert found["night"].first_reply == (24 + 8) * HOUR
    assert {one.outcome for one in found.values()} == {"solved"}


def test_two_seats_take_two_tickets_and_the_third_waits(play: Play) -> None:
    some = [action(name, NINE + n, who=name) for n, name in enumerate("abc")]
    found = lives(play(*some))
    assert [found[name].first_reply for name in "abc"] == [NINE, NINE + 1, NINE + TAKES]


def test_what_came_to_the_wrong_team_is_passed_on_once(play: Play) -> None:
    found = play(action("one", team="parcels"))
    one = lives(found)["one"]
    assert (one.transfers, one.touches, one.replies) == (1, 2, 1)
    assert found.ledger is not None
    assert found.ledger.routed == {"one": False}
    assert one.first_reply == NINE + TAKES


def test_who_has_the_right_team_and_not_the_language_calls_a_colleague(play: Play) -> None:
    foreign = action("one", kind="lang", language="da", team="general")
    found = play(foreign, action("two", NINE + 1, who="bob"), seats=1)
    one, two = lives(found)["one"], lives(found)["two"]
    assert (one.transfers, one.touches, one.outcome) == (1, 2, "solved")
    assert one.first_reply == NINE + TAKES
    assert two.first_reply == NINE + 2 * TAKES


def test_a_packet_is_held_against_what_was_said(play: Play) -> None:
    told = action("one", team="parcels", facts=("4711-88", "9 April", "Rose"))
    found = play(told)
    assert found.ledger is not None
    first, second = found.ledger.packets
    assert not first.handed_on
    assert second.handed_on
    assert dict(second.facts) == {"4711-88": True, "9 April": True}
    assert second.strange == 0
    assert lives(found)["one"].rebuilding == 0.0


def test_a_fact_that_is_missing_in_a_packet_costs_time(play: Play) -> None:
    # what is quoted of a message has an end, and what stands after it is lost to the packet
    much = " ".join(f"Part number{chr(97 + i)} of my order is broken." for i in range(24))
    texts = (f"{much} Somebody called Rosalind must look at it, please.",)
    told = action("one", team="parcels", texts=texts, facts=("Rosalind",))
    one = lives(play(told))["one"]
    assert one.worked == pytest.approx(TAKES * 2.4)
    assert one.rebuilding == pytest.approx(TAKES * 0.4)


def test_an_angry_customer_is_escalated(play: Play) -> None:
    texts = ("This is a formal complaint, I will go to my lawyer about my broken order.",)
    found = lives(play(action("one", texts=texts, escalate=True), action("two", who="bob")))
    assert found["one"].escalated
    assert not found["two"].escalated


def test_what_is_delivered_twice_is_worked_on_once(play: Play) -> None:
    one = action("one")
    again = msgspec.structs.replace(one.said[0], arrives=NINE + 5, repeat=True)
    found = play(msgspec.structs.replace(one, said=(*one.said, again)))
    assert found.ledger is not None
    assert (found.ledger.messages, found.ledger.traced) == (1, 1)
    assert lives(found)["one"].touches == 1


def test_every_message_goes_to_one_ticket_whatever_happens(products: Products) -> None:
    some = shipped_week().first(60)
    found = played(some, "system", 3, Assumptions(seats=8), products)
    assert found.ledger is not None
    assert found.ledger.messages > 60
    assert found.ledger.traced == found.ledger.messages
    assert [one.issue.id for one in found.lives if one.first_reply is None] == []


def test_the_same_seed_gives_the_same_week_and_another_gives_another(products: Products) -> None:
    some: Week = shipped_week().first(40)
    play = partial(played, some, "system", assumed=Assumptions(), products=products)
    assert play(seed=4) == play(seed=4)
    assert play(seed=4) != play(seed=5)


def test_a_customer_who_comes_from_elsewhere_is_handed_on(play: Play) -> None:
    both = person("ann", "email", "phone")
    told = action("one", 21 * HOUR, channel="phone", facts=("4711-88",))
    found = play(told, people=(both,), reminders=1, switches=1.0)
    assert found.ledger is not None
    assert lives(found)["one"].contacts == 2
    assert any(one.handed_on and one.facts for one in found.ledger.packets)
