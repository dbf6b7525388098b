"""Panels as PNG, twice as large as they are laid out, with the font that Pillow brings."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from streams.plots.daily import Panel
from streams.plots.drawing import INK, Line, shapes, size_of

_SCALE = 2
_SMOOTH = 2  # drawn larger and then made small, for lines without steps
_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


def png(panels: Sequence[Panel]) -> bytes:
    """A PNG file."""
    wide, high = size_of(panels)
    by = _SCALE * _SMOOTH
    image = Image.new("RGB", (wide * by, high * by), "#ffffff")
    draw = ImageDraw.Draw(image)
    for one in shapes(panels):
        if isinstance(one, Line):
            points = [(x * by, y * by) for x, y in one.points]
            if len(points) == 1:
                draw.circle(points[0], 2 * by, fill=one.colour)
            else:
                draw.line(points, fill=one.colour, width=round(one.width * by), joint="curve")
        else:
            font = ImageFont.load_default(one.size * by)
            place = (one.x * by, one.y * by)
            draw.text(place, one.text, fill=INK, font=font, anchor=_ANCHORS[one.anchor])
    small = image.resize((wide * _SCALE, high * _SCALE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()
