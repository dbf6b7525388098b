"""Analytics' actions: count an interaction; how long things take, what is common, what is odd."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, Field, model_validator

from agents.analytics import surge
from projections.category_line import CategoryLine
from schemas.events.choices import InteractionTracked
from schemas.events.metrics import InteractionMeasured
from schemas.vocabulary import UNCATEGORISED, Channel, Priority, Time, rfc3339
from streams.inputs import Name
from streams.pact.action import Action, Answer, Asking, Call, Params, named
from streams.pact.asking import asked, done, event_of, owner
from streams.pact.customer import Interaction
from streams.pact.reading import Customer, customer_id_of

SAME = {"customer_message": "contact", "agent_response": "reply"}
"""Interaction types of the views, as the workflow counts them."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment.isoformat()} is too far away") from error


Moment = Annotated[Time, AfterValidator(_in_utc)]
"""A moment in the years of UTC: with an offset, the first and the last day reach beyond them."""


class Tracked(Customer, Asking):
    """An interaction to be counted; what it does not say is taken from its ticket."""

    interaction: Interaction | Name | None = None
    kind: Name | None = named("kind", "interaction_type", "type", default=None)
    category: Name | None = None
    minutes: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    sentiment_score: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _somewhere(self) -> Tracked:
        if self.channel is None and self.ticket_id is None:
            raise ValueError("channel is missing: say where it took place, or give ticket_id")
        return self


class Within(Params):
    """What is looked at.

    Attributes:
        period: A year, month or day of opening in UTC, such as 2026-03; `all` is all.
        since: Only what was opened or raised from then on.
        until: Only what was opened or raised before.
    """

    channel: Channel | None = None
    category: Name | None = None
    period: str = Field(default="all", pattern=r"^(all|\d{4}(-\d{2}(-\d{2})?)?)$")
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(default=10, ge=1, le=100)


class Filtered(Within):
    """Which tickets are looked at."""

    customer_id: Name | None = None
    ticket_id: Name | None = None
    priority: Priority | None = None


def track_interaction(call: Call, params: Tracked) -> Answer:
    """Count an interaction for its category."""
    kind = params.kind
    if kind is None:
        told = params.interaction
        kind = told.kind if isinstance(told, Interaction) else told
    kind = SAME.get(kind or "contact", kind or "contact")
    ticket: dict[str, Any] = {}
    if params.ticket_id is not None:
        owner(call, params.ticket_id)
        rows = call.rows(
            "SELECT channel, category FROM v1_tickets WHERE ticket_id = ?", params.ticket_id
        )
        ticket = rows[0] if rows else {}
    event = InteractionMeasured.model_validate(
        {
            "category": params.category or ticket.get("category") or UNCATEGORISED,
            "kind": kind,
            "channel": params.channel or ticket.get("channel"),
            "ticket_id": params.ticket_id,
            "customer_id": customer_id_of(call, params),
            "minutes": params.minutes,
            "sentiment_score": params.sentiment_score,
        }
    )
    outcome = done(call, asked(call, params, event))
    counted = event_of(outcome, InteractionTracked)
    first = outcome.record.event
    assert isinstance(first, InteractionMeasured)
    return Answer(
        {
            "tracked_interaction": {
                "interaction_id": outcome.record.id,
                "customer_id": first.customer_id,
                "ticket_id": first.ticket_id,
                "kind": first.kind,
                "category": first.category,
                "channel": first.channel,
                "in_window": None if counted is None else counted.in_window,
                "tracked_at": rfc3339(outcome.record.at),
            }
        },
        tuple(outcome.record_ids),
        outcome.settled,
    )


def measure_resolution_time(call: Call, params: Filtered) -> Answer:
    """How long tickets took from their opening to their resolution, in minutes."""
    where, values = _where(call, params)
    (total,) = call.rows(
        "SELECT count(*) AS tickets, count(resolution_time_minutes) AS resolved,"
        " avg(resolution_time_minutes) AS mean, min(resolution_time_minutes) AS fastest,"
        f" max(resolution_time_minutes) AS slowest FROM v1_tickets WHERE {where}",
        *values,
    )
    by_priority = call.rows(
        "SELECT priority, count(*) AS resolved_tickets,"
        " avg(resolution_time_minutes) AS average_minutes FROM v1_tickets"
        f" WHERE {where} AND resolution_time_minutes IS NOT NULL GROUP BY priority ORDER BY 1",
        *values,
    )
    return Answer(
        {
            "resolution_time_analysis": {
                "total_tickets": total["tickets"],
                "resolved_tickets": total["resolved"],
                "average_minutes": total["mean"],
                "median_minutes": _quantile(call, params, total["resolved"], 0.5),
                "p90_minutes": _quantile(call, params, total["resolved"], 0.9),
                "fastest_minutes": total["fastest"],
                "slowest_minutes": total["slowest"],
                "by_priority": by_priority,
            }
        }
    )


