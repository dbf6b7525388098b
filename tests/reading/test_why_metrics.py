"""Why a metric's row says what it says: its numbers, what counted, one of that to its origin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from projections.counted import RECORDS
from projections.metrics import DEFINITIONS
from schemas.events.contacts import ContactReceived
from schemas.events.intents import HandoverAsked, ResolveAsked
from schemas.record import Record, contact_id
from streams.desk import Desk
from streams.errors import NotFound
from streams.testing import FakeModels, understood
from streams.why.drawing import WIDTH, lines
from streams.why.mermaid import as_mermaid
from streams.why.metric import SHOWN
from tests.embedded import open_in, record_of, somewhere, take
from tests.histories import History, histories, play
from tests.projections.test_metrics import HISTORY, put, solved
from tests.reading.test_why_drawn import charted

Row = dict[str, Any]

CUT = ("metric", "definition", "period", "segment")

FACT = {"kind": "order", "text": "77", "start": 0, "end": 2}


def _contact(number: int, channel: str = "email") -> Record:
    event = ContactReceived(
        channel=channel, customer_id=f"c{number}", message="Where is 77?", provider_id=str(number)
    )
    given_ = contact_id(channel, str(number))
    return msgspec.structs.replace(record_of(event), id=given_, correlation=given_)


def _asked(desk: Desk, kind: type[HandoverAsked | ResolveAsked]) -> Record:
    (row, *_) = desk.query("SELECT ticket_id, customer_id FROM v1_tickets ORDER BY customer_id")
    return record_of(kind(ticket_id=row["ticket_id"], customer_id=row["customer_id"], by="bo"))


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Twelve customers who wrote once, one by chat; the first was handed over and solved."""
    models = FakeModels(understanding=understood(facts=[FACT]))
    with somewhere() as folder, open_in(folder, models) as one:
        take(one, [_contact(n, "chat_widget" if n == 11 else "email") for n in range(10, 22)])
        take(one, [_asked(one, HandoverAsked)])
        take(one, [_asked(one, ResolveAsked)])
        yield one


def _types(tree: Row) -> list[str]:
    """The types along a chain, the effect first."""
    found, node = [], tree.get("set_by", tree)
    while node is not None:
        found.append(node["type"])
        node = node.get("cause")
    return found


def _name(row: Row) -> str:
    return "metric:{metric}@{definition}:{period}:{segment}".format(**row)


def _micros(minutes: float) -> int:
    return round(minutes * 60_000_000)


def _added(rows: list[Row], name: str) -> int:
    return sum(_micros(row[name]) for row in rows if row[name] is not None)


