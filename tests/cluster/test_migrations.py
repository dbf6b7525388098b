"""The database's version: made at first sight, brought forward on demand, refused otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from projections.tables import TABLES
from streams.cluster import migrating, tables
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.query import PgReader
from streams.errors import Misconfigured
from tests.commands import started
from tests.real import Postgres


@pytest.fixture
def opened(database: str) -> Iterator[PgDatabase]:
    """A connection to a database that is migrated."""
    migrating.migrate(database)
    one = connect(database)
    yield one
    one.close()


def test_an_empty_database_is_migrated_by_the_first_that_meets_it(database: str) -> None:
    migrating.require(database)
    one = connect(database)
    assert migrating.version_of(one) == migrating.VERSION
    assert tables.outdated(one) == ([], False)
    names = {
        str(name)
        for (name,) in one.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'v')"
        )
    }
    one.close()
    assert {table.sql_name for table in TABLES} | set(tables.view_names()) <= names
    assert {"partitions", "outbox", "lines", "seen", "dead_letters", "read_positions"} <= names
    migrating.require(database)


def test_two_first_commands_do_not_collide(database: str, tmp_path: Path) -> None:
    environment = {"PACTDESK_ENGINE": "cluster", "PACTDESK_DATABASE__URL": database}
    commands = [started("migrate", data=tmp_path / name, env=environment) for name in "abc"]
    told = [command.communicate()[1] for command in commands]
    assert (told, [command.returncode for command in commands]) == ([b""] * 3, [0] * 3)


def test_many_databases_of_one_server_are_migrated_at_once(postgres: Postgres) -> None:
    urls = [postgres.fresh_database() for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        migrated = list(pool.map(migrating.migrate, urls))
    assert {one.lacking for one in migrated} == {None}
    for url in urls:
        reader = PgReader(url)
        assert reader.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 0}]
        reader.close()
    for url in urls:
        postgres.drop(url)


def test_a_reader_of_one_database_reads_no_other(postgres: Postgres, opened: PgDatabase) -> None:
    other = postgres.fresh_database()
    migrating.migrate(other)
    mine = opened.connection.info.dbname
    with psycopg.connect(other, autocommit=True) as there:
        there.execute(f"SET ROLE pactdesk_reader_{mine}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            there.execute("SELECT * FROM v1_tickets")
    postgres.drop(other)


def test_a_database_that_is_dropped_and_made_again_is_migrated_again(postgres: Postgres) -> None:
    for _ in range(2):
        with psycopg.connect(postgres.url, autocommit=True) as server:
            server.execute("CREATE DATABASE again TEMPLATE template0")
        url = postgres.url_of("again")
        assert migrating.migrate(url).lacking is None
        reader = PgReader(url)
        assert reader.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 0}]
        reader.close()
        postgres.drop(url)


def test_an_older_database_is_refused_until_somebody_migrates_it(
    database: str, opened: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "VERSION", migrating.VERSION + 1)
    with pytest.raises(Misconfigured, match="pactdesk migrate"):
        migrating.require(database)
    assert migrating.version_of(opened) == migrating.VERSION - 1


def test_a_newer_database_is_refused_by_everything(database: str, opened: PgDatabase) -> None:
    opened.execute(
        f"UPDATE {migrating.VERSION_TABLE} SET version_num = ?", (f"{migrating.VERSION + 1:04}",)
    )
    for one in (migrating.require, migrating.migrate):
        with pytest.raises(Misconfigured, match=r"[Uu]pgrade pactdesk"):
            one(database)


def test_tables_of_another_release_are_to_be_rebuilt(database: str, opened: PgDatabase) -> None:
    opened.set_meta("made.tickets", "otherwise")
    opened.set_meta("made.views", "otherwise")
    with pytest.raises(Misconfigured, match=r"tickets.*pactdesk rebuild"):
        migrating.require(database)
    migrating.require(database, tables_too=False)
    migrating.migrate(database)
    assert tables.outdated(opened) == (["tickets"], True)
    (tickets,) = [table for table in TABLES if table.name == "tickets"]
    for statement in tables.ddl(tickets, "n_tickets"):
        opened.execute(statement)
    with opened.transaction():
        tables.swap(opened, {tickets: "n_tickets"})
    migrating.require(database)


def test_a_table_that_is_new_to_a_database_is_swapped_in(database: str, opened: PgDatabase) -> None:
    (insights,) = [table for table in TABLES if table.name == "insights"]
    opened.execute("DROP TABLE p_insights CASCADE")
    opened.execute("DELETE FROM meta WHERE name = 'made.insights'")
    with pytest.raises(Misconfigured, match=r"insights.*pactdesk rebuild"):
        migrating.require(database)
    for statement in tables.ddl(insights, "n_insights"):
        opened.execute(statement)
    with opened.transaction():
        tables.swap(opened, {insights: "n_insights"})
    migrating.require(database)
    assert opened.execute("SELECT count(*) FROM v1_insights").fetchone() == (0,)


def test_views_of_another_release_are_made_anew_by_migrating(
    database: str, opened: PgDatabase
) -> None:
    opened.execute("DROP VIEW v1_articles")
    opened.execute("CREATE VIEW v1_articles AS SELECT 1 AS article_id, 'x' AS other")
    opened.set_meta("made.views", "otherwise")
    with pytest.raises(Misconfigured, match="pactdesk migrate"):
        migrating.require(database)
    migrating.migrate(database)
    migrating.require(database)
    reader = PgReader(database)
    assert reader.query("SELECT title FROM v1_articles") == []
    reader.close()


def test_a_database_with_somebody_elses_tables_is_left_as_it_is(database: str) -> None:
    one = connect(database)
    one.execute("CREATE TABLE timers (mine integer)")
    with pytest.raises(Misconfigured, match=r"somebody else.*empty database"):
        migrating.migrate(database)
    assert one.execute("SELECT to_regclass('partitions')").fetchone() == (None,)
    assert migrating.version_of(one) == 0
    one.close()


def test_a_user_who_may_not_make_tables_is_told_what_is_missing(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as server:
        server.execute("CREATE ROLE guest LOGIN")
    url = postgres.fresh_database()
    with pytest.raises(Misconfigured, match=r"GRANT CREATE ON SCHEMA"):
        migrating.migrate(url.replace("pact@", "guest@"))
    postgres.drop(url)
    with psycopg.connect(postgres.url, autocommit=True) as server:
        server.execute("DROP ROLE guest")


def test_there_is_no_way_back(opened: PgDatabase) -> None:
    from sqlalchemy import StaticPool, create_engine

    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: opened.connection, poolclass=StaticPool
    )
    opened.connection.autocommit = False
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        with pytest.raises(Misconfigured, match="never brought back"):
            command.downgrade(config, "base")
    opened.connection.autocommit = True


def test_the_version_is_the_number_of_the_last_step() -> None:
    script = ScriptDirectory.from_config(_config())
    assert script.get_heads() == [f"{migrating.VERSION:04}"]
    names = sorted(path.name for path in Path(script.versions).glob("v*.py"))
    assert [name[1:5] for name in names] == [f"{n + 1:04}" for n in range(migrating.VERSION)]


def _config() -> Config:
    config = Config()
    folder = resources.files("streams.cluster").joinpath("migrations")
    config.set_main_option("script_location", str(folder))
    return config


def test_the_command_migrates_and_says_nothing_else(database: str, tmp_path: Path) -> None:
    environment = {"PACTDESK_ENGINE": "cluster", "PACTDESK_DATABASE__URL": database}
    for _ in range(2):
        process = started("--json", "migrate", data=tmp_path / "data", env=environment)
        out, err = process.communicate()
        assert (process.returncode, json.loads(out), err) == (
            0,
            {"version": migrating.VERSION},
            b"",
        )
