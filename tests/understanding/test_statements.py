"""What customers say beside what has a pattern is quoted as well, so that nobody asks again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.understanding.facts import found
from streams.understanding.statements import LIMIT, LONGEST, statements
from streams.understanding.text import bounded
from streams.understanding.tier import Tier
from tests.understood import seen


def said(message: str) -> list[str]:
    """The statements of a message."""
    return [one.text for one in statements(message, found(message))]


@pytest.mark.parametrize(
    "message",
    [
        "Krishnan",
        "window seat",
        "cable",
        "2",
        "my name is Tyler Jones",
        "delhi to kolkatta",
        "東京",
    ],
)
def test_an_answer_without_a_pattern_is_quoted_whole(message: str) -> None:
    assert said(message) == [message]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "   \n ",
        "Hello there",
        "ok thank you",
        "yes please",
        "any news?",
        "my order number is 4711-88",
        "it cost $45.20",
        "Hi,\n\nmy card ending in 1234\n\nKind regards,\nZoe",
        "> I wrote this before\nthanks",
    ],
)
def test_what_says_nothing_more_than_politeness_and_facts_is_not(message: str) -> None:
    assert said(message) == []


def test_each_sentence_is_a_statement() -> None:
    message = (
        "Hi team,\n\nThe parcel is wet. It came to Lisbon!\nI saw Dr. Morgan at St. Mary.\n"
        "Thanks\nAnn"
    )
    assert said(message) == [
        "The parcel is wet.",
        "It came to Lisbon!",
        "I saw Dr. Morgan at St. Mary.",
    ]


def test_a_statement_keeps_the_fact_in_it() -> None:
    message = "I paid $45.20 in the Lisbon hotel"
    assert said(message) == [message]


def test_a_long_sentence_is_quoted_in_pieces_between_words() -> None:
    message = "parcel " * 60
    pieces = said(message)
    assert " ".join(pieces) == message.strip()
    assert all(len(piece) <= LONGEST for piece in pieces)


def test_pieces_are_bounded_in_bytes_and_cut_no_character() -> None:
    pieces = said("посылка" * 40)
    assert "".join(pieces) == "посылка" * 40
    assert all(len(piece.encode()) <= LONGEST for piece in pieces)


def test_no_more_than_a_bounded_number_is_quoted() -> None:
    assert len(said("Lisbon.\n" * 500)) == LIMIT


@given(st.text(st.sampled_from("aZ é中😀.,!?>\n\t'1-@ "), max_size=400) | st.text(max_size=200))
def test_whatever_is_quoted_is_there_in_order(message: str) -> None:
    text = bounded(message)
    quoted = statements(text, found(text))
    assert all(text[one.start : one.end] == one.text for one in quoted)
    assert all(0 < len(one.text.encode("utf-8", "replace")) <= LONGEST for one in quoted)
    assert [one.start for one in quoted] == sorted({one.start for one in quoted})


def test_facts_come_before_statements(models: Tier) -> None:
    facts = seen(models, "My name is Krishnan. The order 4711-88 went to Lisbon.").facts
    assert [(one.kind, one.text) for one in facts] == [
        ("order", "4711-88"),
        ("statement", "My name is Krishnan."),
        ("statement", "The order 4711-88 went to Lisbon."),
    ]
