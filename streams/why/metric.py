"""Why a metric's row says what it says: its definition, what it counted, and one of that in full.

A row has a name, `metric:NAME@DEFINITION:PERIOD:SEGMENT`, of which all but the metric may be left
out: `metric:reopen_rate@v2:2026-03-02` or `metric:total_tickets:all:channel:email`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from projections.counted import because
from projections.definition import CUTS, Definition
from projections.metrics import METRICS, definitions_of
from schemas.events.tickets import SlaBreached, SlaMet
from streams.entry import Entry
from streams.errors import NotFound
from streams.query import Rows
from streams.why.chains import Chains, changes, why
from streams.why.lookup import Lookup
from streams.why.shown import Tree

Ask = Callable[[str, Sequence[object]], Rows]
"""Asks the views: `desk.query`."""

PREFIX = "metric:"
"""What the name of a row begins with."""

SHOWN = 10
"""Records that are named of all that counted; `v1_counted` has them all."""

_ROW = ("metric", "definition", "period", "segment", "value", "numerator", "denominator")

_COUNTED = ("kind", "id", "ticket_id", "numerator", "denominator", "minutes", "place")

_FIRST = "coalesce(numerator, -1) DESC, place DESC, id"
"""What adds most comes first; of times in order the one that is the metric's value."""

# One statement, so that the number and what it counted are of one moment.
_SELECT = f"""
SELECT {", ".join(f"m.{name} AS {name}" for name in _ROW)},
       {", ".join(f"c.{name} AS counted_{name}" for name in _COUNTED)}, c.records, c.above
FROM v1_metrics m LEFT JOIN (
    SELECT *, count(*) OVER () AS records, row_number() OVER (ORDER BY {_FIRST}) AS nth,
           count(CASE WHEN numerator <> 0 OR numerator = minutes THEN 1 END) OVER () AS above
    FROM v1_counted
    WHERE metric = ? AND (definition = ? OR definition LIKE ?) AND period = ? AND segment = ?
    ORDER BY nth LIMIT {SHOWN}
) c ON c.definition = m.definition
WHERE m.metric = ? AND (m.definition = ? OR m.definition LIKE ?) AND m.period = ? AND m.segment = ?
ORDER BY c.nth
"""


class Row(NamedTuple):
    """Which row of v1_metrics is meant.

    Attributes:
        metric: The metric's name.
        definition: Which definition; by calendar, those of every calendar are `v1`, too.
        period: `all`, or a day.
        segment: `all`, a channel's or a calendar's.
    """

    metric: str
    definition: str = "v1"
    period: str = "all"
    segment: str = "all"

    @property
    def name(self) -> str:
        """Its name in full."""
        return f"{PREFIX}{self.metric}@{self.definition}:{self.period}:{self.segment}"


def named(subject: str) -> Row:
    """The row that a name means; raises `NotFound` where there is no such metric or definition."""
    metric, _, cut = subject.removeprefix(PREFIX).partition(":")
    metric, _, definition = metric.partition("@")
    period, _, segment = cut.partition(":")
    row = Row(metric, definition or "v1", period or "all", segment or "all")
    _defined(row)
    return row


def _defined(row: Row) -> Definition:
    there = definitions_of(row.metric)
    if not there:
        raise NotFound(f"there is no metric {row.metric}", f"use one of {', '.join(METRICS)}")
    version = row.definition.partition("/")[0]
    for one in there:
        if one.version == version:
            return one
    raise NotFound(
        f"{row.metric} has no definition {version}",
        f"use one of {', '.join(one.version for one in there)}",
    )


def of_metric(lookup: Lookup, ask: Ask, row: Row, field: str | None = None) -> Tree:
    """A row of the metrics with its definition, what it counted, and why one of that counts.

    Args:
        lookup: Finds entries of the log.
        ask: Asks the views.
        row: Which row.
        field: Must be None: a row has none.

    Raises:
        NotFound: There is no such row.
    """
    if field is not None:
        raise NotFound(f"a metric has no field {field}", "ask for the metric without --field")
    one = _defined(row)
    which = (row.metric, row.definition, f"{row.definition}/%", row.period, row.segment)
    found = ask(_SELECT, (*which, *which))
    if not found:
        raise _nothing(ask, row, one)
    first = found[0]
    listed = [
        {name: line[f"counted_{name}"] for name in _COUNTED}
        for line in found
        if line["records"] is not None
    ]
    tree: Tree = {
        "id": row.name,
        "type": "Metric",
        **{name: first[name] for name in _ROW},
        "unit": one.unit,
        "formula": one.formula,
        "numerator_is": one.numerator,
        "denominator_is": one.denominator,
        "source": one.source,
        "given": CUTS[one.cut],
        "note": one.note,
        "counted": {
            "records": first["records"] or 0,
            "in_numerator": first["above"] or 0,
            "shown": listed,
            "all": _all_of(first),
        },
    }
    if listed:
        tree["example"] = _example(lookup, one, listed[0])
    return tree


def _all_of(row: dict[str, Any]) -> str:
    """The query over the views that gives everything that a row counted."""
    where = " AND ".join(
        "{} = '{}'".format(name, str(row[name]).replace("'", "''"))
        for name in ("metric", "definition", "period", "segment")
    )
    return f"SELECT * FROM v1_counted WHERE {where} ORDER BY {_FIRST}"


def _nothing(ask: Ask, row: Row, one: Definition) -> NotFound:
    """What is said where a metric has no such period or segment."""
    version = row.definition.partition("/")[0]
    there = ask(
        "SELECT DISTINCT period, segment FROM v1_metrics"
        " WHERE metric = ? AND (definition = ? OR definition LIKE ?) ORDER BY period, segment",
        (row.metric, version, f"{version}/%"),
    )
    days = [line["period"] for line in there if line["period"] != "all"]
    cuts = [line["segment"] for line in there if line["period"] == "all"]
    told = [f"segments: {', '.join(cuts)}"] if cuts else []
    told += [f"days: {days[0]} to {days[-1]}"] if days else []
    return NotFound(
        f"{row.metric} {row.definition} has no row for {row.period}, {row.segment};"
        f" it is given {CUTS[one.cut]}",
        "; ".join(told) or "nothing was counted yet",
    )


def _example(lookup: Lookup, one: Definition, counted: dict[str, Any]) -> Tree:
    """Why one record counts: what set the field of the ticket by which it does, or the record."""
    match counted["kind"]:
        case "ticket":
            return why(lookup, counted["id"], because(one))
        case "target":
            return Chains(lookup).of(_ended(lookup, counted["ticket_id"], counted["id"]))
        case _:
            return why(lookup, counted["id"])


def _ended(lookup: Lookup, ticket_id: str, target_id: str) -> Entry:
    """What ended a target of a ticket: that it was met, or else that it was missed."""
    target = target_id.removeprefix(f"{ticket_id}:")
    met: Entry | None = None
    missed: Entry | None = None
    for entry in changes(lookup, ticket_id):
        event = entry.record().event
        if isinstance(event, SlaMet) and event.target == target:
            met = entry
        elif isinstance(event, SlaBreached) and event.target == target:
            missed = entry
    found = met or missed
    if found is None:
        raise NotFound(f"nothing in the log ends {target_id}", "see `pactdesk verify`")
    return found
