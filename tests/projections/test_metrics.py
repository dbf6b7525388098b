"""The metrics: worked out by hand over small histories, and their laws over any history."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from projections.metrics import DEFINITIONS, METRICS, VERSIONS, definitions_of
from projections.tables import TABLES
from projections.tables.tickets import TicketRow, ticket_row
from schemas.event import Event
from schemas.events import tickets as became
from schemas.vocabulary import rfc3339
from streams.desk import Desk
from streams.testing import START
from tests.anyevent import example
from tests.embedded import open_in, record_of, somewhere, take
from tests.histories import History, histories, play

Row = dict[str, Any]

DAY_1, DAY_2 = "2026-03-02", "2026-03-03"


def ticket(number: int, **told: object) -> TicketRow:
    """A ticket that nobody touched."""
    at = told.pop("created_at", f"{DAY_1}T08:00:00.000Z")
    row = TicketRow(
        ticket_id=f"t{number}",
        customer_id="ann",
        channel="email",
        priority="low",
        status="new",
        created_at=str(at),
        updated_at=str(at),
        category="billing",
    )
    return msgspec.structs.replace(row, **told)


def solved(number: int, minutes: float, **told: object) -> TicketRow:
    """A ticket that was solved at its first contact, after some minutes, answered after two."""
    given_ = {
        "customer_id": f"c{number}",
        "status": "resolved",
        "resolved_at": f"{DAY_1}T09:00:00.000Z",
        "resolution_time_minutes": minutes,
        "desk_milliseconds": int(minutes * 60_000 / 2),
        "contacts_at_resolution": 1,
        "first_reply_minutes": 2.0,
        "first_replied_at": f"{DAY_1}T08:02:00.000Z",
    }
    return ticket(number, **{**given_, **told})


BACK = ticket(6, customer_id="c2", created_at=f"{DAY_2}T08:00:00.000Z", channel="slack")
"""The second ticket's customer comes back with the same on the next day."""

HISTORY = (
    solved(1, 10.0, satisfaction_score=5),
    solved(2, 20.0, satisfaction_score=4, escalated_at=f"{DAY_1}T08:30:00.000Z"),
    solved(3, 60.0, contacts_at_resolution=3, first_reply_minutes=11.0, automatic=True),
    ticket(4, reopened=1, first_reply_minutes=1.0, origin="person", customer_id="c4"),
    ticket(5, merged_into="t1", customer_id="c5"),
    BACK,
)
"""Five tickets, one of them opened on the next day, and one that was merged into the first."""

BY_HAND = {
    ("total_tickets", "v1"): (5.0, 1.0),
    ("resolved_tickets", "v1"): (3.0, 1.0),
    ("resolution_rate", "v1"): (3.0, 5.0),
    ("average_resolution_time_minutes", "v1"): (90.0, 3.0),
    ("average_resolution_time_minutes", "v2"): (45.0, 3.0),
    ("median_resolution_time_minutes", "v1"): (20.0, 1.0),
    ("median_resolution_time_minutes", "v2"): (10.0, 1.0),
    ("p90_resolution_time_minutes", "v1"): (60.0, 1.0),
    ("p90_resolution_time_minutes", "v2"): (30.0, 1.0),
    ("customer_satisfaction", "v1"): (9.0, 2.0),
    ("escalation_rate", "v1"): (1.0, 5.0),
    ("first_contact_resolution", "v1"): (2.0, 5.0),
    ("first_contact_resolution", "v2"): (1.0, 3.0),
    ("first_reply_minutes", "v1"): (16.0, 4.0),
    ("first_reply_minutes", "v2"): (15.0, 3.0),
    ("median_first_reply_minutes", "v1"): (2.0, 1.0),
    ("p90_first_reply_minutes", "v1"): (11.0, 1.0),
    ("reopen_rate", "v1"): (1.0, 5.0),
    ("reopen_rate", "v2"): (1.0, 4.0),
    ("automatic_share", "v1"): (1.0, 5.0),
    ("recontact_rate_7d", "v1"): (1.0, 3.0),
    ("sla_met", "v1"): (0.0, 0.0),
    ("context_kept", "v1"): (0.0, 0.0),
}
"""Numerator and denominator over the whole of `HISTORY`."""


def put(desk: Desk, rows: Sequence[TicketRow]) -> None:
    """Let a store hold these tickets."""
    marks = ", ".join("?" * len(TicketRow.__struct_fields__))
    values = [msgspec.structs.astuple(row) for row in rows]
    desk.database.executemany(f"INSERT INTO p_tickets VALUES ({marks})", values)


def counted(rows: Sequence[Row]) -> dict[tuple[str, str], tuple[float, float]]:
    """Numerator and denominator by metric and definition."""
    return {
        (row["metric"], row["definition"]): (row["numerator"], row["denominator"]) for row in rows
    }


@pytest.fixture
def told() -> Iterator[Desk]:
    """A desk that holds the history."""
    with somewhere() as folder, open_in(folder) as desk:
        put(desk, HISTORY)
        yield desk


