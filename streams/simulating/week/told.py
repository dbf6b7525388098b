"""A simulated week as text: a table of the arms, the headlines, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streams.simulating.week.definitions import MEASURES, Measure

_UNITS = {one.name: one.unit for one in MEASURES}

_TITLES = {"share": "%", "minutes": "min", "hours": "h", "number": ""}


def told(summary: Mapping[str, Any]) -> str:
    """The whole text."""
    parts = [
        _head(summary),
        *_table(summary),
        "",
        "Before is the silo, after is the system:",
        *_headlines(summary),
        *_sensitivity(summary),
    ]
    parts += ["", "What each figure means: the same with --json, or the page on simulating a week."]
    return "\n".join(parts)


def _head(summary: Mapping[str, Any]) -> str:
    seats = summary["assumptions"]["seats"]
    return (
        f"{summary['issues']} issues of {summary['week']}, {summary['seeds']} seeds, {seats} seats;"
        " means with the 95% interval of the mean"
    )


def _table(summary: Mapping[str, Any]) -> Iterator[str]:
    arms: Mapping[str, Mapping[str, Any]] = summary["arms"]
    names = [one for one in MEASURES if any(one.name in figures for figures in arms.values())]
    yield from _columns(
        [("", *arms)]
        + [
            (_title(one), *(_cell(figures.get(one.name), one.unit) for figures in arms.values()))
            for one in names
        ]
    )


def _headlines(summary: Mapping[str, Any]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("", "before", "after", "")]
    for one in summary["headlines"]:
        unit = _UNITS.get(one["measure"], "number")
        before, after = (_cell(one[when], unit) for when in ("before", "after"))
        rows.append((f"{one['name']} {_TITLES[unit]}".strip(), before, after, one["says"]))
    yield from _columns(rows)


def _sensitivity(summary: Mapping[str, Any]) -> Iterator[str]:
    if not summary["sensitivity"]:
        return
    yield ""
    yield "First-contact resolution under other assumptions (%):"
    yield from _columns(
        [("", *summary["arms"])]
        + [
            (name, *(_cell(of["first_contact_resolution"], "share") for of in arms.values()))
            for name, arms in summary["sensitivity"].items()
        ]
    )


def _title(measure: Measure) -> str:
    return f"{measure.name.replace('_', ' ')} {_TITLES[measure.unit]}".strip()


def _cell(estimate: Mapping[str, Any] | None, unit: str) -> str:
    if estimate is None or estimate["mean"] is None:
        return "-"
    scale, digits = (100.0, 1) if unit == "share" else (1.0, 0 if unit == "hours" else 2)
    shown = f"{scale * estimate['mean']:.{digits}f}"
    if estimate["low"] is None:
        return shown
    low, high = (f"{scale * estimate[end]:.{digits}f}" for end in ("low", "high"))
    return f"{shown} [{low}, {high}]"


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    wide = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, wide, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
