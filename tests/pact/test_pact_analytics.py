from __future__ import annotations

from typing import Any

import pytest

import pactdesk
from streams.desk import Desk


def call(desk: Desk, action: str, **params: Any) -> dict[str, Any]:
    return desk.pact(f"analytics.{action}", params)


def later(desk: Desk, minutes: float) -> None:
    assert isinstance(desk.clock, pactdesk.ManualClock)
    desk.clock.advance(minutes=minutes)


def resolve(desk: Desk, ticket: str) -> None:
    desk.produce({"type": "resolve", "ticket_id": ticket, "by": "bo"})
    desk.run()


@pytest.fixture
def resolved(desk: Desk, ann: str, ben: str) -> Desk:
    """Ann waited ten minutes, Ben thirty."""
    later(desk, 10)
    resolve(desk, ann)
    later(desk, 20)
    resolve(desk, ben)
    return desk


def test_an_interaction_is_counted_for_the_category_of_its_ticket(desk: Desk, ann: str) -> None:
    tracked = call(desk, "track_interaction", ticket_id=ann, interaction_type="customer_message")[
        "tracked_interaction"
    ]
    assert tracked["kind"] == "contact"
    assert tracked["category"] == "billing"
    assert tracked["channel"] == "email"
    assert tracked["customer_id"] == "ann"
    assert tracked["in_window"] == 2
    (row,) = desk.query(
        "SELECT * FROM v1_decisions WHERE cause_id = ?", [tracked["interaction_id"]]
    )
    assert row["action"] == "analytics.track_interaction"


def test_an_interaction_without_a_ticket_says_where_it_took_place(desk: Desk) -> None:
    tracked = call(
        desk, "track_interaction", customer_id="ben", channel="phone", interaction="callback"
    )["tracked_interaction"]
    assert (tracked["category"], tracked["kind"], tracked["ticket_id"]) == (
        "uncategorised",
        "callback",
        None,
    )
    nowhere = call(desk, "track_interaction", customer_id="ben", kind="contact")
    assert nowhere["success"] is False
    assert "channel is missing" in nowhere["error"]


def test_resolution_times_are_measured_from_the_tickets(resolved: Desk) -> None:
    found = call(resolved, "measure_resolution_time")["resolution_time_analysis"]
    assert found["total_tickets"] == found["resolved_tickets"] == 2
    assert found["average_minutes"] == 20
    assert found["median_minutes"] == found["fastest_minutes"] == 10
    assert found["p90_minutes"] == found["slowest_minutes"] == 30
    assert {one["priority"]: one["average_minutes"] for one in found["by_priority"]} == {
        "urgent": 10,
        "medium": 30,
    }


@pytest.mark.parametrize(
    ("params", "tickets"),
    [
        ({"channel": "email"}, 1),
        ({"category": "access"}, 1),
        ({"customer_id": "ann"}, 1),
        ({"priority": "urgent"}, 1),
        ({"period": "2026-03-02"}, 2),
        ({"period": "2026-03"}, 2),
        ({"period": "2025"}, 0),
        ({"since": "2026-03-02T09:00:00Z"}, 2),
        ({"until": "2026-03-02T10:00:00+01:00"}, 0),
        ({"customer_id": "ann", "channel": "chat_widget"}, 0),
    ],
)
def test_what_is_measured_can_be_narrowed(
    params: dict[str, str], tickets: int, resolved: Desk
) -> None:
    found = call(resolved, "measure_resolution_time", **params)["resolution_time_analysis"]
    assert found["total_tickets"] == tickets
    issues = call(resolved, "identify_common_issues", **params)["common_issues"]
    assert sum(one["tickets"] for one in issues) == tickets


def test_one_ticket_can_be_measured(resolved: Desk, ben: str) -> None:
    found = call(resolved, "measure_resolution_time", ticket_id=ben)["resolution_time_analysis"]
    assert found["average_minutes"] == 30


@pytest.mark.parametrize("period", ["yesterday", "2026-3", "20260302"])
def test_a_period_that_is_none_is_named(period: str, desk: Desk) -> None:
    result = call(desk, "identify_common_issues", period=period)
    assert result["success"] is False
    assert "period" in result["error"]


def test_common_issues_come_with_their_shares_the_most_frequent_first(desk: Desk) -> None:
    desk.pact(
        "channel.receive_message",
        {"channel": "email", "handle": "n@x.org", "message": "My invoice is wrong, charged twice"},
    )
    billing, access = call(desk, "identify_common_issues")["common_issues"]
    assert (billing["category"], billing["tickets"]) == ("billing", 2)
    assert (access["category"], access["tickets"]) == ("access", 1)
    assert billing["share"] == pytest.approx(2 / 3)
    assert billing["surge"] is False
    assert len(call(desk, "identify_common_issues", limit=1)["common_issues"]) == 1


def test_insights_end_with_the_figures_as_the_metrics_have_them(resolved: Desk) -> None:
    insights = call(resolved, "generate_insights")["insights"]
    figures = {one["metric"]: one["value"] for one in insights if one["kind"] == "metric"}
    rows = resolved.query(
        "SELECT metric, value FROM v1_metrics WHERE period = 'all' AND segment = 'all'"
        " AND value IS NOT NULL AND definition = 'v1'"
    )
    assert figures == {row["metric"]: row["value"] for row in rows}
    assert figures["resolved_tickets"] == 2
    by_channel = call(resolved, "generate_insights", channel="email")["insights"]
    assert {one["metric"]: one["value"] for one in by_channel}["total_tickets"] == 1


@pytest.mark.parametrize(
    "action", ["measure_resolution_time", "identify_common_issues", "generate_insights"]
)
@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("beyond", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-02:00"])
def test_a_moment_beyond_all_years_is_told_of(
    desk: Desk, action: str, name: str, beyond: str
) -> None:
    told = call(desk, action, **{name: beyond})
    assert told["success"] is False
    assert f"{name}: {beyond} is too far away" in told["error"]