def _quantile(call: Call, params: Filtered, count: int, share: float) -> float | None:
    """The least resolution time that so large a share of the resolved tickets does not exceed."""
    where, values = _where(call, params)
    place = max(0, ceil(count * share) - 1)
    rows = call.rows(
        f"SELECT resolution_time_minutes AS minutes FROM v1_tickets WHERE {where}"
        " AND resolution_time_minutes IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET ?",
        *values,
        place,
    )
    return rows[0]["minutes"] if rows else None


def identify_common_issues(call: Call, params: Filtered) -> Answer:
    """The categories that tickets are about, the most frequent first, and which of them surge."""
    where, values = _where(call, params)
    rows = call.rows(
        f"SELECT coalesce(category, '{UNCATEGORISED}') AS category, count(*) AS tickets,"
        " sum(contacts) AS contacts,"
        " count(*) FILTER (WHERE status NOT IN ('resolved', 'closed')) AS open_tickets,"
        " count(escalated_at) AS escalated, avg(sentiment_score) AS sentiment_score,"
        " avg(resolution_time_minutes) AS average_resolution_minutes,"
        " CAST(count(*) AS DOUBLE PRECISION) / sum(count(*)) OVER () AS share"
        f" FROM v1_tickets WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
        *values,
        params.limit,
    )
    return Answer({"common_issues": [{**row, **_surging(call, row["category"])} for row in rows]})


def _surging(call: Call, category: str) -> dict[str, Any]:
    """Whether a category is asked about more than usual by now, by the workflow's own judgement."""
    line: CategoryLine = call.states.of("analytics", category)
    # The line's own time is that of the last contact, which may have come long ago.
    found = surge(msgspec.structs.replace(line, at=max(line.at, call.now.timestamp())), call.policy)
    if found is None:
        return {"surge": False}
    return {"surge": True, "in_window": found.count, "expected": found.expected}


def generate_insights(call: Call, params: Within) -> Answer:
    """What a lead should look at, the latest first; then the figures as they stand."""
    since = None if params.since is None else rfc3339(params.since)
    until = None if params.until is None else rfc3339(params.until)
    raised = call.rows(
        "SELECT insight_id, at, kind, category, text FROM v1_insights"
        " WHERE (?1 IS NULL OR category = ?1) AND (?2 = 'all' OR at LIKE ?2 || '%')"
        " AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)"
        " ORDER BY at DESC, insight_id LIMIT ?5",
        params.category,
        params.period,
        since,
        until,
        params.limit,
    )
    return Answer({"insights": [*raised, *_figures(call, params)]})


def _figures(call: Call, params: Within) -> list[dict[str, Any]]:
    """The metrics of a period and a channel: they are not cut by anything else."""
    if any(one is not None for one in (params.category, params.since, params.until)):
        return []
    segment = "all" if params.channel is None else f"channel:{params.channel}"
    rows = call.rows(
        "SELECT metric, value, numerator, denominator FROM v1_metrics"
        " WHERE period = ? AND segment = ? AND definition = 'v1' AND value IS NOT NULL"
        " ORDER BY metric",
        params.period,
        segment,
    )
    return [
        {"kind": "metric", "category": None, "text": f"{row['metric']} is {row['value']:g}", **row}
        for row in rows
    ]


def _where(call: Call, params: Filtered) -> tuple[str, list[object]]:
    """The condition on `v1_tickets`; what was merged away counts with the other ticket.

    Raises:
        NotFound: It names a ticket that is not there.
    """
    if params.ticket_id is not None:
        owner(call, params.ticket_id)
    told, values = ["merged_into IS NULL"], list[object]()
    for column in ("customer_id", "ticket_id", "channel", "category", "priority"):
        value = getattr(params, column)
        if value is not None:
            told.append(f"{column} = ?")
            values.append(value)
    if params.period != "all":
        told.append("created_at LIKE ? || '%'")
        values.append(params.period)
    if params.since is not None:
        told.append("created_at >= ?")
        values.append(rfc3339(params.since))
    if params.until is not None:
        told.append("created_at < ?")
        values.append(rfc3339(params.until))
    return " AND ".join(told), values


ACTIONS = (
    Action(
        "analytics.track_interaction",
        "append",
        ("tracked_interaction",),
        Tracked,
        track_interaction,
    ),
    Action(
        "analytics.measure_resolution_time",
        "read",
        ("resolution_time_analysis",),
        Filtered,
        measure_resolution_time,
    ),
    Action(
        "analytics.identify_common_issues",
        "read",
        ("common_issues",),
        Filtered,
        identify_common_issues,
    ),
    Action("analytics.generate_insights", "read", ("insights",), Within, generate_insights),
)
