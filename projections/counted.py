"""What each metric counted: the view `v1_counted`, with a row for every record that a row counts.

Over the rows of one metric, definition, period and segment the numerators add up to the metric's
numerator, and the denominators to its denominator; where nothing is divided they are null. Of times
that were put in order all are there, and the one that is the metric's value alone has a numerator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from projections.definition import ONE, WHEN_ASKED, Definition
from projections.metrics import DEFINITIONS

Kind = Literal["ticket", "target", "handover"]


@dataclass(frozen=True, slots=True)
class Part:
    """What one record adds to a sum.

    Attributes:
        when: SQL: whether it adds anything.
        adds: SQL: how much.
        because: The column of the tickets' table that made a ticket count.
    """

    when: str
    adds: str = "1"
    because: str = "created_at"

    @property
    def amount(self) -> str:
        """What it adds, 0 for nothing, as SQL."""
        return f"CASE WHEN {self.when} THEN {self.adds} ELSE 0 END"


@dataclass(frozen=True, slots=True)
class Records:
    """What a relation of a definition is made of.

    Attributes:
        kind: What a record is.
        relation: A row for each, of `tables/metrics.sql` or `tables/counted.sql`.
        parts: What one adds to each of the sums, by the name that they have in the definition.
        key: The column with its id.
    """

    kind: Kind
    relation: str
    parts: dict[str, Part]
    key: str = "ticket_id"


def _minutes(column: str, because: str) -> Part:
    """A time in microseconds, as the minutes that are summed."""
    return Part(
        f"{column} IS NOT NULL", f"CAST({column} AS DOUBLE PRECISION) / 60000000.0", because
    )


_SOLVED = "resolved_at"

_ONE_TICKET = {
    "tickets": Part("TRUE"),
    "resolved": Part("resolved_at IS NOT NULL", because=_SOLVED),
    "ever_resolved": Part("ever_resolved"),
    "first_contact": Part("at_first", because=_SOLVED),
    "escalated": Part("escalated_at IS NOT NULL", because="escalated_at"),
    "reopened": Part("reopened > 0", because="reopened"),
    "automatic": Part("automatic", because="automatic"),
    "minutes": _minutes("resolution", "resolution_time_minutes"),
    "timed": Part("resolution IS NOT NULL"),
    "desk_minutes": _minutes("at_the_desk", _SOLVED),
    "satisfaction": Part(
        "satisfaction_score IS NOT NULL", "satisfaction_score", "satisfaction_score"
    ),
    "ratings": Part("satisfaction_score IS NOT NULL"),
    "first_reply": _minutes("first_reply", "first_replied_at"),
    "first_replies": Part("first_reply IS NOT NULL"),
    "answered": _minutes("answered", "first_replied_at"),
    "answers": Part("answered IS NOT NULL"),
}

RECORDS: dict[str, Records] = {
    "counted": Records("ticket", "one_by_one", _ONE_TICKET),
    "for_good": Records(
        "ticket",
        "followed_one_by_one",
        {
            "first_contact": Part("at_first AND NOT came_back", because=_SOLVED),
            "resolved": Part("resolved_at IS NOT NULL", because=_SOLVED),
        },
    ),
    "shares": Records(
        "ticket",
        "of_channels",
        {"tickets": Part("on_it", because="channel"), "of_all": Part("TRUE")},
    ),
    "back": Records(
        "ticket",
        "solved",
        {"again": Part("reopened > 0 OR came_back", because=_SOLVED), "resolved": Part("TRUE")},
    ),
    "sla": Records(
        "target",
        "targets",
        {
            "met": Part("met <> 0", "met"),
            "ended": Part("ended <> 0", "ended"),
        },
        key="target_id",
    ),
    "context": Records(
        "handover",
        "hand_overs",
        {"kept": Part("kept <> 0", "kept"), "given": Part("given <> 0", "given")},
        key="transfer_id",
    ),
}
"""By the relation that a definition is selected from."""

TIMES = {
    "answers_in_order": "first_replied_at",
    "resolutions_in_order": "resolution_time_minutes",
    "desk_times_in_order": _SOLVED,
}
"""The column of the tickets' table that made a time be taken, by the relation with all of them."""


def because(one: Definition) -> str:
    """The column of the tickets' table that made a ticket count in a definition."""
    if one.place is not None:
        return TIMES[one.relation]
    return RECORDS[one.relation].parts[one.above].because


_COLUMNS = """SELECT metric COLLATE BINARY AS metric, definition COLLATE BINARY AS definition,
       period, segment, kind COLLATE BINARY AS kind, id, ticket_id, numerator, denominator, minutes,
       place FROM"""
"""Around all definitions, as those of `projections.metrics` are."""


def view(relations: str, further: str) -> str:
    """The statement of the view `v1_counted`.

    Args:
        relations: The text of `tables/metrics.sql`, without lines of comment.
        further: That of `tables/counted.sql`.
    """
    selects = "\nUNION ALL ".join(_select(one) for one in DEFINITIONS)
    return "\n".join(
        (
            f"CREATE VIEW v1_counted AS\n{relations},\n{further}",
            _COLUMNS,
            f"({selects}",
            ") AS every",
        )
    )


def _select(one: Definition) -> str:
    """The SELECT of what one definition counts."""
    if one.place is not None:
        time = f"CASE WHEN place = {one.place} THEN {one.above} END"
        records = Records("ticket", one.relation, {})
        return _selected(one, records, (time, "NULL", one.above, "place"))
    records = RECORDS[one.relation]
    counts = records.parts[one.above if one.below == ONE else one.below]
    above, below = records.parts[one.above].amount, counts.amount
    amounts = (above, "NULL" if one.below == ONE else below, "NULL", "NULL")
    return f"{_selected(one, records, amounts)} WHERE {counts.when}"


def _selected(one: Definition, records: Records, amounts: tuple[str, str, str, str]) -> str:
    numerator, denominator, minutes, place = amounts
    quoted = f"'{one.version}'"
    columns = (
        f"'{one.metric}' AS metric",
        f"{one.versions or quoted} AS definition",
        "period",
        "segment",
        f"'{records.kind}' AS kind",
        f"{records.key} AS id",
        "ticket_id",
        f"CAST({numerator} AS DOUBLE PRECISION) AS numerator",
        f"CAST({denominator} AS DOUBLE PRECISION) AS denominator",
        f"CAST({minutes} AS DOUBLE PRECISION) AS minutes",
        f"CAST({place} AS BIGINT) AS place",
    )
    relation = ("(SELECT * FROM", records.relation, WHEN_ASKED, ") AS asked")
    return " ".join(("SELECT", ", ".join(columns), "FROM", *relation))
