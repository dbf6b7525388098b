"""Query on the cluster: a SELECT over the views is answered with the embedded engine's values."""

from __future__ import annotations

import json
import math
from contextlib import closing
from typing import Any

import pytest

from streams import query
from streams.cluster.asked import taken_apart
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.query import PgReader
from streams.errors import Refused, Unavailable
from tests.real import until

PATIENCE = 30

SHARED = [
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
    ("SELECT row_number() OVER (ORDER BY created_at) AS n FROM v1_tickets", [{"n": 1}]),
    ("SELECT n FROM (SELECT 3 AS n) AS x", [{"n": 3}]),
    ("VALUES (1)", [{"column1": 1}]),
    ("  -- a remark?\n SELECT 2 AS n", [{"n": 2}]),
    ("SELECT 2 AS n -- a remark", [{"n": 2}]),
    ("SELECT 2 AS n;", [{"n": 2}]),
    ("(SELECT 2 AS n)", [{"n": 2}]),
    ("SELECT avg(contacts) AS n FROM v1_tickets", [{"n": 2.0}]),
    ("SELECT sum(contacts) AS n FROM v1_tickets", [{"n": 2}]),
    ("SELECT max(sentiment_score) AS n FROM v1_tickets", [{"n": 0.1}]),
    ("SELECT round(sentiment_score) AS n FROM v1_tickets", [{"n": 0.0}]),
    ("SELECT coalesce(category, 'none') AS n FROM v1_tickets", [{"n": "none"}]),
    ("SELECT substr(created_at, 1, 10) AS n FROM v1_tickets", [{"n": "2026-03-02"}]),
    ("SELECT json_array_length(tags) AS n FROM v1_tickets", [{"n": 0}]),
    ("SELECT text AS n FROM v1_insights WHERE text LIKE '%100 \\%%' ESCAPE '\\'", None),
    ("SELECT 'it''s ?' AS \"n ?\" FROM v1_insights", [{"n ?": "it's ?"}]),
]


@pytest.mark.parametrize(("sql", "rows"), SHARED)
def test_select_is_answered_on_the_cluster(reader: PgReader, sql: str, rows: Any) -> None:
    found = reader.query(sql)
    assert found == (rows or [{"n": "It's 100 % \\ ?"}])
    if rows:
        assert [type(v) for v in found[0].values()] == [type(v) for v in rows[0].values()]


@pytest.mark.parametrize(
    ("sql", "parameters", "rows"),
    [
        ("SELECT count(*) AS n FROM v1_tickets WHERE customer_id = ?", ["ann"], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE customer_id = ?", ["x' OR '1'='1"], 0),
        ("SELECT count(*) AS n FROM v1_insights WHERE text = ?", ["It's 100 % \\ ?"], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE contacts > ? AND contacts < ?", [1, 3], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE contacts = -?", [-2], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE sentiment_score = ?", [0.1], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE vip_status = ?", [True], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE (?1 IS NULL OR status = ?1)", [None], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE (?1 IS NULL OR status = ?1)", ["new"], 1),
        ("SELECT count(*) AS n FROM v1_tickets WHERE (?1 IS NULL OR contacts = ?1)", [7], 0),
        ("SELECT count(*) AS n FROM v1_tickets WHERE status = ?2 AND channel = ?1",
         ["email", "new"], 1),
    ],
)  # fmt: skip
def test_parameters_are_values_never_text_of_the_query(
    reader: PgReader, sql: str, parameters: list[object], rows: int
) -> None:
    assert reader.query(sql, parameters) == [{"n": rows}]


@pytest.mark.parametrize("value", ["\0", "\ud800", object(), "x"])
def test_values_that_do_not_fit_are_refused(reader: PgReader, value: object) -> None:
    few = "SELECT 1 FROM v1_tickets"
    sql = few if value == "x" else few + " WHERE ticket_id = ?"
    with pytest.raises(Refused):
        reader.query(sql, [value])


def test_values_keep_their_kind_on_the_cluster_under_another_name(reader: PgReader) -> None:
    row = reader.query(
        "SELECT vip_status AS a, tags AS b, metadata AS c, escalated_at AS d, contacts AS e,"
        " sentiment_score AS f, created_at AS g FROM (SELECT * FROM v1_tickets) AS t"
    )[0]
    assert row == {
        "a": True, "b": [], "c": {}, "d": None, "e": 2, "f": 0.1,
        "g": "2026-03-02T09:00:00.000Z",
    }  # fmt: skip
    assert row["a"] is True


def test_whatever_is_computed_can_be_shown_as_json(reader: PgReader) -> None:
    row = reader.query(
        "SELECT 1.5 AS a, CAST(3 AS numeric) AS b, 12345678901234567890 AS c, now() AS d,"
        " CAST('2026-03-02' AS date) AS e, interval '1 day' AS f, array_agg(contacts) AS g,"
        " json_build_object('k', array_agg(contacts * 1.5)) AS h, CAST('[1]' AS jsonb) AS i,"
        " ROW(1, 'x') AS j, CAST('NaN' AS double precision) AS k, array_agg(t) AS l, -1.0 AS m,"
        " int4range(1, 2) AS n FROM v1_tickets AS t"
    )[0]
    assert json.loads(json.dumps({k: v for k, v in row.items() if k != "k"}))
    assert (row["a"], row["b"], row["c"]) == (1.5, 3, 12345678901234567890)
    assert [type(row[name]) for name in "abcdefghi"] == [
        float, int, int, str, str, str, list, dict, list,
    ]  # fmt: skip
    assert (row["g"], row["h"], row["i"], row["m"]) == ([2], {"k": [3.0]}, [1], -1.0)
    assert math.isnan(row["k"])


def test_a_query_of_the_cluster_that_runs_too_long_is_stopped(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "SECONDS", 0.05)
    reader = PgReader(url)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 0 FROM n) SELECT max(i) FROM n"
    with pytest.raises(Refused, match="ran longer"):
        reader.query(endless)
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]
    reader.close()


