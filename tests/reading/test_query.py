"""Query: SELECT over the views and nothing else, with the values that every surface shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import ContactReceived
from streams import query
from streams.desk import Desk
from streams.embedded.query import read_connection
from streams.errors import Refused
from tests.embedded import open_in, record_of, somewhere, take


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as desk:
        event = ContactReceived(
            channel="email", customer_id="ann", message="A very secret text", provider_id="1"
        )
        take(desk, [record_of(event)])
        yield desk


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM log",
        'SELECT * FROM "log"',
        "SELECT * FROM [log] AS v1_tickets",
        "SELECT * FROM `p_tickets`",
        "SELECT * FROM main.p_tickets",
        "SELECT * FROM lines",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM temp.sqlite_master",
        "SELECT count(*) FROM sqlite_master",
        "SELECT count(*) FROM sqlite_temp_schema",
        "SELECT count(*) FROM pragma_table_list",
        "SELECT count(*) FROM dbstat",
        "SELECT count(*) FROM fts5vocab",
        "SELECT count(*) FROM log",
        "SELECT * FROM pragma_table_info('log')",
        "WITH v1_tickets AS (SELECT * FROM log) SELECT * FROM v1_tickets",
        "WITH v1_dead_letters AS (SELECT value FROM log) SELECT * FROM v1_dead_letters",
        'WITH "v1_x" (a) AS NOT MATERIALIZED (SELECT value FROM log) SELECT a FROM v1_x',
        "SELECT * FROM v1_tickets WHERE EXISTS (SELECT 1 FROM p_texts)",
        "SELECT (SELECT value FROM meta) FROM v1_tickets",
        "SELECT 1 UNION SELECT value FROM meta",
        "SELECT v1_tickets.* FROM v1_tickets JOIN p_texts",
        "INSERT INTO v1_tickets DEFAULT VALUES",
        "UPDATE v1_tickets SET status = 'closed'",
        "DELETE FROM p_tickets",
        "WITH x AS (SELECT 1) DELETE FROM v1_tickets",
        "DROP VIEW v1_tickets",
        "CREATE TABLE t (a)",
        "CREATE TEMP VIEW v1_y AS SELECT * FROM log",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA user_version",
        "PRAGMA journal_mode = DELETE",
        "BEGIN",
        "REINDEX",
        "ANALYZE",
        "EXPLAIN SELECT 1",
        "SELECT load_extension('x')",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE log",
        "",
        ";",
        "-- nothing",
        "SELEKT 1",
        "SELECT nothing FROM v1_tickets",
        "SELECT * FROM v1_tickets WHERE ticket_id = ?",
        "SELECT '\ud800'",
        "SELECT 1\x00",
    ],
)
def test_anything_but_reading_the_views_is_refused_twice(desk: Desk, sql: str) -> None:
    """Twice: what was judged once must not slip through as known."""
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            desk.query(sql)
        assert refusal.value.remedy
        assert "secret" not in str(refusal.value)


def test_what_was_refused_left_nothing_behind(desk: Desk) -> None:
    for sql in ("VACUUM INTO 'copy.db'", "ATTACH 'other.db' AS other"):
        with pytest.raises(Refused):
            desk.query(sql)
    assert not Path("copy.db").exists()
    assert not Path("other.db").exists()


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) AS n FROM v1_tickets", [{"n": 1}]),
        ("SELECT count(*) AS n FROM V1_Tickets AS t", [{"n": 1}]),
        ("WITH mine AS (SELECT * FROM v1_tickets) SELECT count(*) AS n FROM mine", [{"n": 1}]),
        ("WITH v1_tickets AS (SELECT 7 AS n) SELECT n FROM v1_tickets", [{"n": 7}]),
        (
            (
                "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3)"
                " SELECT sum(n) AS n FROM c"
            ),
            [{"n": 6}],
        ),
        (
            (
                "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3)"
                " SELECT count(*) AS n FROM c"
            ),
            [{"n": 3}],
        ),
        (
            (
                "WITH mine AS MATERIALIZED (SELECT * FROM v1_tickets)"
                " SELECT count(*) AS n, (SELECT count(*) FROM mine) AS m FROM mine"
            ),
            [{"n": 1, "m": 1}],
        ),
        ("SELECT row_number() OVER (ORDER BY created_at) AS n FROM v1_tickets", [{"n": 1}]),
        ("SELECT value AS n FROM v1_tickets, json_each(channels)", [{"n": "email"}]),
        ("SELECT json_extract('{\"a\": 5}', '$.a') AS n", [{"n": 5}]),
        ("SELECT n FROM (SELECT 3 AS n)", [{"n": 3}]),
        ("VALUES (1)", [{"column1": 1}]),
        ("  -- a remark\n SELECT 2 AS n", [{"n": 2}]),
    ],
)
def test_select_is_answered(desk: Desk, sql: str, rows: object) -> None:
    assert desk.query(sql) == rows
    assert desk.query(sql) == rows


def test_parameters_are_bound_never_pasted(desk: Desk) -> None:
    sql = "SELECT count(*) AS n FROM v1_tickets WHERE customer_id = ?"
    assert desk.query(sql, ["ann"]) == [{"n": 1}]
    assert desk.query(sql, ["ann' OR '1'='1"]) == [{"n": 0}]


@pytest.mark.parametrize("parameters", [{"who": "ann"}, "ann", "a"], ids=repr)
def test_parameters_that_are_no_list_are_refused_and_never_taken_apart(
    desk: Desk,
    parameters: Any,  # what callers without types give
) -> None:
    with pytest.raises(Refused, match="no list") as refused:
        desk.query("SELECT count(*) AS n FROM v1_tickets WHERE customer_id = ?", parameters)
    assert "list" in refused.value.remedy


def test_values_keep_their_kind_under_another_name(desk: Desk) -> None:
    row = desk.query(
        "SELECT vip_status AS a, tags AS b, channels AS c, metadata AS d, escalated_at AS e"
        " FROM v1_tickets"
    )[0]
    assert row == {"a": False, "b": [], "c": ["email"], "d": {}, "e": None}
    row = desk.query("SELECT t.vip_status x FROM (SELECT * FROM v1_tickets) AS t")[0]
    assert row["x"] is False


@pytest.mark.parametrize("metadata", ["no JSON", "[1]", '{"a": NaN}', '{"a": "\\ud800"}', ""])
def test_metadata_that_are_no_object_spoil_no_view(metadata: str) -> None:
    """A foreign producer may have sent anything."""
    event = ContactReceived(
        channel="email", customer_id="ann", message="Hi", provider_id="1", metadata=metadata
    )
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [record_of(event)])
        assert desk.query("SELECT metadata FROM v1_tickets") == [{"metadata": {}}]


def test_a_count_is_a_number_whatever_it_is_called(desk: Desk) -> None:
    row = desk.query("SELECT count(*) AS available, count(*) AS senior FROM v1_tickets")[0]
    assert row == {"available": 1, "senior": 1}
    assert all(type(value) is int for value in row.values())


def test_lists_that_a_view_gathers_are_lists(desk: Desk) -> None:
    row = desk.query("SELECT satisfaction_history, escalation_history FROM v1_customers")[0]
    assert row == {"satisfaction_history": [], "escalation_history": []}


def test_true_and_false_come_from_a_view_of_two_halves_as_well(desk: Desk) -> None:
    rows = desk.query("SELECT resolution_offered FROM v1_interactions")
    assert {type(row["resolution_offered"]) for row in rows} == {bool}


def test_times_are_utc_with_milliseconds(desk: Desk) -> None:
    row = desk.query("SELECT created_at FROM v1_tickets")[0]
    assert row == {"created_at": "2026-03-02T09:00:00.000Z"}


def test_a_query_that_runs_too_long_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "SECONDS", -1.0)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(Refused, match="ran longer"):
        desk.query(endless)


def test_a_query_that_gives_too_much_is_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before a hundred million rows are there."""
    monkeypatch.setattr(query, "ROWS", 1000)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {})"
    assert len(desk.query(numbers.format(1000) + " SELECT i FROM n")) == 1000
    for most in (1001, 100_000_000):
        with pytest.raises(Refused, match="the query gives more than 1,000 rows"):
            desk.query(numbers.format(most) + " SELECT i FROM n")
    assert desk.query("SELECT 1 AS n") == [{"n": 1}]


