"""Which week is played: the one of the evaluation data where that is there, else what ships."""

from __future__ import annotations

from pathlib import Path

from streams.simulating.week.issues import Week
from streams.simulating.week.open_week import open_week, there
from streams.simulating.week.shipped_week import shipped_week

BESIDE = Path(__file__).resolve().parents[3].parent / "shared" / "data"
"""Where the evaluation data lies beside the project."""


def week_of(data: Path | None) -> Week:
    """The week of a folder, by default of the one beside the project, else one of what ships."""
    folder = BESIDE if data is None else data
    return open_week(folder) if there(folder) else shipped_week()