@pytest.mark.parametrize(
    ("metric", "not_needed"),
    [
        ("sla_met", {"round", "strftime"}),
        ("total_tickets", {"strftime"}),
        ("p90_first_reply_minutes", {"strftime"}),
    ],
)
def test_what_is_not_asked_for_is_not_worked_out(
    told: Desk, metric: str, not_needed: set[str]
) -> None:
    """Minutes are rounded, and seven days are added by `strftime`: neither can be done here."""

    def refused(*_: object) -> None:
        raise AssertionError

    for name in not_needed:
        told.database.connection.create_function(name, -1, refused)
    asked = "SELECT numerator FROM v1_metrics WHERE metric = ? AND period = 'all'"
    found = told.database.execute(f"{asked} AND segment = 'all'", (metric,)).fetchall()
    assert [row[0] for row in found] == [BY_HAND[metric, "v1"][0]]
    with pytest.raises(sqlite3.OperationalError):
        told.database.execute("SELECT numerator FROM v1_metrics").fetchall()


def test_every_definition_is_as_worked_out_by_hand(told: Desk) -> None:
    rows = told.query("SELECT * FROM v1_metrics WHERE period = 'all' AND segment = 'all'")
    assert counted(rows) == BY_HAND
    shares = told.query("SELECT * FROM v1_metrics WHERE metric = 'channel_distribution'")
    assert {row["segment"]: row["value"] for row in shares} == {
        "channel:email": 0.8,
        "channel:slack": 0.2,
    }


def test_a_day_counts_what_was_opened_on_it(told: Desk) -> None:
    rows = counted(told.query("SELECT * FROM v1_metrics WHERE period = ?", [DAY_2]))
    assert rows["total_tickets", "v1"] == (1.0, 1.0)
    assert rows["resolution_rate", "v1"] == (0.0, 1.0)
    assert ("median_resolution_time_minutes", "v1") not in rows
    first = counted(told.query("SELECT * FROM v1_metrics WHERE period = ?", [DAY_1]))
    assert first["first_contact_resolution", "v2"] == (1.0, 3.0)


def test_a_time_that_most_do_not_exceed_is_one_that_was_taken() -> None:
    """Of ten the fifth and the ninth, of eleven the sixth and the tenth, and never a mean."""
    for count, half, most in ((1, 1, 1), (2, 1, 2), (10, 5, 9), (11, 6, 10)):
        with somewhere() as folder, open_in(folder) as desk:
            put(desk, [solved(n, float(n)) for n in range(count, 0, -1)])
            rows = desk.query(
                "SELECT metric, value FROM v1_metrics WHERE definition = 'v1'"
                " AND period = 'all' AND segment = 'all'"
            )
        values = {row["metric"]: row["value"] for row in rows}
        assert values["median_resolution_time_minutes"] == half
        assert values["p90_resolution_time_minutes"] == most


