"""The shape of a metric's definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["tickets", "share", "minutes", "points"]

Cut = Literal["everywhere", "by channel", "in total", "by calendar"]
"""For which periods and segments a metric is given; see `CUTS`."""

CUTS: dict[Cut, str] = {
    "everywhere": "in total, by day of opening, and by channel",
    "by channel": "by channel",
    "in total": "in total",
    "by calendar": "in total, and by the calendar that targets were started under",
}

WHEN_ASKED = "LIMIT 1000000000"
"""Rows that no relation has. A relation that is limited is not worked out by SQLite before its
first row is asked for, and so never for a definition that a WHERE leaves out."""

ONE = "CAST(1 AS DOUBLE PRECISION)"


@dataclass(frozen=True, slots=True)
class Definition:
    """One way to count one metric.

    Attributes:
        metric: The metric's name.
        version: Which definition of it.
        unit: What its value is measured in.
        numerator: What is counted or summed, in words.
        denominator: What that is divided by, in words.
        above: The numerator, as SQL over `relation`.
        below: The denominator likewise; where it is 0 there is no value.
        relation: What it is selected from, of `tables/metrics.sql`.
        source: The columns of tables that it comes from.
        cut: For which periods and segments it is given.
        note: What one must know to read it, and why there is this version.
        versions: SQL for the definition's name, where it has one for each calendar.
        place: SQL for the place of a time among all that the relation holds in their order, where
            its value is the time there.
    """

    metric: str
    version: str
    unit: Unit
    numerator: str
    denominator: str
    above: str
    below: str
    relation: str
    source: str
    cut: Cut = "everywhere"
    note: str = ""
    versions: str | None = None
    place: str | None = None

    @property
    def formula(self) -> str:
        """What its value is, in words."""
        if self.denominator == "one":
            return self.numerator
        return f"{self.numerator} / {self.denominator}"

    @property
    def select(self) -> str:
        """The SELECT of its rows."""
        version = self.versions or f"'{self.version}'"
        columns = (
            f"'{self.metric}' AS metric",
            f"{version} AS definition",
            "period",
            "segment",
            f"{self.above} / nullif({self.below}, 0) AS value",
            f"{self.above} AS numerator",
            f"{self.below} AS denominator",
        )
        where = () if self.place is None else ("WHERE place =", self.place)
        relation = ("(SELECT * FROM", self.relation, *where, WHEN_ASKED, ") AS asked")
        return " ".join(("SELECT", ", ".join(columns), "FROM", *relation))
