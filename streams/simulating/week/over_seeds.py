"""Figures over seeds: their mean, and the interval in which the mean lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, stdev

import msgspec

from streams.simulating.week.measures import Figures

# Student's t at 97.5%, for 1, 2, 3, ... degrees of freedom.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip

_MANY = 1.96


class Estimate(msgspec.Struct, frozen=True):
    """A figure over seeds.

    Attributes:
        mean: Its mean; None where a seed has none.
        low: Where the 95% interval of the mean begins; None with one seed.
        high: Where it ends.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float | None]) -> Estimate:
    """The mean of some seeds' values, by Student's t."""
    known = [one for one in values if one is not None]
    if not known or len(known) < len(values):
        return Estimate(None)
    middle = mean(known)
    if len(known) == 1:
        return Estimate(middle)
    freedom = len(known) - 1
    t = _T[freedom - 1] if freedom <= len(_T) else _MANY
    half = t * stdev(known) / math.sqrt(len(known))
    return Estimate(middle, middle - half, middle + half)


def estimates(seeds: Sequence[Figures]) -> dict[str, Estimate]:
    """All figures of some seeds."""
    return {name: estimate([one[name] for one in seeds]) for name in seeds[0]}


def differences(one: Sequence[Figures], other: Sequence[Figures], name: str) -> Estimate:
    """By how much a figure is higher in one arm than in another, seed by seed."""
    pairs = ((a[name], b[name]) for a, b in zip(one, other, strict=True))
    return estimate([None if a is None or b is None else a - b for a, b in pairs])