def test_columns_of_one_name_are_told_apart_and_none_is_lost(desk: Desk) -> None:
    found = desk.query(
        "SELECT a.status, b.channel AS status, b.tags, a.tags, 1 AS status_2, 2 AS status"
        " FROM v1_tickets a, v1_tickets b"
    )
    names = ("status", "status_3", "tags", "tags_2", "status_2", "status_4")
    assert found.columns == names
    status = desk.query("SELECT status FROM v1_tickets")[0]["status"]
    assert found == [dict(zip(names, [status, "email", [], [], 1, 2], strict=True))]


def test_a_list_that_a_view_gathers_stays_one_beside_another_of_its_name(desk: Desk) -> None:
    history = "satisfaction_history"
    found = desk.query(f"SELECT a.{history}, b.{history} FROM v1_customers a, v1_customers b")
    assert found == [{history: [], f"{history}_2": []}]


def test_a_query_that_gives_too_much_text_is_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million rows are few for a value, and more than any memory for a large one."""
    monkeypatch.setattr(query, "LETTERS", 1000 * 1024**2)
    monkeypatch.setattr(query, "letters", lambda row: len(row[0]) * 1024**2)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {})"
    assert len(desk.query(numbers.format(100) + " SELECT printf('%010d', i) FROM n")) == 100
    with pytest.raises(Refused, match="the query gives more than 1000 MB of text"):
        desk.query(numbers.format(101) + " SELECT printf('%010d', i) FROM n")


@pytest.mark.parametrize(
    "value", ["zeroblob(900000000)", "replace(hex(zeroblob(9000000)), '0', 'xxxx')"]
)
def test_a_query_that_makes_a_huge_value_is_refused(desk: Desk, value: str) -> None:
    with pytest.raises(Refused, match="a value of the query has more than 64 MB"):
        desk.query(f"SELECT length({value}) AS n")
    assert desk.query("SELECT length(printf('%.*c', 900000000, 'x')) AS n") == [{"n": None}]


def test_after_a_refusal_the_next_query_is_answered(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.query("SELECT * FROM log")
    assert desk.query("SELECT 1 AS n") == [{"n": 1}]


def test_the_connection_itself_cannot_write(desk: Desk) -> None:
    reader = read_connection(desk.database.path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM log")
    reader.close()
