"""Panels laid out as lines and words, for whatever draws them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.plots.daily import Panel

ACROSS = 3
WIDE, HIGH = 300, 150
"""Of a panel with what stands around it."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 30, 24

INK, LINE, GRID = "#222222", "#1f5fa8", "#dddddd"


class Line(NamedTuple):
    """A line through some points, or, of one point alone, a dot."""

    points: Sequence[tuple[float, float]]
    colour: str
    width: float


class Words(NamedTuple):
    """A text, whose middle line is at a height."""

    x: float
    y: float
    text: str
    size: int
    anchor: str  # start, middle or end


Shape = Line | Words


def size_of(panels: Sequence[Panel]) -> tuple[int, int]:
    """How wide and high the whole is."""
    return ACROSS * WIDE, max(1, math.ceil(len(panels) / ACROSS)) * HIGH


def shapes(panels: Sequence[Panel]) -> Iterator[Shape]:
    """Every line and word of some panels, side by side."""
    for number, panel in enumerate(panels):
        yield from _panel(panel, number % ACROSS * WIDE, number // ACROSS * HIGH)


def _panel(panel: Panel, left: float, top: float) -> Iterator[Shape]:
    x0, x1 = left + _LEFT, left + WIDE - _RIGHT
    y0, y1 = top + HIGH - _BOTTOM, top + _TOP
    highest = nice(max((value for value in panel.values if value is not None), default=0.0))
    yield Words(x0, top + 14, panel.title, 13, "start")
    for part in (0.0, 0.5, 1.0):
        y = y0 + (y1 - y0) * part
        yield Line([(x0, y), (x1, y)], GRID, 1)
        yield Words(x0 - 6, y, f"{highest * part:g}", 10, "end")
    yield Words(x0, y0 + 13, panel.days[0], 10, "start")
    if len(panel.days) > 1:
        yield Words(x1, y0 + 13, panel.days[-1], 10, "end")
    step = (x1 - x0) / max(1, len(panel.days) - 1)
    for stretch in stretches(panel.values):
        yield Line(
            [(x0 + at * step, y0 + (y1 - y0) * value / highest) for at, value in stretch], LINE, 1.6
        )


def nice(value: float) -> float:
    """The next number above that reads well and can be halved; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        one * power
        for one in (1.0, 1.2, 1.6, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0)
        if one * power >= value
    )


def stretches(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """The values that follow one another without a gap, with their places."""
    held: list[tuple[int, float]] = []
    for place, value in enumerate(values):
        if value is not None:
            held.append((place, value))
        elif held:
            yield held
            held = []
    if held:
        yield held
