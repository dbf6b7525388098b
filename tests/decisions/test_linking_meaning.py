"""Meanings speak for a ticket where words do not, and where there are none nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.linking_meaning import BITS, bits, nearness
from agents.linking_signals import SIGNALS, signals
from tests.decisions.test_linking import CHARGED, DAY, HOUR, PIN, decide, said, ticket

MONEY = "f" * (BITS // 4)
"""The meaning of a matter."""

NEAR_MONEY = "0f" + MONEY[2:]
"""One that differs from it in four bits."""

ASKEW = "f" * (BITS // 8) + "0" * (BITS // 8)
"""One that has nothing to do with it."""

SKETCHES = st.integers(0, 2**BITS - 1).map(lambda n: f"{n:0{BITS // 4}x}")


def test_nearness_is_the_cosine_that_the_differing_bits_speak_for() -> None:
    assert nearness(bits(MONEY), [MONEY]) == 1.0
    assert nearness(bits(MONEY), [NEAR_MONEY]) == pytest.approx(0.9995, abs=1e-4)
    assert nearness(bits(MONEY), [ASKEW]) == pytest.approx(0.0, abs=1e-9)
    assert nearness(bits(MONEY), ["0" * (BITS // 4)]) == 0.0


def test_the_nearest_of_several_messages_counts() -> None:
    assert nearness(bits(MONEY), [ASKEW, NEAR_MONEY]) == nearness(bits(MONEY), [NEAR_MONEY])


@pytest.mark.parametrize("meaning", [None, "", "erased", "f" * 95, "F" * 96, f"0x{'f' * 94}"])
def test_what_is_no_meaning_is_near_nothing(meaning: str | None) -> None:
    assert bits(meaning) is None
    assert nearness(bits(meaning), [MONEY]) == 0.0
    assert nearness(bits(MONEY), [] if meaning is None else [meaning]) == 0.0


@given(SKETCHES, SKETCHES)
def test_nearness_is_the_same_both_ways_and_between_none_and_one(one: str, other: str) -> None:
    assert nearness(bits(one), [other]) == nearness(bits(other), [one])
    assert 0.0 <= nearness(bits(one), [other]) <= 1.0
    assert nearness(bits(one), [one]) == 1.0


def test_the_signals_of_meaning_are_nought_without_one() -> None:
    places = [SIGNALS.index(name) for name in ("meaning", "follow_up_meaning")]
    one = ticket("A", CHARGED, "email", meanings=(MONEY,))
    (without,) = signals(said("any news?", "phone", HOUR), [one])
    (with_one,) = signals(said("any news?", "phone", HOUR, meaning=NEAR_MONEY), [one])
    assert [without[place] for place in places] == [0.0, 0.0]
    assert all(with_one[place] == pytest.approx(0.9995, abs=1e-4) for place in places)


def test_of_two_tickets_the_one_that_means_the_same_goes_on() -> None:
    older = ticket("A", CHARGED, "email", meanings=(MONEY,))
    later = ticket("B", PIN, "email", 600.0, meanings=(ASKEW,))
    message = said("I wrote earlier, money was taken two times, any update?", "phone", 2 * HOUR)
    assert decide(replace(message, meaning=NEAR_MONEY), older, later).ticket_id == "A"
    assert decide(replace(message, meaning=ASKEW), older, later).ticket_id == "B"


@pytest.mark.parametrize("channel", ["chat_widget", "email", "whatsapp"])
@pytest.mark.parametrize("after", [300.0, 2 * HOUR, DAY])
def test_a_second_question_that_means_something_else_is_a_new_issue(
    channel: str, after: float
) -> None:
    first = ticket("A", CHARGED, "chat_widget", meanings=(MONEY,))
    found = decide(said(PIN, channel, after, meaning=ASKEW), first)
    assert (found.ticket_id, found.rule) == (None, "new")


def test_the_same_matter_in_quite_other_words_goes_on_elsewhere() -> None:
    first = ticket("A", CHARGED, "email", meanings=(MONEY,))
    text = "I wrote on email that they took the money two times, any update?"
    message = said(text, "whatsapp", 2 * HOUR, meaning=NEAR_MONEY)
    assert decide(message, first).ticket_id == "A"
