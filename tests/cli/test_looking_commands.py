"""Commands that read the projections."""

from __future__ import annotations

import pytest

from streams.cli.looking import CUSTOMER_COLUMNS, DECISION_COLUMNS, TICKET_COLUMNS
from tests.commands import Shell


def test_tickets_come_newest_first_with_every_column_in_json(read: Shell) -> None:
    rows = read("tickets", "--json").json
    assert [row["channel"] for row in rows] == ["whatsapp", "email"]
    assert {"description", "sla", "channels", "merged_into"} - set(rows[0]) == {"sla"}


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["--customer", "ann"], 1),
        (["--channel", "whatsapp"], 1),
        (["--channel", "email", "--customer", "ann"], 1),
        (["--channel", "slack"], 0),
        (["--priority", "urgent"], 1),
        (["--status", "closed"], 0),
        (["--team", "nobody"], 0),
        (["--category", "nothing"], 0),
        (["--assigned", "nobody"], 0),
        (["--limit", "1"], 1),
    ],
)
def test_tickets_are_filtered(read: Shell, filters: list[str], count: int) -> None:
    assert len(read("tickets", "--json", *filters).json) == count


def test_a_status_that_there_is_not_is_a_usage_error(read: Shell) -> None:
    told = read("tickets", "--status", "lost")
    assert told.status == 2
    assert "in_progress" in told.err


def test_the_tables_for_people_have_their_columns(read: Shell) -> None:
    assert read("tickets").out.splitlines()[0].split() == list(TICKET_COLUMNS)
    assert read("customers").out.splitlines()[0].split() == list(CUSTOMER_COLUMNS)
    assert read("decisions").out.splitlines()[0].split() == list(DECISION_COLUMNS)


def test_nothing_is_told_as_nothing(read: Shell) -> None:
    assert read("tickets", "--channel", "discord").out == "(nothing)\n"
    assert read("tickets", "--channel", "discord", "--json").json == []


def test_a_cut_list_says_so_beside_the_data(read: Shell) -> None:
    assert "--limit shows more" in read("decisions", "--limit", "2").err
    assert read("decisions", "--limit", "2", "--quiet").err == ""


def test_a_ticket_comes_with_its_interactions(read: Shell, ticket: str) -> None:
    found = read("ticket", ticket, "--json").json
    assert found["ticket_id"] == ticket
    assert found["vip_status"] is True
    said = [one["message_content"] for one in found["interactions"]]
    assert any("charged twice" in text for text in said)
    text = read("ticket", ticket).out
    assert "vip_status: yes" in text
    assert "charged twice" in text


def test_a_customer_comes_with_their_tickets(read: Shell, ticket: str) -> None:
    found = read("customer", "ann", "--json").json
    assert found["name"] == "Ann Moreau"
    assert [one["ticket_id"] for one in found["tickets"]] == [ticket]
    assert ticket in read("customer", "ann").out


def test_a_customer_who_is_not_there_is_not_found(read: Shell) -> None:
    assert read("customer", "nobody").status == 4


def test_customers_are_filtered(read: Shell) -> None:
    assert [row["customer_id"] for row in read("customers", "--vip", "--json").json] == ["ann"]
    assert len(read("customers", "--json").json) == 2
    assert len(read("customers", "--name", "Ann Moreau", "--json").json) == 1


def test_decisions_are_filtered(read: Shell, ticket: str) -> None:
    rows = read("decisions", "--action", "triage.assign_priority", "--json").json
    assert {row["agent"] for row in rows} == {"triage"}
    assert len(rows) == 2
    rows = read("decisions", "--ticket", ticket, "--agent", "triage", "--json").json
    assert {row["ticket_id"] for row in rows} == {ticket}
    assert {row["customer_id"] for row in rows} == {"ann"}
    rows = read("decisions", "--customer", "ann", "--json").json
    assert {row["customer_id"] for row in rows} == {"ann"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--period", "bogus"], "no day"),
        (["--period", "2026-02-30"], "no day"),
        (["--segment", "email"], "channel:NAME"),
        (["--segment", "channel:fax"], "slack"),
        (["--segment", "calendar:"], "calendar:VERSION"),
        (["--segment", "channel:email", "--period", "2026-03-02"], "leave --segment out"),
        (["--definition", "v9"], "no metric has v9"),
        (["--definition", "v1/calendar-c0"], "--segment calendar:calendar-c0"),
    ],
)
def test_a_part_of_the_metrics_that_there_is_not_is_a_usage_error(
    read: Shell, options: list[str], says: str
) -> None:
    told = read("metrics", *options)
    assert (told.status, told.out) == (2, "")
    assert says in told.err


def test_a_day_without_tickets_has_no_metrics(read: Shell) -> None:
    assert read("metrics", "--period", "2020-01-01", "--json").json == []


def test_metrics_are_printed_in_total_and_by_segment(read: Shell) -> None:
    rows = {row["metric"]: row for row in read("metrics", "--json").json}
    assert rows["total_tickets"]["value"] == 2.0
    email = read("metrics", "--segment", "channel:email", "--metric", "total_tickets", "--json")
    assert [row["value"] for row in email.json] == [1.0]
    shares = read("metrics", "--metric", "channel_distribution", "--json").json
    assert sum(row["value"] for row in shares) == 1.0