@pytest.mark.parametrize(
    ("told_", "counts"),
    [
        ({"created_at": f"{DAY_2}T08:00:00.000Z"}, False),
        ({"created_at": "2026-03-09T09:00:00.000Z"}, False),
        ({"created_at": "2026-03-09T09:00:00.001Z"}, True),
        ({"created_at": f"{DAY_1}T08:59:00.000Z"}, True),
        ({"created_at": f"{DAY_2}T08:00:00.000Z", "category": "access"}, True),
        ({"created_at": f"{DAY_2}T08:00:00.000Z", "customer_id": "c9"}, True),
        ({"created_at": f"{DAY_2}T08:00:00.000Z", "merged_into": "t1"}, True),
    ],
)
def test_resolved_at_first_contact_is_so_for_good_unless_the_customer_comes_back(
    told_: dict[str, object],
    counts: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    again = ticket(2, **{"customer_id": "c1", **told_})
    with somewhere() as folder, open_in(folder) as desk:
        put(desk, [solved(1, 5.0), again])
        (row,) = desk.query(
            "SELECT * FROM v1_metrics WHERE metric = 'first_contact_resolution'"
            " AND definition = 'v2' AND period = 'all' AND segment = 'all'"
        )
    assert (row["numerator"], row["denominator"]) == (float(counts), 1.0)


def lived(*steps: tuple[float, type[Event], dict[str, object]]) -> TicketRow:
    """A ticket's row after events, each so many minutes after the one before."""
    row, at = None, START
    for minutes, kind, fields in steps:
        at += timedelta(minutes=minutes)
        event = example(kind, full=True).model_copy(update={"ticket_id": "t1", **fields})
        record = msgspec.structs.replace(record_of(event), at=at)
        row = ticket_row(row, record, "t1")
    assert row is not None
    return row


def test_it_is_the_desks_turn_but_while_the_customer_is_waited_for_or_it_is_out_of_sight() -> None:
    row = lived(
        (0, became.TicketOpened, {"status": "new"}),
        (3, became.TicketTriaged, {"status": "triaged"}),
        (4, became.TicketAwaitsCustomer, {"status": "waiting_customer"}),
        (100, became.TicketStarted, {"status": "in_progress"}),
        (5, became.TicketSnoozed, {"status": "in_progress", "until": START}),
        (1000, became.TicketWoken, {"status": "in_progress"}),
        (6, became.TicketEscalated, {"status": "escalated"}),
        (7, became.TicketResolved, {"status": "resolved"}),
        (5000, became.TicketReopened, {"status": "in_progress"}),
        (8, became.TicketResolved, {"status": "resolved"}),
        (50, became.TicketClosed, {"status": "closed"}),
    )
    assert row.desk_milliseconds == (3 + 4 + 5 + 6 + 7 + 8) * 60_000


def test_no_time_is_negative_where_a_line_is_behind_another() -> None:
    opened: dict[str, object] = {"status": "new"}
    reply: dict[str, object] = {
        "status": "new",
        "direction": "out",
        "interaction_type": "agent_response",
        "instead_of": None,
        "opened_at": START + timedelta(minutes=9),
    }
    row = lived((9, became.TicketOpened, opened), (-4, became.MessageAdded, reply))
    assert row.first_reply_minutes == 0.0
    assert row.desk_milliseconds == 0
    assert row.first_replied_at == rfc3339(START + timedelta(minutes=5))


def test_a_definition_is_there_once_and_says_what_it_comes_from() -> None:
    names = [(one.metric, one.version) for one in DEFINITIONS]
    assert len(names) == len({*names})
    tables = {table.sql_name: table.columns for table in TABLES}
    for one in DEFINITIONS:
        assert one.source.split(".")[0].split(",")[0].split(";")[0] in tables
        assert definitions_of(one.metric)[0].version == "v1"
    assert {version for _, version in names} == {*VERSIONS}
    assert len(METRICS) == 18


def test_a_definition_says_in_words_what_is_divided_by_what() -> None:
    words = {one.metric: one.formula for one in DEFINITIONS if one.version == "v1"}
    assert words["escalation_rate"] == "tickets that were ever escalated / tickets"
    assert words["total_tickets"] == "tickets"


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cem"), most=14))
def test_the_laws_of_the_metrics_hold_for_any_history(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        rows = desk.query("SELECT * FROM v1_metrics")
    units = {(one.metric, one.version): one.unit for one in DEFINITIONS}
    keys = [(row["metric"], row["definition"], row["period"], row["segment"]) for row in rows]
    assert len(keys) == len({*keys})
    for row in rows:
        unit = units[row["metric"], row["definition"].partition("/")[0]]
        if not row["denominator"]:
            assert row["value"] is None, "nothing to count has no value"
            continue
        assert row["value"] == pytest.approx(row["numerator"] / row["denominator"])
        assert row["value"] >= 0.0
        if unit == "share":
            assert row["value"] <= 1.0, row
        if unit == "points":
            assert 1.0 <= row["value"] <= 5.0
    _segments_add_up(rows)
    _strict_is_never_more(rows)


def _segments_add_up(rows: Sequence[Row]) -> None:
    """What is counted by channel, or by day, is together what is counted in total."""
    sums: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    total: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        name, both = (row["metric"], row["definition"]), [row["numerator"], row["denominator"]]
        if (row["period"], row["segment"]) == ("all", "all"):
            total[name] = both
        cut = "channel" if row["segment"].startswith("channel:") else row["period"] != "all"
        if cut:
            one = sums[(*name, "channel" if cut == "channel" else "day")]
            one[0], one[1] = one[0] + both[0], one[1] + both[1]
    for (metric, version, _), (above, below) in sums.items():
        if metric.startswith(("median", "p90")) or metric == "channel_distribution":
            continue
        assert above == pytest.approx(total[metric, version][0])
        if metric not in {"total_tickets", "resolved_tickets"}:
            assert below == pytest.approx(total[metric, version][1])


def _strict_is_never_more(rows: Sequence[Row]) -> None:
    """The second definition of these counts no more than the first one."""
    above = {
        (row["metric"], row["definition"], row["period"], row["segment"]): row["numerator"]
        for row in rows
    }
    for (metric, version, *cut), value in above.items():
        if version == "v2" and metric in {
            "first_contact_resolution",
            "average_resolution_time_minutes",
            "first_reply_minutes",
        }:
            assert value <= above[metric, "v1", cut[0], cut[1]] + 0.02, metric  # v1 is rounded


def test_a_definition_that_is_new_holds_for_what_was_before_it(told: Desk) -> None:
    """Metrics are computed when they are asked for: as of any moment, all definitions are there."""
    told.produce({"channel": "email", "handle": "zoe@example.org", "message": "Hello"})
    told.run()
    rows = told.as_of(told.position()).query(
        "SELECT DISTINCT definition FROM v1_metrics WHERE segment = 'all'"
    )
    assert {row["definition"] for row in rows} == {"v1", "v2"}
