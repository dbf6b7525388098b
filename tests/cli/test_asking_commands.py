"""Commands that ask: events, query, why, understand, pact."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pyarrow import parquet

import pactdesk
from streams.cli.output import as_csv, as_parquet
from streams.desk import Desk
from streams.entry import Entry
from streams.errors import Malformed
from streams.filters import Filter
from tests.commands import Shell, ndjson


def test_events_are_json_lines_in_the_order_of_appending(read: Shell) -> None:
    lines = read("events").lines
    assert lines[0]["type"] == "CustomerDescribed"
    assert {"id", "topic", "partition", "offset", "key", "at", "position", "event"} <= set(lines[0])
    assert len({line["id"] for line in lines}) == len(lines)


def test_events_are_filtered(read: Shell, ticket: str) -> None:
    assert {one["topic"] for one in read("events", "--topic", "support.tickets.v1").lines} == {
        "support.tickets.v1"
    }
    assert {one["type"] for one in read("events", "--type", "TicketOpened").lines} == {
        "TicketOpened"
    }
    about = read("events", "--ticket", ticket).lines
    assert {one["event"]["ticket_id"] for one in about} == {ticket}
    everything = read("events").lines
    middle = everything[len(everything) // 2]["position"]
    rest = read("events", "--after", middle).lines
    assert rest == everything[len(everything) // 2 + 1 :]
    hers = read("events", "--customer", "ann").lines
    assert 0 < len(hers) < len(everything)


@pytest.mark.parametrize("wrong", [("topic", "contacts"), ("type", "TicketLost")])
def test_a_name_that_matches_nothing_is_a_usage_error(
    read: Shell, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    name, value = wrong
    told = read("events", f"--{name}", value)
    assert told.status == 2
    assert f"{name} {value}" in told.err
    with pactdesk.open(tmp_path) as desk, pytest.raises(Malformed, match=f"{name} {value}"):
        list(desk.events(**{name: value}))


def test_whoever_follows_reads_nothing_twice_though_nothing_fits(
    read: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str | None] = []
    placed = Desk.placed

    def noted(desk: Desk, wanted: Filter, after: str | None = None) -> Iterator[tuple[Entry, str]]:
        begun.append(after)
        return placed(desk, wanted, after)

    def pause(_: float) -> None:
        if len(begun) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Desk, "placed", noted)
    monkeypatch.setattr("streams.cli.asking.time.sleep", pause)
    assert read("events", "--follow", "--customer", "nobody").lines == []
    newest = read("events").lines[-1]["position"]
    assert begun == [None, newest, newest, None]


def test_a_dead_letter_is_an_event_line_with_its_error(empty: Shell) -> None:
    empty("produce", stdin="{]\n")
    (line,) = empty("events").lines
    assert (line["topic"], line["type"]) == ("support.dead-letters.v1", "DeadLetter")
    assert "not JSON" in json.dumps(line)


def test_what_somebody_spoiled_in_the_log_is_an_event_line_as_it_lies_there(
    empty: Shell, tmp_path: Path
) -> None:
    empty("produce", stdin=ndjson({"channel": "email", "handle": "ann", "message": "Hello"}))
    (store,) = tmp_path.rglob("pactdesk.db")
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE log SET headers = '{' WHERE topic = 'support.contacts.v1'")
    (line,) = empty("events", "--topic", "support.contacts.v1").lines
    assert (line["headers"], line["offset"], line["type"]) == ("{", 0, "Foreign")


SQL = "SELECT ticket_id, channel, tags, vip_status, contacts FROM v1_tickets ORDER BY created_at"


def test_query_prints_a_table_or_one_json_array(read: Shell) -> None:
    assert read("query", SQL).out.splitlines()[0].split()[0] == "ticket_id"
    rows = read("query", SQL, "--format", "json").json
    assert rows == read("query", SQL, "--json").json
    assert [row["vip_status"] for row in rows] == [True, False]
    assert rows[0]["tags"] == []


def test_query_prints_csv_that_reads_back(read: Shell) -> None:
    rows = read("query", SQL, "--json").json
    back = list(csv.DictReader(io.StringIO(read("query", SQL, "--format", "csv").out)))
    assert [row["ticket_id"] for row in back] == [row["ticket_id"] for row in rows]
    assert [row["vip_status"] for row in back] == ["true", "false"]
    assert read("query", SQL, "--format", "csv", "--json").out.startswith("ticket_id,")


def test_query_writes_parquet_that_reads_back(read: Shell) -> None:
    told = read("query", SQL, "--format", "parquet")
    back = parquet.read_table(io.BytesIO(told.bytes))
    rows = read("query", SQL, "--json").json
    assert back.column("ticket_id").to_pylist() == [row["ticket_id"] for row in rows]
    assert back.column("vip_status").to_pylist() == [True, False]
    assert back.column("contacts").to_pylist() == [row["contacts"] for row in rows]


def test_parquet_keeps_numbers_and_writes_the_rest_as_text() -> None:
    rows: list[dict[str, object]] = [
        {"n": 1, "x": 0.5, "b": True, "s": "é", "l": ["a"], "mixed": 1, "none": None},
        {"n": None, "x": 2, "b": None, "s": "", "l": [], "mixed": "a", "none": None},
    ]
    back = parquet.read_table(io.BytesIO(as_parquet(rows, list(rows[0])))).to_pylist()
    assert back == [
        {"n": 1, "x": 0.5, "b": True, "s": "é", "l": '["a"]', "mixed": "1", "none": None},
        {"n": None, "x": 2.0, "b": None, "s": "", "l": "[]", "mixed": "a", "none": None},
    ]
    assert parquet.read_table(io.BytesIO(as_parquet([], ["n"]))).num_rows == 0


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_no_rows_have_a_head_too(read: Shell, form: str) -> None:
    nobody = "SELECT ticket_id, contacts + 1 AS more FROM v1_tickets WHERE status = 'nowhere'"
    told = read("query", nobody, "--format", form)
    if form == "csv":
        assert told.bytes == b"ticket_id,more\n"
    else:
        assert parquet.read_table(io.BytesIO(told.bytes)).column_names == ["ticket_id", "more"]


def test_a_name_that_two_columns_have_is_told_apart_in_every_form(read: Shell) -> None:
    twice = "SELECT ticket_id, contacts AS more, contacts + 1 AS more FROM v1_tickets"
    head, *rows = csv.reader(io.StringIO(read("query", twice, "--format", "csv").out))
    assert head == ["ticket_id", "more", "more_2"]
    assert rows
    assert all(int(second) == int(first) + 1 for _, first, second in rows)
    objects = read("query", twice, "--format", "json").json
    assert [[str(value) for value in one.values()] for one in objects] == rows


def test_csv_keeps_line_breaks_and_quotes() -> None:
    text = 'she said "no",\nthen left'
    assert list(csv.DictReader(io.StringIO(as_csv([{"text": text}], ["text"])))) == [{"text": text}]
    assert as_csv([], ["text"]) == "text\n"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM v1_tickets",
        "SELECT count(*) AS n FROM v1_tickets AS t WHERE t.status <> 'closed'",
        "WITH mine AS (SELECT * FROM v1_tickets) SELECT count(*) AS n FROM mine",
        "SELECT count(DISTINCT ticket_id) AS n FROM v1_interactions WHERE ticket_id IS NOT NULL",
        "SELECT count(*) * 2 AS n FROM v1_metrics WHERE metric = 'sla_met' AND segment = 'all'",
    ],
)
def test_queries_over_the_views_are_answered(read: Shell, sql: str) -> None:
    assert read("query", sql, "--json").json == [{"n": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT value FROM log",
        "SELECT ticket_id FROM p_tickets",
        "WITH v1_mine AS (SELECT * FROM p_tickets) SELECT * FROM v1_mine",
        "WITH v1_mine/* */ (a)\nAS NOT MATERIALIZED (SELECT id FROM log) SELECT a FROM v1_mine",
        "DELETE FROM v1_tickets",
        "CREATE TABLE t (a)",
        "ATTACH 'x.db' AS x",
        "PRAGMA journal_mode",
        "SELECT 1; SELECT 2",
        "SELEKT 1",
        "SELECT no_such_column FROM v1_tickets",
        "SELECT load_extension('x')",
    ],
)
def test_anything_but_reading_the_views_is_refused(read: Shell, sql: str) -> None:
    told = read("query", sql)
    assert told.status == 3
    assert told.out == ""
    assert "->" in told.err


def test_a_query_may_look_back(read: Shell) -> None:
    sql = "SELECT count(*) AS n FROM v1_tickets"
    told = read("query", sql, "--as-of", "2026-03-02T09:10:00Z", "--json")
    assert told.json == [{"n": 1}]


def test_why_leads_from_a_ticket_to_the_contact(read: Shell, ticket: str) -> None:
    assert "ContactReceived by producer" in read("why", ticket).out
    assert read("why", ticket, "--format", "mermaid").out.startswith(("flowchart", "graph"))
    tree = read("why", ticket, "--format", "json").json
    assert tree == read("why", ticket, "--json").json


def test_why_a_metric_says_what_it_says_leads_to_the_contact(read: Shell, ticket: str) -> None:
    told = read("why", "metric:total_tickets").out
    assert ticket in told
    assert "ContactReceived by producer" in told
    assert "Metric" in read("why", "metric:total_tickets", "--format", "mermaid").out
    assert read("why", "metric:reopen_rate@v2", "--json").json["definition"] == "v2"


def test_why_of_a_metric_that_there_is_not_is_not_found(read: Shell) -> None:
    told = read("why", "metric:colour")
    assert (told.status, "total_tickets" in told.err) == (4, True)


def test_why_of_nothing_is_not_found(read: Shell) -> None:
    assert read("why", "no-such-record").status == 4


def test_understand_answers_each_line_and_appends_nothing(read: Shell) -> None:
    before = len(read("events").lines)
    told = read("understand", stdin=ndjson({"channel": "email", "message": "Where is my refund?"}))
    assert told.status == 0
    assert len(told.lines) == 1
    assert len(read("events").lines) == before


def test_understand_passes_over_what_it_cannot_read(read: Shell) -> None:
    told = read("understand", stdin='{"message": 5}\n\n{"message": "hello there"}\n[\n')
    assert told.status == 65
    assert len(told.lines) == 1
    assert "line 1:" in told.err
    assert "line 4:" in told.err


def test_what_is_nested_without_end_is_told_of(read: Shell) -> None:
    deep = '{"message": ' + "[" * 100_000
    seen = read("understand", stdin=f'{deep}\n{{"message": "I was charged twice"}}\n')
    assert (seen.status, len(seen.lines)) == (65, 1)
    assert "line 1: the line is not JSON" in seen.err
    assert read("pact", "triage.classify_issue", "-", stdin=deep).status == 2


def test_understand_reads_the_files_that_produce_reads(read: Shell) -> None:
    told = read("understand", stdin='\ufeff{"message": "hello"}\r\n\r\n{"message": "there"}')
    assert told.status == 0, told.err
    assert len(told.lines) == 2


def test_pact_prints_its_result_and_fails_with_three(read: Shell) -> None:
    told = read("pact", "no.such_action")
    assert told.status == 3
    assert told.json["success"] is False


@pytest.mark.parametrize("parameters", ["[1]", "{", "text"])
def test_pact_takes_an_object_of_parameters(read: Shell, parameters: str) -> None:
    told = read("pact", "triage.classify_issue", parameters)
    assert told.status == 2
    assert "not a JSON object" in told.err


def test_pact_reads_parameters_from_standard_input(read: Shell) -> None:
    told = read("pact", "no.such_action", "-", stdin="{}")
    assert told.json["success"] is False


STEERING = "\x1b]0;taken over\x07 \x9b2J \u202etxt.exe"


def steering_in(told: str) -> list[str]:
    return [c for c in told if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cf"}]


@pytest.mark.parametrize(
    "command",
    [
        ("tickets",),
        ("ticket", "{ticket}"),
        ("query", "SELECT subject, description FROM v1_tickets"),
        ("query", "SELECT metadata FROM v1_tickets"),
        ("events",),
        ("events", "--json"),
        ("search", "card"),
        ("why", "{ticket}"),
        ("why", "{ticket}", "--format", "mermaid"),
        ("deadletters", "list"),
        ("deadletters", "show", "{letter}"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_what_would_steer_a_terminal_is_shown_and_does_not(
    command: tuple[str, ...], empty: Shell
) -> None:
    contact = {
        "channel": "email",
        "handle": "eve",
        "subject": f"Card {STEERING}",
        "message": f"Where is my card?\n\tIt is lost {STEERING}",
        "metadata": {"name": f"Eve {STEERING}"},
    }
    wrong = json.dumps({**contact, "fax": 1}, ensure_ascii=False) + "\n"
    empty("produce", stdin=ndjson(contact) + wrong)
    empty("run")
    named = {
        "ticket": empty("query", "SELECT ticket_id AS i FROM v1_tickets", "--json").json[0]["i"],
        "letter": empty("deadletters", "list", "--json").json[0]["id"],
    }
    empty("note", named["ticket"], "seen", "--as", f"eve {STEERING}")
    told = empty(*(part.format_map(named) for part in command))
    assert told.status == 0
    assert steering_in(told.out) == []
    rows = empty("query", "SELECT subject AS s FROM v1_tickets", "--json").json
    assert rows == [{"s": f"Card {STEERING}"}]


def test_what_is_refused_does_not_steer_a_terminal_either(empty: Shell) -> None:
    for command in (("ticket", STEERING), ("customer", STEERING), ("why", STEERING)):
        told = empty(*command)
        assert (told.status, steering_in(told.err)) == (4, [])
        assert "2J" in told.err
    for wrong in (["teach", STEERING], ["policy", "check", STEERING], ["why", "x", STEERING]):
        told = empty(*wrong)
        assert (told.status, steering_in(told.err)) == (2, [])
        assert "2J" in told.err


def test_json_that_steers_no_terminal_says_the_same(empty: Shell) -> None:
    empty("produce", stdin=ndjson({"channel": "email", "handle": "eve", "message": STEERING}))
    empty("run")
    assert empty("query", "SELECT text FROM v1_messages WHERE direction = 'in'", "--json").json == [
        {"text": STEERING}
    ]
    found = empty("events", "--json")
    assert any(STEERING in one["event"].values() for one in found.lines)
    assert steering_in(found.out) == []
