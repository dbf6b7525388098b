"""The lines by day: what is plotted, and that each way of drawing shows it."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from streams.plots import terminal
from streams.plots.daily import panels
from streams.plots.drawing import LINE, Line, nice, shapes, size_of, stretches
from streams.plots.png import png
from streams.plots.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def day(name: str, tickets: int, **more: float) -> dict[str, Any]:
    rest = ("contacts", "replies", "resolved", "first_contact", "escalated", "automatic")
    none = dict.fromkeys((*rest, "minutes", "satisfaction", "ratings"), 0)
    return {"day": name, "tickets": tickets, **none, **more}


DAYS = [
    day("2026-02-27", 4, contacts=8, resolved=2, minutes=180.0, escalated=1),
    day("2026-02-28", 2, contacts=2, resolved=1, minutes=60.0),
    day("2026-03-02", 1, contacts=1, satisfaction=9, ratings=2),
]


def values(title: str) -> list[float | None]:
    (found,) = (one for one in panels(DAYS) if one.title == title)
    return list(found.values)


def test_a_day_without_a_ticket_is_a_zero_and_a_gap_in_what_is_shared() -> None:
    assert panels(DAYS)[0].days == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert values("tickets") == [4, 2, 0, 1]
    assert values("resolved, %") == [50, 50, None, 0]
    assert values("escalated, %") == [25, 0, None, 0]
    assert values("time to resolve, hours") == [1.5, 1, None, None]
    assert values("satisfaction, 1 to 5") == [None, None, None, 4.5]


def test_nothing_to_plot_is_no_panel() -> None:
    assert panels([]) == []
    assert terminal.text([]) == "(nothing)"
    assert ET.fromstring(svg([])).tag == f"{SVG}svg"  # noqa: S314  # our own


def test_svg_has_a_line_for_every_stretch_and_the_titles() -> None:
    root = ET.fromstring(svg(panels(DAYS)))  # noqa: S314  # our own
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert {one.title for one in panels(DAYS)} <= set(words)
    assert words.count("2026-02-27") == len(panels(DAYS))
    lines = [one for one in root.iter(f"{SVG}polyline") if one.get("stroke") == LINE]
    dots = list(root.iter(f"{SVG}circle"))
    drawn = [one for panel in panels(DAYS) for one in stretches(panel.values)]
    assert len(lines) + len(dots) == len(drawn)
    assert len(dots) == sum(len(one) == 1 for one in drawn) > 0


def test_lines_lie_within_their_panels() -> None:
    wide, high = size_of(panels(DAYS))
    for one in shapes(panels(DAYS)):
        points = one.points if isinstance(one, Line) else [(one.x, one.y)]
        assert all(0 <= x <= wide and 0 <= y <= high for x, y in points)


def test_png_is_a_picture_twice_as_large_with_the_lines_colour() -> None:
    picture = Image.open(io.BytesIO(png(panels(DAYS)))).convert("RGB")
    wide, high = size_of(panels(DAYS))
    assert picture.size == (2 * wide, 2 * high)
    pixels = np.asarray(picture).astype(int)
    assert (pixels[..., 2] > pixels[..., 0] + 60).any()


def test_a_terminal_has_a_line_of_blocks_for_each() -> None:
    head, *lines = terminal.text(panels(DAYS)).splitlines()
    assert head.split() == ["2026-02-27", "to", "2026-03-02"]
    assert lines[0].split() == ["tickets", "█▅▁▃", "0", "to", "4"]
    assert len(lines) == len(panels(DAYS))


def test_many_days_share_a_column_each() -> None:
    assert len(terminal.blocks([1.0] * 1000)) == terminal.COLUMNS
    assert terminal.blocks([None, 0.0, 1.0]) == " ▁█"


@pytest.mark.parametrize(
    ("value", "above"), [(0, 1), (1, 1), (1.1, 1.2), (3, 4), (59, 60), (0.07, 0.08), (1000, 1000)]
)
def test_an_axis_ends_at_a_number_that_reads_well(value: float, above: float) -> None:
    assert nice(value) == pytest.approx(above)
