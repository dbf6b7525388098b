"""The pages of the views and the metrics, from the SQL that makes them."""

from __future__ import annotations

from streams.query import BOOLEANS, DOCUMENTS, UNITED, views
from streams.reference.markdown import code, table
from streams.reference.words import COLUMNS, METRICS, VIEWS


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
                ((code(name), _kind(name), meaning(view, name)) for name in columns),
            ),
        ]
    return "\n\n".join(parts)


def metrics_page() -> str:
    """What each metric counts."""
    return "\n\n".join(
        [
            "# Metrics",
            (
                "Definition `v1`, computed from the tables by the view `v1_metrics`. `value` is"
                " `numerator` divided by `denominator`, and null where there is nothing to divide"
                " by. A ticket that was merged into another counts with that one. `period` is"
                " `all` or the day on which a ticket was opened, `segment` is `all` or"
                " `channel:NAME`. Metrics that count contacts, targets or hand-overs rather than"
                " tickets are given for all only; `sla_met` is also given by the calendar under"
                " which targets were started, as a definition of its own: another calendar would"
                " have promised something else."
            ),
            table(
                ("metric", "numerator", "denominator"),
                ((code(name), above, below) for name, (above, below) in METRICS.items()),
            ),
        ]
    )


def meaning(view: str, column: str) -> str:
    """What a column says, by its view where the same name says something else elsewhere.

    Raises:
        KeyError: Nobody wrote it down yet.
    """
    return COLUMNS.get(f"{view}.{column}") or COLUMNS[column]


def _kind(column: str) -> str:
    if column in BOOLEANS | UNITED:
        return "true or false"
    if column in DOCUMENTS:
        return "JSON"
    if column.endswith("_at") or column in {"at", "timestamp", "snoozed_until"}:
        return "time"
    return ""
