"""What `pactdesk metrics` prints: definitions side by side, and how each is counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from projections.definition import CUTS, Definition
from projections.metrics import METRICS, VERSIONS, definitions_of
from schemas.vocabulary import CHANNELS
from streams.cli.context import Context
from streams.cli.output import described, table
from streams.errors import NotFound

if TYPE_CHECKING:
    from streams.asof import View
    from streams.engines import AnyDesk


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of the metrics are asked for.

    Attributes:
        metric: Only this one; None is all.
        period: `all`, or a day.
        segment: `all`, or a channel's or calendar's.
        versions: Which definitions.
    """

    metric: str | None
    period: str
    segment: str
    versions: tuple[str, ...]


def versions_in(text: str) -> tuple[str, ...]:
    """The definitions that are named in an option; raises a usage error for one of no metric."""
    named = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [one for one in named if one not in VERSIONS]
    version, _, calendar = (unknown or [""])[0].partition("/")
    if version in VERSIONS and calendar:
        raise click.UsageError(
            f"--definition: {version}/{calendar} is {version} by one calendar's targets;"
            f" ask for it with --segment calendar:{calendar}"
        )
    if unknown or not named:
        raise click.UsageError(
            f"--definition: no metric has {', '.join(unknown) or 'an empty one'};"
            f" there are {', '.join(VERSIONS)}"
        )
    return named


def checked(wanted: Wanted) -> Wanted:
    """What is wanted, if there may be such rows.

    Raises:
        click.UsageError: It names no day and no segment, or a day of a part of the tickets.
    """
    kind, _, name = wanted.segment.partition(":")
    there = (kind == "channel" and name in CHANNELS) or (kind == "calendar" and name)
    if wanted.segment != "all" and not there:
        raise click.UsageError(
            f"--segment: {wanted.segment!r} is no part of the tickets; it is all, channel:NAME"
            f" (one of {', '.join(CHANNELS)}) or calendar:VERSION"
        )
    if wanted.period == "all":
        return wanted
    try:
        day = date.fromisoformat(wanted.period)
    except ValueError as error:
        raise click.UsageError(
            f"--period: {wanted.period!r} is no day; it is all, or a day such as 2026-03-02"
        ) from error
    if wanted.segment != "all":
        raise click.UsageError("--period: days are counted over all tickets; leave --segment out")
    return replace(wanted, period=day.isoformat())


def explain(context: Context, metric: str) -> None:
    """Print how a metric is counted, in each definition; raises `NotFound`."""
    told = [_explained(one) for one in _known(metric)]
    context.show(told, lambda: "\n\n".join("\n".join(described(one)) for one in told))


def measure(context: Context, view: AnyDesk | View, wanted: Wanted) -> None:
    """Print metrics; several definitions of one stand side by side."""
    if wanted.metric is not None:
        _known(wanted.metric)
    rows = _rows(view, wanted)
    beside = len(wanted.versions) > 1
    context.show(
        [{**row, **_meaning(row)} for row in rows],
        lambda: table(_beside(rows, wanted.versions) if beside else rows),
    )


def _rows(view: AnyDesk | View, wanted: Wanted) -> list[dict[str, Any]]:
    """The rows of the view; shares of channels come with the total, which they are shares of."""
    named = "" if wanted.metric is None else " AND metric = ?"
    shared = " OR metric = 'channel_distribution'" if wanted.segment == "all" else ""
    versions = " OR ".join(["definition = ? OR definition LIKE ?"] * len(wanted.versions))
    sql = (
        f"SELECT * FROM v1_metrics WHERE period = ? AND (segment = ?{shared})"
        f" AND ({versions}){named} ORDER BY metric, segment, definition"
    )
    values: list[object] = [wanted.period, wanted.segment]
    for version in wanted.versions:
        values += [version, f"{version}/%"]
    return view.query(sql, values if wanted.metric is None else [*values, wanted.metric])


def _beside(rows: list[dict[str, Any]], versions: tuple[str, ...]) -> list[dict[str, Any]]:
    """One row a metric and segment, with the value of each definition in a column of its own."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        line = found.setdefault(
            (row["metric"], row["segment"]),
            {
                "metric": row["metric"],
                "segment": row["segment"],
                "unit": _meaning(row)["unit"],
                **dict.fromkeys(versions),
            },
        )
        line[row["definition"].partition("/")[0]] = row["value"]
    return list(found.values())


def _known(metric: str) -> tuple[Definition, ...]:
    found = definitions_of(metric)
    if not found:
        raise NotFound(f"there is no metric {metric}", f"use one of {', '.join(METRICS)}")
    return found


def _meaning(row: dict[str, Any]) -> dict[str, str]:
    """Unit, formula and source of a row's definition."""
    version = row["definition"].partition("/")[0]
    one = next(one for one in definitions_of(row["metric"]) if one.version == version)
    return {"unit": one.unit, "formula": one.formula, "source": one.source}


def _explained(one: Definition) -> dict[str, str]:
    return {
        "metric": one.metric,
        "definition": one.version,
        "unit": one.unit,
        "formula": one.formula,
        "numerator": one.numerator,
        "denominator": one.denominator,
        "source": one.source,
        "given": CUTS[one.cut],
        "note": one.note,
    }
