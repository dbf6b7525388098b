"""Which articles fit speaks for a ticket, however differently the two are worded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.linking_meaning import BITS
from agents.linking_signals import SIGNALS, Solutions, signals
from tests.decisions.test_linking import CHARGED, HOUR, PIN, decide, said, ticket

MEANING = "f" * (BITS // 4)
"""The same for all: here only the articles tell tickets apart."""

REFUNDS: Solutions = (("refunds", 0.6), ("fees", 0.2))
PINS: Solutions = (("pins", 0.7), ("cards", 0.1))

LISTS = st.dictionaries(
    st.sampled_from("abcdefg"), st.floats(1e-4, 1.0, allow_nan=False), max_size=5
).map(lambda found: tuple(found.items()))


def alike(one: Solutions, other: Solutions, text: str = "any news?") -> float:
    """How far the same articles fit a message and a ticket."""
    message = replace(said(text, "phone", HOUR), solutions=one)
    (row,) = signals(message, [ticket("A", CHARGED, "email", solutions=other)])
    return row[SIGNALS.index("follow_up_solutions")]


def test_the_same_articles_in_the_same_proportions_are_all_alike() -> None:
    half = tuple((name, confidence / 2) for name, confidence in REFUNDS)
    assert alike(REFUNDS, half) == pytest.approx(1.0)


def test_whoever_comes_back_to_nothing_is_not_asked_which_article_fits() -> None:
    assert alike(REFUNDS, REFUNDS, "is the hotel right") == 0.0


def test_one_article_of_two_is_half_alike() -> None:
    both = (("a", 0.5), ("b", 0.5))
    assert alike(both, (("b", 0.5), ("c", 0.5))) == pytest.approx(0.5)
    assert alike(both, (("b", 0.9),)) == pytest.approx(0.5**0.5)


@pytest.mark.parametrize("other", [(), PINS, (("refunds", 0.0),)])
def test_other_articles_and_none_speak_for_nothing(other: Solutions) -> None:
    assert alike(REFUNDS, other) == 0.0
    assert alike(other, REFUNDS) == 0.0


@given(LISTS, LISTS)
def test_likeness_is_the_same_both_ways_and_between_none_and_one(
    one: Solutions, other: Solutions
) -> None:
    there, back = alike(one, other), alike(other, one)
    assert there == pytest.approx(back, abs=1e-12)
    assert 0.0 <= there <= 1.0 + 1e-12


def test_of_two_tickets_the_one_that_the_same_article_fits_goes_on() -> None:
    older = ticket("A", CHARGED, "email", meanings=(MEANING,), solutions=REFUNDS)
    later = ticket("B", PIN, "email", 600.0, meanings=(MEANING,), solutions=PINS)
    message = said("I wrote about this on email, any update?", "phone", 2 * HOUR, meaning=MEANING)
    assert decide(replace(message, solutions=REFUNDS), older, later).ticket_id == "A"
    assert decide(replace(message, solutions=PINS), older, later).ticket_id == "B"
