"""One slip of the finger: what was meant is found, as a plain comparison of all words finds it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.understanding.slips import SHORTEST, Slips
from tests.understanding.plain import slip

WORDS = st.text("abc", min_size=1, max_size=7)


@given(known=st.sets(WORDS, max_size=12), word=WORDS)
def test_it_finds_what_comparing_with_every_word_finds(known: set[str], word: str) -> None:
    near = [one for one in known if slip(word, one) and max(len(one), len(word)) >= SHORTEST]
    expected = word if word in known else near[0] if len(near) == 1 else None
    assert Slips(known).meant(word) == expected


@pytest.mark.parametrize("word", ["aain", "aagain", "ahain", "agani", "gaain", "again"])
def test_each_kind_of_slip_is_found(word: str) -> None:
    assert Slips(["again", "status"]).meant(word) == "again"


@pytest.mark.parametrize("word", ["", "agn", "agni", "aiagn", "waiting", "x" * 1_000_000])
def test_two_slips_are_none(word: str) -> None:
    assert Slips(["again"]).meant(word) is None


def test_a_letter_left_out_and_another_put_in_are_two() -> None:
    assert Slips(["azyyy"]).meant("xayyy") is None


def test_a_letter_too_many_is_found_in_the_longest_word() -> None:
    assert Slips(["again"]).meant("aagain") == "again"


def test_where_two_words_are_as_near_none_was_meant() -> None:
    assert Slips(["reply", "reply1"]).meant("reply2") is None


def test_short_words_are_not_guessed() -> None:
    assert Slips(["same", "later"]).meant("sane") is None
