"""Panels as SVG, by itself: nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from streams.plots.daily import Panel
from streams.plots.drawing import INK, Line, Shape, shapes, size_of


def svg(panels: Sequence[Panel]) -> bytes:
    """An SVG document."""
    wide, high = size_of(panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}"'
        f' height="{high}" font-family="sans-serif" fill="{INK}">'
    )
    lines = [
        head,
        "<title>Support by day</title>",
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
        *map(_shape, shapes(panels)),
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _shape(one: Shape) -> str:
    if isinstance(one, Line):
        if len(one.points) == 1:
            ((x, y),) = one.points
            return f'<circle cx="{x:g}" cy="{y:g}" r="2" fill="{one.colour}"/>'
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in one.points)
        return (
            f'<polyline points="{points}" fill="none" stroke="{one.colour}"'
            f' stroke-width="{one.width:g}"/>'
        )
    return (
        f'<text x="{one.x:g}" y="{one.y:g}" font-size="{one.size}" text-anchor="{one.anchor}"'
        f' dominant-baseline="middle">{escape(one.text)}</text>'
    )
