"""How satisfied customers are who turn out to be one, and two again."""

from __future__ import annotations

from typing import Any

import pytest

from agents.world import Understanding
from schemas.events.contacts import SurveyAnswered
from schemas.events.decisions import SatisfactionScored
from schemas.events.intents import ResolveAsked
from streams.testing import understood
from tests.identities import ANON, link, unlink, wrote
from tests.lines import Lines, ScriptedModels

SCRIPT: dict[str, Understanding] = {
    "question 1": understood(sentiment_score=0.9),
    "question 2": understood(sentiment_score=0.1),
}


def rated(lines: Lines, customer: str, score: int, ticket: str | None = None) -> list[Any]:
    told = {"customer_id": customer, "ticket_id": ticket, "score": score}
    return lines.put(SurveyAnswered.model_validate(told))


def solved(lines: Lines, customer: str, number: int) -> str:
    """A ticket of the customer's that is solved."""
    lines.put(wrote(customer, number, channel="email" if customer == "ann" else "whatsapp"))
    ticket = next(t.id for t in lines.tickets(customer).values() if t.is_open)
    lines.put(ResolveAsked(ticket_id=ticket, customer_id=customer, by="bo"))
    return ticket


@pytest.fixture(name="both")
def _both() -> tuple[Lines, str, str]:
    """Ann, who rated a ticket 5, and a nameless number, which rated one 2."""
    lines = Lines(ScriptedModels(script=SCRIPT))
    first = solved(lines, "ann", 1)
    rated(lines, "ann", 5, first)
    second = solved(lines, ANON, 2)
    rated(lines, ANON, 2, second)
    return lines, first, second


def test_what_the_absorbed_line_rated_and_felt_counts_before_the_survivor_s_own(
    both: tuple[Lines, str, str],
) -> None:
    lines, first, second = both
    said = lines.put(link(ANON, "ann"))
    ann = lines.case("ann")
    assert (ann.ratings, ann.rated, ann.tones) == ((2, 5), (second, first), (0.1, 0.9))
    scored = [e for e in said if isinstance(e, SatisfactionScored) and e.customer_id == "ann"]
    assert [one.data_points for one in scored] == [4]


def test_apart_again_each_has_what_was_theirs_and_what_was_rated_since(
    both: tuple[Lines, str, str],
) -> None:
    lines, first, second = both
    lines.put(link(ANON, "ann"))
    rated(lines, "ann", 4, second)
    lines.put(unlink(ANON, "ann"))
    ann, anon = lines.case("ann"), lines.case(ANON)
    assert (ann.ratings, ann.rated, ann.tones) == ((5,), (first,), (0.9,))
    assert (anon.ratings, anon.rated, anon.tones) == ((4,), (second,), (0.1,))


def test_ratings_of_no_ticket_go_and_come_back_once() -> None:
    lines = Lines()
    rated(lines, "ann", 3)
    for score in (1, 3):
        rated(lines, ANON, score)
    lines.put(wrote(ANON, 2))
    lines.put(link(ANON, "ann"))
    assert lines.case("ann").ratings == (1, 3, 3)
    lines.put(unlink(ANON, "ann"))
    assert lines.case("ann").ratings == (3,)
    assert lines.case(ANON).ratings == (1, 3)


def test_a_line_that_passes_on_what_another_hands_over_keeps_nothing_of_it(
    both: tuple[Lines, str, str],
) -> None:
    lines, first, second = both
    lines.put(link("ann", "zoe", channel="email"))
    lines.put(link(ANON, "ann"))
    assert lines.case("zoe").rated == (second, first)
    assert lines.case("ann").rated == (first,)