def _counted_by_row(desk: Desk) -> dict[tuple[str, ...], list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in desk.query("SELECT * FROM v1_counted"):
        found.setdefault(tuple(row[name] for name in CUT), []).append(row)
    return found


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cem"), most=8))
def test_what_counted_adds_up_to_every_row_of_any_history(history: History) -> None:
    lived = play(history)
    with somewhere() as folder, open_in(folder, lived.models) as desk:
        take(desk, lived.outside)
        metrics = desk.query("SELECT * FROM v1_metrics")
        counted = _counted_by_row(desk)
        told = [desk.why(_name(row)) for row in metrics]
    for row, tree in zip(metrics, told, strict=True):
        records = counted.pop(tuple(row[name] for name in CUT), [])
        assert {name: tree[name] for name in row} == row
        assert _added(records, "numerator") == _micros(row["numerator"])
        if tree["denominator_is"] == "one":
            assert {one["denominator"] for one in records} <= {None}
        else:
            assert _added(records, "denominator") == _micros(row["denominator"])
        assert tree["counted"]["records"] == len(records)
        assert len(tree["counted"]["shown"]) == min(len(records), SHOWN)
        assert ("example" in tree) == bool(records)
    assert counted == {}, "nothing counted for a row that there is not"


def _ids(rows: list[Row]) -> dict[str, tuple[float, float | None]]:
    return {row["id"]: (row["numerator"], row["denominator"]) for row in rows}


def test_who_counted_is_as_worked_out_by_hand() -> None:
    asked = "SELECT * FROM v1_counted WHERE metric = ? AND definition = ? AND period = 'all'"
    with somewhere() as folder, open_in(folder) as desk:
        put(desk, HISTORY)
        first = _ids(desk.query(f"{asked} AND segment = 'all'", ("first_contact_resolution", "v2")))
        back = _ids(desk.query(asked, ("recontact_rate_7d", "v1")))
        shares = desk.query(
            f"{asked} AND segment = 'channel:slack'", ("channel_distribution", "v1")
        )
        total = _ids(desk.query(f"{asked} AND segment = 'all'", ("total_tickets", "v1")))
    assert first == {"t1": (1.0, 1.0), "t2": (0.0, 1.0), "t3": (0.0, 1.0)}
    assert back == {"t1": (0.0, 1.0), "t2": (1.0, 1.0), "t3": (0.0, 1.0)}
    assert [row["id"] for row in shares if row["numerator"]] == ["t6"]
    assert len(shares) == 5
    assert total == dict.fromkeys(("t1", "t2", "t3", "t4", "t6"), (1.0, None))


def test_every_record_that_counts_is_told_by_its_kind_and_the_id_of_that(desk: Desk) -> None:
    others = {"sla_met": "target", "context_kept": "handover"}
    rows = desk.query("SELECT DISTINCT metric, definition, kind, id, ticket_id FROM v1_counted")
    kinds = {(row["metric"], row["definition"]): row["kind"] for row in rows}
    assert kinds == {cut: others.get(cut[0], "ticket") for cut in kinds}
    counted = {one.relation for one in DEFINITIONS if (one.metric, one.version) in kinds}
    assert counted >= RECORDS.keys()
    for row in rows:
        assert row["id"].startswith(row["ticket_id"]) or row["kind"] == "handover"
        assert (row["id"] == row["ticket_id"]) == (row["kind"] == "ticket")


def test_a_percentile_is_the_time_at_its_place_among_all_that_were_taken() -> None:
    with somewhere() as folder, open_in(folder) as desk:
        put(desk, [solved(n, float(n % 9)) for n in range(9, 0, -1)])
        rows = desk.query(
            "SELECT * FROM v1_counted WHERE metric = 'median_resolution_time_minutes'"
            " AND definition = 'v1' AND period = 'all' AND segment = 'all' ORDER BY place"
        )
    assert [row["minutes"] for row in rows] == [float(n) for n in range(9)]
    assert [row["place"] for row in rows] == [*range(1, 10)]
    assert [row["id"] for row in rows if row["numerator"] is not None] == ["t4"]


def test_a_ticket_that_counts_leads_back_to_the_contact(desk: Desk) -> None:
    tree = desk.why("metric:total_tickets")
    assert (tree["value"], tree["counted"]["records"]) == (12.0, 12)
    assert tree["example"]["id"] == tree["counted"]["shown"][0]["id"]
    assert _types(tree["example"])[-1] == "ContactReceived"


def test_a_solved_ticket_counts_by_who_solved_it(desk: Desk) -> None:
    tree = desk.why("metric:resolution_rate")
    (counts,) = [one for one in tree["counted"]["shown"] if one["numerator"]]
    assert tree["counted"]["in_numerator"] == 1
    assert (tree["example"]["id"], tree["example"]["field"]) == (counts["id"], "resolved_at")
    assert _types(tree["example"]) == ["TicketResolved", "ResolveAsked"]


def test_a_target_counts_by_what_met_it(desk: Desk) -> None:
    tree = desk.why("metric:sla_met")
    assert {one["kind"] for one in tree["counted"]["shown"]} == {"target"}
    assert tree["example"]["says"]["target"] in tree["counted"]["shown"][0]["id"]
    assert _types(tree["example"])[0] == "SlaMet"
    assert _types(tree["example"])[-1] in {"ContactReceived", "ResolveAsked"}


def test_a_hand_over_counts_by_its_own_record(desk: Desk) -> None:
    tree = desk.why("metric:context_kept")
    shown = tree["counted"]["shown"]
    assert [(one["kind"], one["numerator"], one["denominator"]) for one in shown] == [
        ("handover", 1.0, 1.0)
    ]
    assert _types(tree["example"]) == ["ContextTransferred", "HandoverAsked"]


@pytest.mark.parametrize(
    ("subject", "cut"),
    [
        ("metric:reopen_rate", ("v1", "all", "all")),
        ("metric:reopen_rate@v2", ("v2", "all", "all")),
        ("metric:reopen_rate@v2:2026-03-02", ("v2", "2026-03-02", "all")),
        ("metric:total_tickets:all:channel:chat_widget", ("v1", "all", "channel:chat_widget")),
    ],
)
def test_a_row_is_named_by_as_much_as_differs_from_the_total(
    desk: Desk, subject: str, cut: tuple[str, str, str]
) -> None:
    tree = desk.why(subject)
    assert (tree["definition"], tree["period"], tree["segment"]) == cut
    assert desk.why(tree["id"]) == tree


def test_a_calendars_row_has_its_targets(desk: Desk) -> None:
    (row,) = desk.query("SELECT * FROM v1_metrics WHERE segment LIKE 'calendar:%'")
    short = desk.why(f"metric:sla_met:all:{row['segment']}")
    assert {name: short[name] for name in row} == row
    assert desk.why(_name(row))["counted"] == short["counted"]


@pytest.mark.parametrize(
    ("subject", "field", "says"),
    [
        ("metric:colour", None, "total_tickets"),
        ("metric:reopen_rate@v9", None, "v1, v2"),
        ("metric:reopen_rate:2020-01-01", None, "days: 2026-03-02 to 2026-03-02"),
        ("metric:reopen_rate:all:channel:fax", None, "channel:chat_widget, channel:email"),
        ("metric:sla_met@v1/x", None, "segments: all, calendar:"),
        ("metric:reopen_rate", "priority", "without --field"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    desk: Desk, subject: str, field: str | None, says: str
) -> None:
    with pytest.raises(NotFound) as told:
        desk.why(subject, field)
    assert says in told.value.remedy


def test_where_nothing_was_counted_yet_that_is_said() -> None:
    with somewhere() as folder, open_in(folder) as empty:
        with pytest.raises(NotFound) as told:
            empty.why("metric:channel_distribution")
        assert told.value.remedy == "nothing was counted yet"


def test_what_is_not_shown_is_found_by_the_query_that_is_named(desk: Desk) -> None:
    tree = desk.why("metric:total_tickets")
    assert len(tree["counted"]["shown"]) == SHOWN
    rows = desk.query(tree["counted"]["all"])
    assert len(rows) == tree["counted"]["records"]
    assert [row["id"] for row in rows[:SHOWN]] == [one["id"] for one in tree["counted"]["shown"]]


def test_a_row_is_told_in_lines_that_fit(desk: Desk) -> None:
    tree = desk.why("metric:total_tickets")
    told = [line.text for line in lines(tree)]
    assert all(len(one) <= WIDTH for one in told)
    assert told[0] == "total_tickets v1, all, all is 12"
    assert "and 2 more: pactdesk query" in " ".join(" ".join(told).split())
    drawn = " ".join(" ".join(told).split())
    assert f'"{tree["counted"]["all"]}"' in drawn
    assert any("ContactReceived by test" in one for one in told)


def test_a_time_in_order_is_told_with_its_place(desk: Desk) -> None:
    told = [line.text for line in lines(desk.why("metric:median_resolution_time_minutes"))]
    assert "  1 in their order, and this is place 1" in told


def test_a_row_that_counted_nothing_has_no_example(desk: Desk) -> None:
    tree = desk.why("metric:customer_satisfaction")
    assert (tree["value"], tree["counted"]["records"]) == (None, 0)
    assert [line.text for line in lines(tree)][-1].strip().startswith("0 counted")
    nodes, edges = charted(as_mermaid(tree))
    assert (len(nodes), edges) == (1, [])


def test_a_chart_leads_from_the_contact_to_the_row(desk: Desk) -> None:
    tree = desk.why("metric:resolution_rate")
    nodes, edges = charted(as_mermaid(tree))
    after = dict(edges)
    start = next(name for name, label in nodes.items() if label[0] == "ResolveAsked")
    path = [start]
    while path[-1] in after:
        path.append(after[path[-1]])
    assert [nodes[name][0] for name in path[-3:]] == ["TicketResolved", "ticket", "Metric"]
    assert sum(label[0] == "ticket" for label in nodes.values()) == SHOWN
