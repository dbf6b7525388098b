"""Figures are what their definitions say, and know how sure they are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.world import ArticleHit
from streams.evaluating.answers import Found, answering, ece, ranking
from streams.evaluating.figures import resampled, share, wilson


def test_a_share_of_ten_is_as_unsure_as_wilson_says() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert wilson(0, 0) == (0.0, 1.0)


@given(n=st.integers(1, 10_000), data=st.data())
def test_an_interval_holds_its_share_and_narrows_with_more_of_the_same(
    n: int, data: st.DataObject
) -> None:
    right = data.draw(st.integers(0, n))
    low, high = wilson(right, n)
    assert 0.0 <= low <= right / n <= high <= 1.0
    narrow_low, narrow_high = wilson(4 * right, 4 * n)
    assert narrow_high - narrow_low < high - low


def test_a_share_of_nothing_says_so() -> None:
    figure = share("t", "m", [], "p")
    assert (figure.value, figure.n, figure.low, figure.high) == (0.0, 0, 0.0, 1.0)


def test_what_is_drawn_again_is_the_same_in_every_run() -> None:
    items = [0.1, 0.5, 0.9, 0.2, 0.7]

    def mean(at: object) -> float:
        return sum(items[i] for i in at) / len(items)  # type: ignore[attr-defined]  # places

    one, other = (resampled("t", "m", items, mean, "p") for _ in range(2))
    assert one == other
    assert one.low < one.value < one.high


HITS = [ArticleHit("a", 0.95), ArticleHit("b", 0.4), ArticleHit("c", 0.1)]
FOUND = [
    Found(HITS, frozenset({"a"})),
    Found(HITS, frozenset({"c"})),
    Found(HITS, frozenset()),
    Found((), frozenset({"b"})),
]


def test_ranking_is_of_what_can_be_answered() -> None:
    first, five, gain = ranking("t", FOUND, "p")
    assert (first.value, first.n) == (1 / 3, 3)
    assert five.value == pytest.approx(2 / 3)
    assert gain.value == pytest.approx((1 + 1 / math.log2(4)) / 3)


def test_several_right_articles_are_all_wanted() -> None:
    *_, gain = ranking("t", [Found(HITS, frozenset({"a", "z"}))], "p")
    assert gain.value == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_answers_are_right_wrong_or_to_what_nobody_can_answer() -> None:
    figures = {(one.measure): one for one in answering("t", FOUND, "p")}
    assert figures["answers over 0.9 right"].value == pytest.approx(1 / 3)
    assert figures["answerable with an answer over 0.9"].value == pytest.approx(2 / 3)
    assert figures["unanswerable with an answer over 0.9"].value == 1.0
    assert figures["answers over 0.8 right"].n == 3


def test_confidence_that_is_true_on_average_has_no_calibration_error() -> None:
    assert ece([(0.5, True), (0.5, False)]) == 0.0
    assert ece([(1.0, False)]) == 1.0
    assert ece([(0.9, True), (0.9, True), (0.1, False)]) == pytest.approx(0.1)
    assert ece([]) == 0.0
