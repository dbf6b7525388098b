"""Figures of models that were made without what they are judged on."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from streams.evaluating.figures import SURE, Figure, wilson

__all__ = ["Figure", "area", "printed", "share", "wilson"]


def share(task: str, measure: str, right: float, n: int, protocol: str) -> Figure:
    """A figure that is a share of cases."""
    right = float(right)  # of numpy, where a measure is no count
    low, high = wilson(right, n)
    return Figure(task, measure, right / n if n else 0.0, n, low, high, protocol)


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


def printed(figures: Iterable[Figure]) -> None:
    """Print figures as lines, shares in per cent."""
    for one in figures:
        print(
            f"{one.task}: {one.measure} {100 * one.value:.1f}% "
            f"({100 * one.low:.1f} to {100 * one.high:.1f}, n {one.n}); {one.protocol}",
            flush=True,
        )
