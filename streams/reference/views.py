"""The pages of the views and the metrics, from the SQL that makes them."""

from __future__ import annotations

from projections.definition import CUTS
from projections.metrics import DEFINITIONS, METRICS, definitions_of
from streams.query import BOOLEANS, DOCUMENTS, UNITED, views
from streams.reference.markdown import code, table
from streams.reference.words import COLUMNS, VIEWS


def page() -> str:
    """Every view with its columns."""
    parts = [
        "# Views",
        (
            "What `pactdesk query`, `desk.query` and `--as-of` may rely on. Columns are only ever"
            " added; anything else is a new view with the next number. Times are UTC, such as"
            " `2026-03-02T08:00:00.000Z`."
        ),
    ]
    for view, columns in views().items():
        parts += [
            f"## {view}",
            VIEWS[view],
            table(
                ("column", "kind", "meaning"),
                ((code(name), kind(view, name), meaning(view, name)) for name in columns),
            ),
        ]
    return "\n\n".join(parts)


def metrics_page() -> str:
    """What each metric counts."""
    return "\n\n".join(
        [
            "# Metrics",
            (
                "Computed from the tables by the view `v1_metrics`; the list is"
                " `projections/metrics.py`, and `pactdesk metrics --explain NAME` prints one. A"
                " metric may have several definitions beside each other, each over the whole"
                " history: `definition` tells them apart. `value` is `numerator` divided by"
                " `denominator`, and null where there is nothing to divide by; a day or channel"
                " without one time that was taken has no row of a median or 90th percentile. A"
                " ticket that was merged into another counts with that one."
            ),
            (
                "`period` is `all` or the day (UTC) on which tickets were opened, such as"
                " `2026-03-02`; `segment` is `all`, `channel:NAME` for the channel on which they"
                " began, or `calendar:VERSION`. Days are given for the segment `all`, channels and"
                " calendars for the period `all`."
            ),
            table(
                ("metric", "definition", "unit", "numerator", "denominator", "given"),
                (
                    (
                        code(one.metric),
                        code(one.version),
                        one.unit,
                        one.numerator,
                        one.denominator,
                        CUTS[one.cut],
                    )
                    for one in DEFINITIONS
                ),
            ),
            "## Where they come from",
            *(_explained(metric) for metric in METRICS),
        ]
    )


def _explained(metric: str) -> str:
    told = (
        f"`{one.version}` from {one.source}.{' ' + one.note if one.note else ''}"
        for one in definitions_of(metric)
    )
    return f"- {code(metric)}: " + " ".join(told)


def meaning(view: str, column: str) -> str:
    """What a column says, by its view where the same name says something else elsewhere.

    Raises:
        KeyError: Nobody wrote it down yet.
    """
    return COLUMNS.get(f"{view}.{column}") or COLUMNS[column]


_TIMES = frozenset({"at", "timestamp", "snoozed_until", "first_interaction", "last_interaction"})
"""Columns of times whose name does not end as that of the others does."""


def kind(view: str, column: str) -> str:
    """What a view's column holds, where that is neither a text nor a number."""
    if view == "v1_daily":  # it counts what is true or false elsewhere
        return ""
    if column in BOOLEANS | UNITED:
        return "true or false"
    if column in DOCUMENTS:
        return "JSON"
    return "time" if column.endswith("_at") or column in _TIMES else ""
