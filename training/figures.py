"""A measured figure with its interval, as everything that reports figures gives it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

SURE = 1.959963984540054
"""Standard deviations to each side that hold 95% of a normal distribution."""


class Figure(NamedTuple):
    """One figure.

    Attributes:
        task: What is judged, such as "categories, Banking77".
        measure: What is measured, such as "accuracy".
        value: The figure, a share from 0 to 1 where it is one.
        n: The number of cases that it rests on.
        low: Lower end of the 95% interval.
        high: Upper end.
        protocol: What was trained on what, and judged on what.
    """

    task: str
    measure: str
    value: float
    n: int
    low: float
    high: float
    protocol: str


def wilson(right: float, n: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927).

    Args:
        right: How many of the cases; may be a fraction where a measure is not a count.
        n: The number of cases, at least one.
    """
    share, spread = right / n, SURE**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = SURE * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(task: str, measure: str, right: float, n: int, protocol: str) -> Figure:
    """A figure that is a share of cases."""
    low, high = wilson(right, n)
    return Figure(task, measure, right / n, n, low, high, protocol)


def area(
    task: str, measure: str, inside: Sequence[float], outside: Sequence[float], protocol: str
) -> Figure:
    """The area under the curve by which `outside` scores higher (Hanley and McNeil 1982)."""
    low, high = sorted(inside), sorted(outside)
    under = sum(bisect_left(low, one) + bisect_right(low, one) for one in high)
    value = under / (2 * len(low) * len(high))
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (len(high) - 1) * (first - value**2)
    spread = (spread + (len(low) - 1) * (second - value**2)) / (len(low) * len(high))
    half = SURE * math.sqrt(max(spread, 0.0))
    ends = max(0.0, value - half), min(1.0, value + half)
    return Figure(task, measure, value, len(low) + len(high), *ends, protocol)


def printed(figures: list[Figure]) -> None:
    """Print figures as lines, shares in per cent."""
    for one in figures:
        print(
            f"{one.task}: {one.measure} {100 * one.value:.1f}% "
            f"({100 * one.low:.1f} to {100 * one.high:.1f}, n {one.n}); {one.protocol}"
        )
