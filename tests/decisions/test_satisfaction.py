"""How satisfied a customer is: the pure judgement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.customer import Satisfaction, satisfaction

_ratings = st.lists(st.integers(1, 5), max_size=10)
_tones = st.lists(st.floats(0, 1), max_size=10)


@pytest.mark.parametrize(
    ("ratings", "tones", "expected"),
    [
        ([], [], Satisfaction(0.5, "unknown", 0)),
        ([1], [], Satisfaction(0.0, "unknown", 1)),
        ([5], [], Satisfaction(1.0, "unknown", 1)),
        ([3], [], Satisfaction(0.5, "unknown", 1)),
        ([], [0.25], Satisfaction(0.25, "unknown", 1)),
        ([5], [0.0], Satisfaction(0.75, "unknown", 2)),
        ([1, 5], [], Satisfaction(0.5, "improving", 2)),
        ([5, 1], [0.0, 1.0], Satisfaction(0.5, "falling", 4)),
        ([], [0.5, 0.54], Satisfaction(0.52, "steady", 2)),
        ([], [0.5, 0.6], Satisfaction(0.55, "improving", 2)),
        ([], [0.2, 0.9, 0.4], Satisfaction(0.5, "improving", 3)),
    ],
)
def test_ratings_count_three_times_a_tone(
    ratings: list[int], tones: list[float], expected: Satisfaction
) -> None:
    assert satisfaction(ratings, tones) == expected


@given(ratings=_ratings, tones=_tones)
def test_it_is_a_share_and_counts_its_points(ratings: list[int], tones: list[float]) -> None:
    found = satisfaction(ratings, tones)
    assert 0.0 <= found.score <= 1.0
    assert found.data_points == len(ratings) + len(tones)
    assert found.trend in {"unknown", "steady", "improving", "falling"}


@given(ratings=_ratings.filter(bool), tones=_tones, place=st.integers(0, 9))
def test_a_better_rating_never_lowers_it(
    ratings: list[int], tones: list[float], place: int
) -> None:
    better = list(ratings)
    better[place % len(better)] = 5
    assert satisfaction(better, tones).score >= satisfaction(ratings, tones).score


@given(ratings=_ratings, tones=_tones.filter(bool), place=st.integers(0, 9))
def test_a_better_tone_never_lowers_it(ratings: list[int], tones: list[float], place: int) -> None:
    better = list(tones)
    better[place % len(better)] = 1.0
    assert satisfaction(ratings, better).score >= satisfaction(ratings, tones).score


@given(ratings=_ratings, tones=_tones)
def test_the_past_turned_round_turns_the_trend(ratings: list[int], tones: list[float]) -> None:
    turned = {"improving": "falling", "falling": "improving"}
    trend = satisfaction(ratings, tones).trend
    back = satisfaction(ratings[::-1], tones[::-1])
    assert back.trend == turned.get(trend, trend)
