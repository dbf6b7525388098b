"""What is plotted by day: a panel for each figure of v1_daily that makes a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

SQL = """
SELECT day, sum(tickets) AS tickets, sum(contacts) AS contacts, sum(replies) AS replies,
       sum(resolved) AS resolved, sum(first_contact_resolved) AS first_contact,
       sum(escalated) AS escalated, sum(automatic) AS automatic,
       sum(resolution_minutes_sum) AS minutes, sum(satisfaction_sum) AS satisfaction,
       sum(satisfaction_count) AS ratings
FROM v1_daily GROUP BY day ORDER BY day
"""

Day = Mapping[str, Any]
"""A row of the above."""


class Panel(NamedTuple):
    """One line over the days.

    Attributes:
        title: What it shows, with its unit.
        days: Every day from the first to the last, as YYYY-MM-DD.
        values: The value of each; None where there is nothing to count.
    """

    title: str
    days: Sequence[str]
    values: Sequence[float | None]


def _share(part: str) -> Callable[[Day], float | None]:
    return lambda day: 100.0 * float(day[part]) / float(day["tickets"]) if day["tickets"] else None


def _mean(total: str, count: str, scale: float = 1.0) -> Callable[[Day], float | None]:
    return lambda day: float(day[total]) / float(day[count]) / scale if day[count] else None


_FIGURES: dict[str, Callable[[Day], float | None]] = {
    "tickets": lambda day: float(day["tickets"]),
    "contacts": lambda day: float(day["contacts"]),
    "replies": lambda day: float(day["replies"]),
    "resolved, %": _share("resolved"),
    "at first contact, %": _share("first_contact"),
    "escalated, %": _share("escalated"),
    "automatic, %": _share("automatic"),
    "time to resolve, hours": _mean("minutes", "resolved", 60.0),
    "satisfaction, 1 to 5": _mean("satisfaction", "ratings"),
}

_NOTHING = dict.fromkeys(
    ("tickets", "contacts", "replies", "resolved", "first_contact", "escalated", "automatic",
     "minutes", "satisfaction", "ratings"),
    0,
)  # fmt: skip


def panels(rows: Sequence[Day]) -> list[Panel]:
    """The panels of some days; a day without a ticket counts as none.

    Args:
        rows: What `SQL` gives; none at all makes no panel.
    """
    if not rows:
        return []
    known = {str(row["day"]): row for row in rows}
    first, last = (date.fromisoformat(one) for one in (min(known), max(known)))
    days = [
        (first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)
    ]
    return [
        Panel(title, days, [of(known.get(day, _NOTHING)) for day in days])
        for title, of in _FIGURES.items()
    ]