def test_definitions_of_a_metric_stand_side_by_side(read: Shell) -> None:
    both = ("metrics", "--definition", "v1, v2")
    lines = [line.split() for line in read(*both).out.splitlines()]
    assert lines[0] == ["metric", "segment", "unit", "v1", "v2"]
    shown = {line[0]: line[3:] for line in lines[2:]}
    assert shown["first_reply_minutes"][0] == shown["first_reply_minutes"][1]
    rows = read(*both, "--metric", "reopen_rate", "--json").json
    assert [(row["definition"], row["unit"]) for row in rows] == [("v1", "share"), ("v2", "share")]
    divided = "tickets that were opened again / tickets that are solved or were opened again"
    assert rows[1]["formula"] == divided
    assert rows[1]["source"] == "p_tickets.reopened, resolved_at"
    only = read("metrics", "--definition", "v2", "--json").json
    assert {row["definition"] for row in only} == {"v2"}


def test_a_metric_is_explained_without_a_store(empty: Shell) -> None:
    told = empty("metrics", "--explain", "first_contact_resolution").out
    assert "definition: v2" in told
    assert "without another ticket of the same category within seven days" in told
    assert not empty.data.exists()


@pytest.mark.parametrize("option", ["v3", "", "v1,newest"])
def test_a_definition_that_no_metric_has_is_a_usage_error(read: Shell, option: str) -> None:
    told = read("metrics", "--definition", option)
    assert told.status == 2
    assert "there are v1, v2" in told.err


@pytest.mark.parametrize("option", ["--metric", "--explain"])
def test_a_metric_that_there_is_not_is_not_found(read: Shell, option: str) -> None:
    told = read("metrics", option, "happiness")
    assert told.status == 4
    assert "context_kept" in told.err


def test_as_of_a_time_shows_what_was_known_then(read: Shell) -> None:
    rows = read("tickets", "--as-of", "2026-03-02T09:10:00Z", "--json").json
    assert [row["channel"] for row in rows] == ["email"]
    rows = read("tickets", "--as-of", "2026-03-02T09:10:00Z", "--occurred", "--json").json
    assert [row["channel"] for row in rows] == ["email"]


def test_as_of_a_position_is_taken_from_an_answer(read: Shell) -> None:
    first = read("events", "--type", "TicketOpened").lines[0]
    rows = read("tickets", "--as-of", first["position"], "--json").json
    assert [row["ticket_id"] for row in rows] == [first["event"]["ticket_id"]]
    place = f"{first['topic']}/{first['partition']}/{first['offset']}"
    assert read("tickets", "--as-of", place, "--json").json == rows


def test_as_of_something_else_is_no_usage_and_has_a_remedy(read: Shell) -> None:
    told = read("tickets", "--as-of", "yesterday")
    assert told.status == 2
    assert "->" in told.err


def test_occurred_without_as_of_is_a_usage_error(read: Shell) -> None:
    assert read("customers", "--occurred").status == 2


@pytest.mark.parametrize(
    "line",
    [
        "tickets", "customers", "decisions", "metrics", "events", "search refund", "status",
        "verify", "deadletters list", "articles list", "team list", "query SELECT(1)",
    ],
)  # fmt: skip
def test_who_looks_where_no_store_was_is_told_so_beside_the_data(empty: Shell, line: str) -> None:
    told = empty(*line.split())
    assert (told.status, f"there is no store in {empty.data}" in told.err) == (0, True)
    assert "there is no store" not in told.out
    assert empty(*line.split()).err == ""


@pytest.mark.parametrize("line", ["ticket TICK_1", "customer ann", "why TICK_1"])
def test_who_looks_for_one_where_no_store_was_is_told_why_it_is_not_there(
    empty: Shell, line: str
) -> None:
    told = empty(*line.split())
    assert (told.status, f"there is no store in {empty.data}" in told.err) == (4, True)


def test_who_writes_where_no_store_was_meant_to_make_one(empty: Shell) -> None:
    assert empty("team", "import", stdin="").err.count("no store") == 0
    assert empty.data.exists()


@pytest.mark.parametrize(
    ("line", "what", "remedy"),
    [
        (
            "decisions --action triage.classify",
            "no action triage.classify",
            "triage.classify_issue",
        ),
        ("decisions --agent triag", "no agent triag", "triage"),
    ],
)
def test_a_name_that_nothing_has_is_a_usage_error_with_those_that_there_are(
    read: Shell, line: str, what: str, remedy: str
) -> None:
    told = read(*line.split())
    assert (told.status, told.out) == (2, "")
    assert what in told.err
    assert remedy in told.err


def test_who_asks_why_of_a_metric_s_bare_name_is_told_how_a_metric_is_named(read: Shell) -> None:
    told = read("why", "sla_met")
    assert (told.status, "a metric is metric:NAME" in told.err) == (4, True)
