"""The views are the contract: their names, their columns in order, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from projections.tables.tickets import TicketRow
from schemas.events.contacts import ContactReceived
from streams.desk import Desk
from tests.both import ORDER
from tests.embedded import open_in, record_of, somewhere, take
from tests.histories import History, histories, play

CONTRACT = {
    "v1_tickets": "ticket_id customer_id channel priority status subject description created_at"
    " updated_at assigned_agent resolution_time_minutes satisfaction_score tags metadata channels"
    " category category_confidence estimated_resolution_minutes language sentiment_score vip_status"
    " escalated_at escalation_reasons auto_resolution_candidate team contacts replies reopened"
    " first_replied_at resolved_at closed_at snoozed_until merged_into",
    "v1_interactions": "interaction_id ticket_id customer_id agent_id channel message_content"
    " timestamp interaction_type sentiment_score resolution_offered direction provider_id"
    " solution_id confidence language delivery",
    "v1_customers": "customer_id name email phone preferred_channel vip_status lifetime_value"
    " satisfaction_history interaction_count last_interaction open_tickets resolved_tickets"
    " escalation_history satisfaction_score first_interaction language account_manager handles"
    " merged_into",
    "v1_decisions": "record_id at agent action customer_id ticket_id cause_id confidence outcome"
    " candidates reasons policy_version model_versions",
    "v1_articles": "article_id title category language version examples shown accepted rejected"
    " success_rate",
    "v1_specialists": "specialist_id name team skills languages senior capacity load available",
    "v1_daily": "day channel category tickets resolved first_contact_resolved escalated automatic"
    " contacts replies first_reply_minutes_sum resolution_minutes_sum satisfaction_sum"
    " satisfaction_count",
    "v1_metrics": "metric definition period segment value numerator denominator",
    "v1_counted": "metric definition period segment kind id ticket_id numerator denominator minutes"
    " place",
    "v1_insights": "insight_id at kind category text",
    "v1_alerts": "alert_id at alert_type recipient customer_id ticket_id priority text",
    "v1_follow_ups": "follow_up_id ticket_id customer_id scheduled_at due_at ticket_status",
    "v1_deliveries": "request_id ticket_id customer_id channel kind author requested_at state"
    " attempts transport attempted_at accepted_at delivered_at read_at failed_at error",
    "v1_messages": "message_id customer_id channel handle direction at text buttons kind author"
    " provider_id delivery",
    "v1_attachments": "attachment_id interaction_id ticket_id customer_id channel place"
    " received_at state name media_type size sha256 stored_at attempts retry_at error",
    "v1_drafts": "draft_id ticket_id customer_id asked_at state ended_at draft quotes model_version"
    " reason sentence error",
    "v1_dead_letters": "dead_letter_id at topic origin handler error remedy attempts bytes",
    "v1_positions": "projection topic partition position end_position lag",
}
"""The columns of every view, in order; more may follow them, never anything between."""

METRICS = {
    "total_tickets", "resolved_tickets", "resolution_rate", "average_resolution_time_minutes",
    "customer_satisfaction", "channel_distribution", "escalation_rate",
    "first_contact_resolution", "first_reply_minutes", "reopen_rate", "recontact_rate_7d",
    "sla_met", "context_kept", "automatic_share",
}  # fmt: skip
"""With a row even where there is nothing to count."""


@pytest.fixture(scope="module")
def empty() -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as desk:
        yield desk


def _columns(desk: Desk, view: str) -> list[str]:
    return [str(row[1]) for row in desk.database.execute(f"PRAGMA table_info({view})")]


@pytest.mark.parametrize("view", sorted(CONTRACT))
def test_a_view_begins_with_the_columns_of_the_contract(empty: Desk, view: str) -> None:
    promised = CONTRACT[view].split()
    assert _columns(empty, view)[: len(promised)] == promised


def test_every_view_is_compared_on_both_engines() -> None:
    assert ORDER.keys() == CONTRACT.keys()


def test_the_views_of_the_contract_are_all_there_are(empty: Desk) -> None:
    found = empty.database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")
    assert {str(name) for (name,) in found} == set(CONTRACT)


def test_an_empty_store_has_its_metrics(empty: Desk) -> None:
    rows = {
        row["metric"]: row
        for row in empty.query("SELECT * FROM v1_metrics WHERE period = 'all' AND segment = 'all'")
    }
    assert rows.keys() == METRICS - {"channel_distribution"}
    assert rows["total_tickets"]["value"] == 0.0
    assert rows["resolution_rate"]["value"] is None


_SCANS = re.compile(r"SCAN (?!v1_|counted|cut|base|back|sla|context|\()")


@pytest.mark.parametrize(
    ("sql", "scanned"),
    [
        ("SELECT * FROM v1_tickets WHERE ticket_id = 'x'", set()),
        ("SELECT * FROM v1_tickets WHERE customer_id = 'x'", set()),
        ("SELECT * FROM v1_interactions WHERE ticket_id = 'x'", {"a"}),
        ("SELECT * FROM v1_interactions WHERE customer_id = 'x'", set()),
        ("SELECT * FROM v1_interactions WHERE interaction_id = 'x'", set()),
        ("SELECT * FROM v1_decisions WHERE ticket_id = 'x'", set()),
        ("SELECT * FROM v1_customers WHERE customer_id = 'x'", set()),
        ("SELECT * FROM v1_customers", {"c"}),
        ("SELECT * FROM v1_specialists", {"s"}),
        ("SELECT * FROM v1_follow_ups WHERE ticket_id = 'x'", set()),
        ("SELECT * FROM v1_drafts WHERE ticket_id = 'x'", set()),
        ("SELECT * FROM v1_deliveries WHERE request_id = 'x'", set()),
        ("SELECT * FROM v1_messages WHERE message_id = 'x'", set()),
        ("SELECT * FROM v1_messages WHERE handle = 'x' ORDER BY at DESC LIMIT 9", set()),
        ("SELECT * FROM v1_attachments WHERE attachment_id = 'x'", set()),
        ("SELECT * FROM v1_attachments WHERE ticket_id = 'x'", set()),
        ("SELECT * FROM v1_attachments WHERE state = 'waiting'", set()),
    ],
)
def test_no_table_is_searched_from_end_to_end_but_those_that_are_listed(
    empty: Desk, sql: str, scanned: set[str]
) -> None:
    """`a` is the few contacts that were turned away, and they name no ticket."""
    plan = [str(row[3]) for row in empty.database.execute(f"EXPLAIN QUERY PLAN {sql}")]
    found = {line.split()[1] for line in plan if _SCANS.match(line) and "USING" not in line}
    assert {name for name in found if name.startswith("p_") or len(name) == 1} <= scanned, plan


def test_no_part_of_the_metrics_is_searched_again_for_every_ticket(empty: Desk) -> None:
    plan = [
        (int(row[1]), str(row[3]))
        for row in empty.database.execute("EXPLAIN QUERY PLAN SELECT * FROM v1_metrics")
    ]
    assert any("SEARCH n USING INDEX p_tickets_customer_id_created_at" in text for _, text in plan)
    assert not any(text.startswith("SCAN n") for _, text in plan)


def test_what_was_written_on_merged_tickets_counts_with_the_one_they_went_into() -> None:
    written = [("A", "2026-03-02", 3, 1, "B"), ("B", "2026-03-03", 2, 0, "C")]
    with somewhere() as folder, open_in(folder) as desk:
        for name, day, contacts, replies, into in [*written, ("C", "2026-03-04", 1, 1, None)]:
            row = TicketRow(
                ticket_id=name, customer_id="ann", channel="email", priority="low",
                status="closed", created_at=f"{day}T09:00:00.000Z", updated_at=day,
                contacts=contacts, replies=replies, merged_into=into,
            )  # fmt: skip
            told = msgspec.structs.asdict(row)
            places = ", ".join("?" * len(told))
            desk.database.execute(
                f"INSERT INTO p_tickets ({', '.join(told)}) VALUES ({places})", tuple(told.values())
            )
        days = desk.query("SELECT day, tickets, contacts, replies FROM v1_daily")
        assert days == [{"day": "2026-03-04", "tickets": 1, "contacts": 6, "replies": 2}]


def test_who_was_merged_twice_over_is_counted_with_whom_they_became() -> None:
    """The caller went into the one who chats, and that one into ann; two tickets had ended."""
    said = [
        ("email", "ann@example.org", "The invoice is wrong."),
        ("whatsapp", "+2", "Where is my card?"),
        ("phone", "+1", "It rings and nobody is there."),
    ]
    with somewhere() as folder, open_in(folder) as desk:

        def came(line: dict[str, Any]) -> None:
            (taken,) = desk.intake.lines([msgspec.json.encode(line)])
            assert taken.status == "accepted", taken
            desk.run()

        for channel, handle, message in said:
            came({"channel": channel, "handle": handle, "message": message, "provider_id": handle})
        tickets = desk.query("SELECT ticket_id, customer_id, channel FROM v1_tickets")
        ann, chat, call = [
            next(t for t in tickets if t["channel"] == channel) for channel, *_ in said
        ]
        for ticket in (chat, call):
            came({"type": "resolve", "ticket_id": ticket["ticket_id"], "by": "bo"})
        for survivor, (channel, handle, _) in ((chat, said[2]), (ann, said[1])):
            customer = survivor["customer_id"]
            came(
                {
                    "type": "link", "customer_id": customer, "channel": channel, "handle": handle,
                    "by": "bo",
                }
            )  # fmt: skip
        interactions = desk.query("SELECT * FROM v1_interactions")
        rows = {row["customer_id"]: row for row in desk.query("SELECT * FROM v1_customers")}
    counted = [
        (row["merged_into"], row["interaction_count"], row["resolved_tickets"])
        for row in (rows[one["customer_id"]] for one in (ann, chat, call))
    ]
    assert counted == [
        (None, len(interactions), 2),
        (ann["customer_id"], 0, 0),
        (chat["customer_id"], 0, 0),
    ]
    latest = max(one["timestamp"] for one in interactions)
    assert rows[ann["customer_id"]]["last_interaction"] == latest


def _all_metrics(desk: Desk) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        (row["metric"], row["period"], row["segment"]): row
        for row in desk.query("SELECT * FROM v1_metrics WHERE definition LIKE 'v1%'")
    }


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cem"), most=14))
def test_the_views_agree_with_each_other(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        _each_contact_once(desk)
        _metrics_agree_with_days(desk)
        _customers_agree_with_tickets(desk)
        assert {row["lag"] for row in desk.query("SELECT lag FROM v1_positions")} <= {0}
        places = desk.query(
            "SELECT topic, partition, count(*) AS n FROM v1_positions GROUP BY 1, 2"
        )
        assert {row["n"] for row in places} <= {1}


def _each_contact_once(desk: Desk) -> None:
    rows = desk.query("SELECT * FROM v1_interactions")
    ids = [row["interaction_id"] for row in rows]
    assert len(ids) == len(set(ids))
    contacts = {r.id for r in desk.events(type="ContactReceived")}
    shown = {row["interaction_id"] for row in rows if row["direction"] == "in"}
    assert shown == contacts
    for row in rows:
        if row["kind"] in {"rejected", "held"}:
            assert row["ticket_id"] is None
        assert (row["delivery"] is not None) == (row["direction"] == "out")
        assert row["message_content"] is not None
        assert row["direction"] in {"in", "out", "none"}


def _metrics_agree_with_days(desk: Desk) -> None:
    metrics = _all_metrics(desk)
    days = desk.query("SELECT * FROM v1_daily")

    def total(name: str) -> float:
        return float(sum(row[name] for row in days))

    def numerator(metric: str) -> float:
        return float(metrics[metric, "all", "all"]["numerator"])

    assert numerator("total_tickets") == total("tickets")
    whole = desk.query("SELECT sum(contacts) AS contacts, sum(replies) AS replies FROM v1_tickets")
    assert (total("contacts"), total("replies")) == tuple(n or 0 for n in whole[0].values())
    assert numerator("resolved_tickets") == total("resolved")
    assert numerator("first_contact_resolution") == total("first_contact_resolved")
    assert numerator("escalation_rate") == total("escalated")
    assert numerator("automatic_share") == total("automatic")
    assert numerator("customer_satisfaction") == total("satisfaction_sum")
    assert numerator("first_reply_minutes") == pytest.approx(total("first_reply_minutes_sum"))
    assert numerator("average_resolution_time_minutes") == pytest.approx(
        total("resolution_minutes_sum")
    )
    shares = [
        r["value"] for (m, p, _), r in metrics.items() if (m, p) == ("channel_distribution", "all")
    ]
    assert sum(shares) == pytest.approx(1.0 if days else 0.0)
    for row in metrics.values():
        if row["denominator"] and row["metric"] not in {"total_tickets", "resolved_tickets"}:
            assert row["value"] == pytest.approx(row["numerator"] / row["denominator"])


def _customers_agree_with_tickets(desk: Desk) -> None:
    """What lies on lines that were merged counts with the one that they went into, and once."""
    rows = desk.query("SELECT * FROM v1_customers")
    into = {row["customer_id"]: row["merged_into"] for row in rows}

    def survivor(customer_id: str) -> str:
        while (next_one := into.get(customer_id)) is not None:
            customer_id = next_one
        return customer_id

    tickets = desk.query("SELECT * FROM v1_tickets")
    said = desk.query("SELECT * FROM v1_interactions WHERE kind NOT IN ('held', 'rejected')")
    for row in rows:
        customer = row["customer_id"]
        mine = [t for t in tickets if survivor(t["customer_id"]) == customer]
        times = [one["timestamp"] for one in said if survivor(one["customer_id"]) == customer]
        assert row["interaction_count"] == len(times)
        assert row["last_interaction"] == max(times, default=None)
        open_now = [t for t in mine if t["status"] not in {"resolved", "closed"}]
        assert row["open_tickets"] == len(open_now)
        assert row["resolved_tickets"] == sum(t["resolved_at"] is not None for t in mine)
        assert set(row["escalation_history"]) == {
            t["ticket_id"] for t in mine if t["escalated_at"] is not None
        }
        assert sorted(row["satisfaction_history"]) == sorted(
            t["satisfaction_score"] for t in mine if t["satisfaction_score"] is not None
        )


def test_no_column_holds_the_wall_clock() -> None:
    """Under simulated time nothing shows when the machine did its work."""
    event = ContactReceived(channel="email", customer_id="zoe", message="Hi", provider_id="z1")
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert not today.startswith("2026-03-0")
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [record_of(event)])
        list(desk.intake.lines([b"not json"]))
        for view in CONTRACT:
            for row in desk.query(f"SELECT * FROM {view}"):
                assert today not in repr(row), view