def test_a_query_of_the_cluster_that_gives_too_much_is_cut_off(
    reader: PgReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "ROWS", 1000)
    assert len(reader.query("SELECT generate_series(1, 1000) AS i")) == 1000
    with pytest.raises(Refused, match="the query gives more than 1,000 rows"):
        reader.query("SELECT generate_series(1, 100000000) AS i")
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]


def test_columns_of_one_name_are_told_apart_on_the_cluster_and_none_is_lost(
    reader: PgReader,
) -> None:
    found = reader.query("SELECT 1 AS a, 2 AS b, 3 AS a, 4 AS a_2, 5 AS a")
    assert found == [{"a": 1, "b": 2, "a_3": 3, "a_2": 4, "a_4": 5}]


def test_rows_come_whole_and_in_their_order_however_large_they_are(reader: PgReader) -> None:
    grows = "repeat('x', CASE WHEN i < 90 THEN 1 WHEN i < 130 THEN 400000 ELSE 2 END)"
    found = reader.query(f"SELECT i, {grows} AS t FROM generate_series(1, 30000) AS i")
    assert [row["i"] for row in found] == [*range(1, 30_001)]
    assert {len(row["t"]) for row in found} == {1, 2, 400_000}


def test_a_query_of_the_cluster_that_gives_too_much_text_is_cut_off(
    reader: PgReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "LETTERS", 10 * 1024**2)
    large = "SELECT repeat('x', 1048576) AS t FROM generate_series(1, {})"
    assert len(reader.query(large.format(10))) == 10
    with pytest.raises(Refused, match="the query gives more than 10 MB of text"):
        reader.query(large.format(100_000_000))
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]


def test_a_query_of_the_cluster_that_gives_its_rows_too_slowly_is_stopped(
    reader: PgReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "SECONDS", -1.0)
    with pytest.raises(Refused, match="ran longer"):
        reader.query("SELECT generate_series(1, 1000) AS i")


def ended(url: str) -> None:
    """End every connection to a database; returns when they are gone."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with closing(connect(url)) as killer:
        killer.execute(f"SELECT pg_terminate_backend(pid) {others}")
        until(lambda: not killer.execute(f"SELECT pid {others}").fetchall(), PATIENCE, "ended")


def test_a_query_over_a_connection_that_was_ended_while_it_rested_opens_another(
    url: str, reader: PgReader
) -> None:
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]
    ended(url)
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]


def test_a_lost_connection_is_told_and_the_next_query_opens_another(
    url: str, reader: PgReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]
    ended(url)
    # as if it were lost a moment later, when it had been looked at
    monkeypatch.setattr(PgDatabase, "stands", lambda one: not one.connection.closed)
    with pytest.raises(Unavailable):
        reader.query("SELECT 1 AS n")
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]


_SEARCHED = [
    "SELECT * FROM v1_tickets WHERE ticket_id = 'x'",
    "SELECT * FROM v1_tickets WHERE customer_id = 'x'",
    "SELECT * FROM v1_interactions WHERE ticket_id = 'x'",
    "SELECT * FROM v1_interactions WHERE customer_id = 'x'",
    "SELECT * FROM v1_interactions WHERE interaction_id = 'x'",
    "SELECT * FROM v1_decisions WHERE ticket_id = 'x'",
    "SELECT * FROM v1_customers WHERE customer_id = 'x'",
    "SELECT * FROM v1_follow_ups WHERE ticket_id = 'x'",
    "SELECT * FROM v1_deliveries WHERE request_id = 'x'",
    "SELECT * FROM v1_attachments WHERE attachment_id = 'x'",
    "SELECT * FROM v1_attachments WHERE ticket_id = 'x'",
    "SELECT * FROM v1_attachments WHERE state = 'waiting'",
]


@pytest.mark.parametrize("sql", _SEARCHED)
def test_what_is_looked_up_is_found_by_an_index(url: str, sql: str) -> None:
    database = connect(url)
    database.execute("SET enable_seqscan = off")
    plan = [str(line) for (line,) in database.execute(f"EXPLAIN {sql}")]
    database.close()
    assert [line for line in plan if "Seq Scan" in line] == []


def test_a_text_is_taken_apart_as_the_server_does_it() -> None:
    asked = taken_apart("""SELECT "A b"(x), Count ( ? ) FROM c -- d(\n, /* e( */ 'f(' , ?3 , ?""")
    assert asked.calls == {"A b", "count"}
    assert asked.names == {"select", "A b", "x", "count", "from", "c"}
    assert asked.marks == (0, 2, 3)
    assert asked.first == "select"
