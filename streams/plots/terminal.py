"""Panels in a terminal: a line of blocks each."""

from __future__ import annotations

from collections.abc import Sequence

from streams.plots.daily import Panel

_BLOCKS = "▁▂▃▄▅▆▇█"
COLUMNS = 60
"""Of a line; where there are more days, each column is the mean of some."""


def text(panels: Sequence[Panel]) -> str:
    """The panels as text; (nothing) of none."""
    if not panels:
        return "(nothing)"
    wide = max(len(panel.title) for panel in panels)
    lines = [f"{'':{wide}}  {panels[0].days[0]} to {panels[0].days[-1]}"]
    for panel in panels:
        there = [value for value in panel.values if value is not None]
        said = f"{min(there):.4g} to {max(there):.4g}" if there else "-"
        lines.append(f"{panel.title:{wide}}  {blocks(panel.values)}  {said}")
    return "\n".join(lines)


def blocks(values: Sequence[float | None]) -> str:
    """Values as blocks as high as they are against the highest; a gap is a blank."""
    columns = [_mean(values, number) for number in range(min(COLUMNS, len(values)))]
    highest = max((one for one in columns if one is not None), default=0.0) or 1.0
    last = len(_BLOCKS) - 1
    return "".join(" " if one is None else _BLOCKS[round(one / highest * last)] for one in columns)


def _mean(values: Sequence[float | None], number: int) -> float | None:
    """The mean of the days that one of the columns stands for."""
    columns = min(COLUMNS, len(values))
    some = values[number * len(values) // columns : (number + 1) * len(values) // columns]
    there = [one for one in some if one is not None]
    return sum(there) / len(there) if there else None
