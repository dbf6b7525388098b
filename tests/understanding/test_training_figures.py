"""A figure says how sure it is."""

from __future__ import annotations

import pytest

from training.figures import area, share, wilson


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(9, 10, 0.596, 0.982), (0, 20, 0.0, 0.161), (20, 20, 0.839, 1.0), (500, 1000, 0.469, 0.531)],
)
def test_the_interval_of_a_share_is_wilsons(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right, n) == pytest.approx((low, high), abs=0.001)


def test_a_share_is_printed_with_its_cases() -> None:
    figure = share("a task", "accuracy", 9, 10, "held out")
    assert (figure.value, figure.n) == (0.9, 10)
    assert figure.low < figure.value < figure.high


@pytest.mark.parametrize(
    ("inside", "outside", "value"),
    [([0.1, 0.2], [0.3, 0.4], 1.0), ([0.3], [0.1], 0.0), ([0.5, 0.5], [0.5], 0.5)],
)
def test_the_area_counts_ties_by_half(
    inside: list[float], outside: list[float], value: float
) -> None:
    figure = area("a task", "AUROC", inside, outside, "held out")
    assert figure.value == value
    assert 0.0 <= figure.low <= figure.value <= figure.high <= 1.0


def test_more_cases_make_an_area_surer() -> None:
    few = area("a", "AUROC", [0.1, 0.5, 0.3], [0.4, 0.6, 0.2], "")
    many = area("a", "AUROC", [0.1, 0.5, 0.3] * 50, [0.4, 0.6, 0.2] * 50, "")
    assert many.value == pytest.approx(few.value)
    assert many.high - many.low < few.high - few.low
