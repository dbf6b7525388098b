"""Query on the cluster: SELECT over the views and nothing else, with the same values."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import psycopg
import pytest

from projections.tables import TABLES
from projections.tables.learned import InsightRow
from projections.tables.tickets import TicketRow
from streams import query
from streams.cluster import migrating, tables
from streams.cluster.asked import Asked, taken_apart
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.query import PgReader
from streams.errors import Misconfigured, Refused, Unavailable
from tests.real import Postgres, until

TICKET = TicketRow(
    ticket_id="t1",
    customer_id="ann",
    channel="email",
    priority="high",
    status="new",
    created_at="2026-03-02T09:00:00.000Z",
    updated_at="2026-03-02T09:00:00.000Z",
    vip_status=True,
    contacts=2,
    sentiment_score=0.1,
)

SECRET = "nobody's business"  # noqa: S105  # what must not be read


@pytest.fixture(scope="module")
def url(shared_postgres: Postgres) -> Iterator[str]:
    address = shared_postgres.fresh_database()
    migrating.migrate(address)
    database = connect(address)
    marks = ", ".join("?" * len(TicketRow.__struct_fields__))
    values = [getattr(TICKET, name) for name in TicketRow.__struct_fields__]
    database.execute(f"INSERT INTO p_tickets VALUES ({marks})", values)
    insight = InsightRow("i1", "2026-03-02T09:00:00.000Z", "surge", "billing", "It's 100 % \\ ?")
    values = [getattr(insight, name) for name in InsightRow.__struct_fields__]
    database.execute("INSERT INTO p_insights VALUES (?, ?, ?, ?, ?)", values)
    database.execute("INSERT INTO meta VALUES ('a.secret', ?)", (SECRET,))
    database.execute(
        "CREATE FUNCTION written_by_a_function() RETURNS integer LANGUAGE sql SECURITY DEFINER"
        " AS $$INSERT INTO meta VALUES ('written', 'x') RETURNING 1$$"
    )
    database.close()
    yield address
    shared_postgres.drop(address)


@pytest.fixture
def reader(url: str) -> Iterator[PgReader]:
    one = PgReader(url)
    yield one
    one.close()


def _state(url: str) -> list[Any]:
    """What an attack could leave behind."""
    database = connect(url)
    found = [
        database.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone(),
        database.execute("SELECT count(*) FROM p_tickets").fetchone(),
        database.execute("SELECT name, value FROM meta ORDER BY name").fetchall(),
        database.execute("SELECT count(*) FROM pg_class WHERE relname ~ '^x_'").fetchone(),
    ]
    database.close()
    return found


ATTACKS = [
    "SELECT value FROM meta",
    "SELECT * FROM lines",
    'SELECT * FROM "lines"',
    "SELECT * FROM public.p_tickets",
    "TABLE outbox",
    "SELECT * FROM v1_tickets WHERE EXISTS (SELECT 1 FROM meta)",
    "SELECT (SELECT value FROM meta LIMIT 1) FROM v1_tickets",
    "SELECT 1 UNION SELECT count(*) FROM meta",
    "WITH v1_tickets AS (SELECT * FROM meta) SELECT * FROM v1_tickets",
    "SELECT * FROM pg_class",
    'SELECT * FROM "pg_class"',
    "SELECT * FROM pg_catalog.pg_roles",
    "SELECT rolname FROM pg_authid",
    "SELECT * FROM information_schema.tables",
    "SELECT set_config('role', 'none', true)",
    "SELECT set_config ('role', 'none', true)",
    "SELECT set_config/* */('role', 'none', true)",
    "SELECT set_config--\n('role', 'none', true)",
    "SELECT \"set_config\"('role', 'none', true)",
    "SELECT SET_CONFIG('role', 'none', true)",
    "SELECT pg_catalog.set_config('role', 'none', true)",
    "SELECT U&\"\\0073et_config\"('role', 'none', true)",
    "SELECT u&\"s!0065t_config\" UESCAPE '!' ('role', 'none', true)",
    "SELECT set_config('role','none',true), query_to_xml('SELECT * FROM meta',true,true,'')",
    "SELECT query_to_xml('SELECT value FROM meta', true, true, '')",
    "SELECT table_to_xml('meta', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT ts_stat('SELECT value FROM meta')",
    "SELECT E'\\'', set_config('role', 'none', true), '\\''",
    "SELECT $a$ ' $a$, set_config('role', 'none', true), $a$ ' $a$",
    "SELECT '/*', set_config('role', 'none', true), '*/'",
    "SELECT 1 /* /* */ ' */, set_config('role', 'none', true) --'",
    "SELECT '''', set_config('role', 'none', true), ''''",
    'SELECT 1 AS """", set_config(\'role\', \'none\', true) AS """"',
    "SELECT current_setting('is_superuser')",
    "SELECT version()",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_get(1)",
    "SELECT pg_sleep(100)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_terminate_backend(1)",
    "SELECT nextval('x')",
    "SELECT txid_current()",
    "SELECT * FROM pg_logical_slot_get_changes('x', NULL, NULL)",
    "INSERT INTO v1_insights VALUES ('1', '2', '3', '4', '5')",
    "UPDATE v1_tickets SET status = 'closed'",
    "DELETE FROM p_tickets",
    "WITH x AS (DELETE FROM v1_insights RETURNING 1) SELECT * FROM x",
    "WITH x AS (SELECT 1) DELETE FROM v1_insights",
    "SELECT 1 INTO x_made",
    "SELECT * INTO TEMP x_made FROM v1_tickets",
    "SELECT * FROM v1_tickets FOR UPDATE",
    "CREATE TABLE x_made (a int)",
    "CREATE TEMP VIEW x_made AS SELECT * FROM meta",
    "DROP VIEW v1_tickets",
    "TRUNCATE p_tickets",
    "COPY meta TO STDOUT",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "DO $$ BEGIN PERFORM 1; END $$",
    "SET ROLE none",
    "RESET ROLE",
    "SET SESSION AUTHORIZATION DEFAULT",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "LOCK TABLE v1_tickets",
    "LISTEN x",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "DISCARD ALL",
    "VACUUM",
    "SHOW ALL",
    "EXPLAIN SELECT 1",
    "CALL x()",
    "SELECT 1; SELECT 2",
    "SELECT 1; COMMIT; SELECT value FROM meta",
    "SELECT 1; COMMIT; RESET ROLE; DELETE FROM meta",
    "SELECT written_by_a_function()",
    "SELECT 1; DROP TABLE meta",
    "",
    ";",
    "-- nothing",
    "/* nothing",
    "SELEKT 1",
    "SELECT nothing FROM v1_tickets",
    "SELECT nothing(1)",
    "SELECT * FROM v1_tickets WHERE ticket_id = ?",
    "SELECT ?0",
    "SELECT '",
    'SELECT "',
    "SELECT '\ud800'",
    "SELECT 1\x00",
    "SELECT 1 / 0",
    "SELECT CAST('x' AS bigint)",
    "SELECT (",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_anything_but_reading_the_views_is_refused_on_the_cluster(
    url: str, reader: PgReader, sql: str
) -> None:
    before = _state(url)
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            reader.query(sql)
        assert refusal.value.remedy
        assert SECRET not in str(refusal.value)
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]
    assert _state(url) == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT value FROM meta",
        "SELECT query_to_xml('SELECT value FROM meta', true, true, '')",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT rolname FROM pg_authid",
        "SELECT lo_import('postgresql.conf')",
        "DELETE FROM p_tickets",
        "WITH x AS (DELETE FROM v1_insights RETURNING 1) SELECT * FROM x",
        "SELECT 1 INTO x_made",
        "SELECT 1; DROP TABLE meta",
        "SELECT 1; COMMIT; RESET ROLE; DELETE FROM meta",
        "SELECT written_by_a_function()",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_server_would_refuse_it_as_well(
    url: str, reader: PgReader, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    """With nobody looking at the text: role, transaction and protocol hold by themselves."""
    before = _state(url)
    monkeypatch.setattr(
        "streams.cluster.query.taken_apart",
        lambda sql: Asked("select", frozenset(), frozenset(), (sql,), ()),
    )
    with pytest.raises(Refused) as refusal:
        reader.query(sql)
    assert SECRET not in str(refusal.value)
    assert _state(url) == before


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


def test_a_lost_connection_is_told_and_the_next_query_opens_another(
    url: str, reader: PgReader
) -> None:
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]
    killer = connect(url)
    killer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    killer.close()
    with pytest.raises(Unavailable):
        reader.query("SELECT 1 AS n")
    assert reader.query("SELECT 1 AS n") == [{"n": 1}]


(TICKETS,) = [table for table in TABLES if table.name == "tickets"]


def _swapped(database: PgDatabase) -> None:
    for statement in tables.ddl(TICKETS, "n_tickets"):
        database.execute(statement)
    database.execute("INSERT INTO n_tickets SELECT * FROM p_tickets")
    with database.transaction():
        tables.swap(database, {TICKETS: "n_tickets"})


def test_queries_see_the_old_rows_or_the_new_ones_while_tables_are_swapped(url: str) -> None:
    database, done = connect(url), Event()

    def asking() -> set[int]:
        reader, seen = PgReader(url), set[int]()
        while not done.is_set():
            seen.add(reader.query("SELECT count(*) AS n FROM v1_tickets")[0]["n"])
        reader.close()
        return seen

    with ThreadPoolExecutor() as pool:
        asked = pool.submit(asking)
        try:
            for _ in range(5):
                _swapped(database)
        finally:
            done.set()
        assert asked.result() == {1}
    database.close()


def test_a_swap_keeps_indexes_and_what_others_built_on_the_views(
    url: str, reader: PgReader
) -> None:
    database = connect(url)
    database.execute("CREATE VIEW mine AS SELECT ticket_id FROM v1_tickets")
    _swapped(database)
    assert database.execute("SELECT count(*) FROM mine").fetchone() == (1,)
    assert reader.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 1}]
    rows = database.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'p_tickets'")
    made = {statement.split()[2] for statement in tables.ddl(TICKETS)[1:]}
    assert {str(name) for (name,) in rows} == made | {"p_tickets_pkey"}
    database.execute("DROP VIEW mine")
    database.close()


def test_a_query_that_gave_way_to_a_swap_is_asked_again(url: str) -> None:
    database, name = connect(url), url.rpartition("/")[2]
    database.execute(f'ALTER DATABASE "{name}" SET deadlock_timeout = 2000')
    reader = PgReader(url)
    database.execute("SET deadlock_timeout = 60000")  # so that it is the query that gives way
    database.execute("BEGIN")
    database.execute("LOCK TABLE v1_insights IN ACCESS EXCLUSIVE MODE")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(reader.query, "SELECT count(*) AS n FROM v1_tickets, v1_insights")
        until(lambda: _waits(url), 30, "the query waits")
        database.execute("LOCK TABLE v1_tickets IN ACCESS EXCLUSIVE MODE")
        database.execute("COMMIT")
        assert asked.result() == [{"n": 1}]
    database.execute(f'ALTER DATABASE "{name}" RESET deadlock_timeout')
    database.close()
    reader.close()


def _waits(url: str) -> bool:
    database = connect(url)
    row = database.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    database.close()
    return row is not None and row[0] > 0


def test_without_its_role_a_reader_says_what_an_administrator_runs(
    shared_postgres: Postgres,
) -> None:
    """A user who may make neither roles nor more than its own database's tables."""
    with psycopg.connect(shared_postgres.url, autocommit=True) as server:
        server.execute("CREATE ROLE small LOGIN")
        server.execute("CREATE DATABASE of_small OWNER small TEMPLATE template0")
    url = shared_postgres.url_of("of_small").replace("pact@", "small@")
    lacking = migrating.migrate(url).lacking
    assert lacking is not None
    reader = PgReader(url)
    with pytest.raises(Misconfigured) as refusal:
        reader.query("SELECT 1 AS n")
    assert str(refusal.value) == str(lacking)
    told = lacking.remedy.split(" run: ")[1].split(" then ")[0]
    with psycopg.connect(shared_postgres.url_of("of_small"), autocommit=True) as server:
        for statement in filter(None, map(str.strip, told.split(";"))):
            server.execute(statement.encode())
    assert migrating.migrate(url).lacking is None
    assert reader.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 0}]
    with pytest.raises(Refused):
        reader.query("SELECT * FROM meta")
    reader.close()
    shared_postgres.drop(url)
    with psycopg.connect(shared_postgres.url, autocommit=True) as server:
        server.execute("DROP ROLE pactdesk_reader_of_small")
        server.execute("DROP ROLE small")


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
