"""Plots as SVG in the page itself: no script, nothing fetched, colours by the reader's scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, LABELS, ROW, BAR = 560, 215, 34, 11
"""Of a plot, the room for its labels, a row and a bar, in units of which a letter has 13."""

NUMBERS = 90
"""The room for numbers behind the bars."""

_ROOM = WIDTH - LABELS - NUMBERS


class Pair(NamedTuple):
    """Two bars of one row: as recorded, and now."""

    label: str
    recorded: int
    again: int


def pairs(rows: Sequence[Pair], title: str) -> str:
    """Bars in pairs, one above the other, with their numbers."""
    most = max([1, *(max(row.recorded, row.again) for row in rows)])
    parts = []
    for place, row in enumerate(rows):
        top = place * ROW + 4
        parts.append(_text(row.label, LABELS - 10, top + BAR + 4, anchor="end"))
        for shift, kind, value in ((0, "was", row.recorded), (BAR + 2, "now", row.again)):
            parts.append(_bar(LABELS, top + shift, value / most * _ROOM, kind))
            parts.append(
                _text(str(value), LABELS + value / most * _ROOM + 6, top + shift + 10, soft=True)
            )
    return _drawn(parts, len(rows) * ROW + 6, title)


def bars(rows: Mapping[str, int], title: str) -> str:
    """Single bars, with their numbers."""
    most = max([1, *rows.values()])
    parts = []
    for place, (label, value) in enumerate(rows.items()):
        top = place * (ROW - 8) + 4
        parts.append(_text(label, LABELS - 10, top + 13, anchor="end"))
        parts.append(_bar(LABELS, top + 1, value / most * _ROOM, "now", BAR + 5))
        parts.append(_text(str(value), LABELS + value / most * _ROOM + 6, top + 13, soft=True))
    return _drawn(parts, len(rows) * (ROW - 8) + 6, title)


def shares(rows: Mapping[str, Mapping[str, int]], title: str) -> str:
    """Whole bars cut into shares, each with its number where there is room for it."""
    parts = []
    for place, (label, counts) in enumerate(rows.items()):
        top, left, total = place * ROW + 4, float(LABELS), max(1, sum(counts.values()))
        parts.append(_text(label, LABELS - 10, top + 17, anchor="end"))
        for kind, value in counts.items():
            width = value / total * _ROOM
            parts.append(_bar(left, top, width, kind, ROW - 10, f"{kind}: {value}"))
            left += width
        told = " · ".join(str(value) for value in counts.values())
        parts.append(_text(told, LABELS + _ROOM + 6, top + 17, soft=True))
    return _drawn(parts, len(rows) * ROW + 6, title)


def key(kinds: Mapping[str, str]) -> str:
    """What the colours mean."""
    items = "".join(
        f'<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="{kind}" width="10"'
        f' height="10" rx="2"/></svg>{escape(says)}</li>'
        for kind, says in kinds.items()
    )
    return f'<ul class="key">{items}</ul>'


def _drawn(parts: Sequence[str], height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _bar(
    left: float, top: float, width: float, kind: str, height: int = BAR, title: str = ""
) -> str:
    told = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}"'
        f' height="{height}" rx="2">{told}</rect>'
    )


def _text(said: str, left: float, top: float, *, anchor: str = "start", soft: bool = False) -> str:
    style = ' class="soft"' if soft else ""
    place = f'x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}"'
    return f"<text {place}{style}>{escape(said)}</text>"
