"""A measured figure with what it rests on, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

import msgspec

SURE = 1.959964
"""The normal quantile of a 95% interval."""

RESAMPLED = 200
"""Times that measured items are drawn anew for the interval of what is no share."""


class Figure(msgspec.Struct, frozen=True):
    """One figure.

    Attributes:
        task: What was asked of the models.
        measure: What was counted.
        value: The figure, 0 to 1.
        n: Over how many items.
        low: Lower end of its 95% interval.
        high: Upper end of its 95% interval.
        protocol: What was kept from whom, so that the figure is fair.
    """

    task: str
    measure: str
    value: float
    n: int
    low: float
    high: float
    protocol: str


class Lacking(msgspec.Struct, frozen=True):
    """What could not be measured, and why."""

    task: str
    why: str


def wilson(right: float, n: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927, "Probable inference").

    Of nothing, everything is possible.

    Args:
        right: How many of the items; may be a fraction where a measure is not a count.
        n: The number of items.
    """
    if n == 0:
        return 0.0, 1.0
    share, square = right / n, SURE * SURE
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = SURE / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # of all or none the end is the share itself, which rounding may miss
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def share(task: str, measure: str, right: Sequence[bool], protocol: str) -> Figure:
    """The share of items that are right; 0 of none."""
    count, n = sum(right), len(right)
    low, high = wilson(count, n)
    return Figure(task, measure, count / n if n else 0.0, n, low, high, protocol)


def resampled(
    task: str,
    measure: str,
    items: Sequence[object],
    value: Callable[[Sequence[int]], float],
    protocol: str,
) -> Figure:
    """A figure over items whose interval comes from drawing them again (Efron 1979, "Bootstrap").

    Args:
        task: What was asked of the models.
        measure: What was counted.
        items: The items.
        value: The figure over the items at some places.
        protocol: What was kept from whom.
    """
    places = range(len(items))
    dice = Random(task + measure)  # noqa: S311  # the same draws in every run
    again = sorted(value(dice.choices(places, k=len(items))) for _ in range(RESAMPLED))
    tail = RESAMPLED // 40
    return Figure(task, measure, value(places), len(items), again[tail], again[-tail - 1], protocol)
