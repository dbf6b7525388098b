"""Query on the cluster: SELECT over the views and nothing else, whatever is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from streams.cluster import migrating
from streams.cluster.asked import Asked
from streams.cluster.postgres import connect
from streams.cluster.query import PgReader
from streams.errors import Misconfigured, Refused
from tests.both import with_a_ticket
from tests.real import Postgres

SECRET = "nobody's business"  # noqa: S105  # what must not be read


@pytest.fixture(scope="module")
def url(running_postgres: Postgres) -> Iterator[str]:
    address = running_postgres.fresh_database()
    with_a_ticket(address, SECRET)
    yield address
    running_postgres.drop(address)


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


def test_without_its_role_a_reader_says_what_an_administrator_runs(
    running_postgres: Postgres,
) -> None:
    """A user who may make neither roles nor more than its own database's tables."""
    with psycopg.connect(running_postgres.url, autocommit=True) as server:
        server.execute("CREATE ROLE small LOGIN")
        server.execute("CREATE DATABASE of_small OWNER small TEMPLATE template0")
    url = running_postgres.url_of("of_small").replace("pact@", "small@")
    lacking = migrating.migrate(url).lacking
    assert lacking is not None
    reader = PgReader(url)
    with pytest.raises(Misconfigured) as refusal:
        reader.query("SELECT 1 AS n")
    assert str(refusal.value) == str(lacking)
    told = lacking.remedy.split(" run: ")[1].split(" then ")[0]
    with psycopg.connect(running_postgres.url_of("of_small"), autocommit=True) as server:
        for statement in filter(None, map(str.strip, told.split(";"))):
            server.execute(statement.encode())
    assert migrating.migrate(url).lacking is None
    assert reader.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 0}]
    with pytest.raises(Refused):
        reader.query("SELECT * FROM meta")
    reader.close()
    running_postgres.drop(url)
    with psycopg.connect(running_postgres.url, autocommit=True) as server:
        server.execute("DROP ROLE pactdesk_reader_of_small")
        server.execute("DROP ROLE small")
