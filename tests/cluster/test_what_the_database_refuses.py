"""A database that lets nobody write, or not this user: who is told what, and with which status."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from streams.cluster import health, migrating
from streams.cluster.postgres import connect, of_the_database, session, url_of
from streams.cluster.query import PgReader
from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.settings import DatabaseSettings, Settings
from tests.certificates import signed_for
from tests.real import Postgres, until

READS = "pactdesk_test_reads"
READ_ONLY = "?options=-c%20default_transaction_read_only%3Don"
WRITE = "UPDATE partitions SET owner = NULL"


@pytest.fixture
def reader(postgres: Postgres, database: str) -> Iterator[str]:
    """The address of a database for a user who may read its tables, and no more."""
    migrating.migrate(database)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {READS} LOGIN")
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READS}")
        yield database.replace(f"//{owner.info.user}@", f"//{READS}@")
        owner.execute(f"DROP OWNED BY {READS}")
        owner.execute(f"DROP ROLE {READS}")
    assert postgres.process.alive()


def refused(url: str) -> PactdeskError:
    """What is told where a write over a connection is refused."""
    database = connect(url)
    with pytest.raises(psycopg.Error) as error:
        database.execute(WRITE)
    database.close()
    return of_the_database(error.value)


def test_a_user_who_may_not_write_is_a_matter_of_configuration(reader: str) -> None:
    told = refused(reader)
    assert isinstance(told, Misconfigured)
    assert "does not allow this user" in told.what


def test_a_copy_that_is_only_read_is_told_as_one(database: str) -> None:
    migrating.migrate(database)
    told = refused(f"{database}{READ_ONLY}")
    assert isinstance(told, Unavailable)
    assert "only to be read" in told.what


def test_a_user_whom_nobody_knows_is_not_let_in(reader: str) -> None:
    with pytest.raises(Misconfigured, match="does not let this user in"):
        connect(reader.replace(READS, "pactdesk_test_nobody"))


def found(settings: Settings, url: str) -> list[str]:
    """What the doctor finds wrong with what may be written."""
    at = settings.model_copy(update={"database": DatabaseSettings(url=url)})
    said = [one for one in health.examine(at) if "write" in one["what"] or "read" in one["what"]]
    return [one["what"] for one in said if not one["ok"]]


def test_the_doctor_knows_who_may_not_write(settings: Settings, reader: str) -> None:
    url = settings.database.url
    assert url is not None
    assert found(settings, url) == []
    assert found(settings, f"{url}{READ_ONLY}") == ["the database is only to be read here"]
    (told,) = found(settings, reader)
    assert "may not write" in told


def told_of(url: str) -> PactdeskError:
    """What is told where no connection can be had."""
    with pytest.raises(PactdeskError) as error:
        connect(url)
    return error.value


@pytest.fixture(scope="module")
def encrypted(components: Path, running_postgres: Postgres) -> Iterator[Postgres]:
    """A server that speaks TLS, by a certificate for `localhost`."""
    del running_postgres  # asked for: where none can run, the test is left out
    with Postgres(components / "encrypted", bound=True) as server:
        certificate, key = signed_for("localhost")
        data = server.folder / "data"
        for name, content in (("server.crt", certificate), ("server.key", key)):
            (data / name).write_bytes(content)
            (data / name).chmod(0o600)
            shutil.chown(data / name, data.owner())
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute("ALTER SYSTEM SET ssl = on")
            owner.execute("SELECT pg_reload_conf()")
        (server.folder / "authority.pem").write_bytes(certificate)
        until(lambda: encrypts(server), 30, "the server encrypts")
        yield server


def encrypts(server: Postgres) -> bool:
    """Whether a server speaks TLS by now."""
    try:
        psycopg.connect(f"{server.url}?sslmode=require").close()
    except psycopg.OperationalError:
        return False
    return True


def test_whatever_is_wrong_with_tls_is_a_matter_of_configuration(
    encrypted: Postgres, tmp_path: Path
) -> None:
    by_name = encrypted.url.replace("127.0.0.1", "localhost")
    good = f"sslmode=verify-full&sslrootcert={encrypted.folder / 'authority.pem'}"
    connect(f"{by_name}?{good}").close()
    other = tmp_path / "other.pem"
    other.write_bytes(signed_for("localhost")[0])
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("nothing of the kind")
    for url in (
        f"{encrypted.url}?{good}",
        f"{by_name}?sslmode=verify-full&sslrootcert={other}",
        f"{by_name}?sslmode=verify-full&sslrootcert={garbage}",
        f"{by_name}?sslmode=verify-full&sslrootcert={tmp_path / 'gone.pem'}",
        f"{by_name}?sslmode=encrypted",
    ):
        told = told_of(url)
        assert isinstance(told, Misconfigured), told
        assert "cannot agree on TLS" in told.what
        assert "sslrootcert" in told.remedy


def test_a_server_without_tls_that_is_asked_for_it_is_a_matter_of_configuration(
    database: str,
) -> None:
    told = told_of(f"{database}?sslmode=verify-full")
    assert isinstance(told, Misconfigured)
    assert "cannot agree on TLS" in told.what


def test_an_encrypted_line_that_was_cut_is_no_matter_of_configuration() -> None:
    error = psycopg.OperationalError("SSL connection has been closed unexpectedly")
    assert isinstance(of_the_database(error), Unavailable)


def test_a_server_that_takes_no_more_connections_is_told_as_one(
    postgres: Postgres, database: str
) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {READS} LOGIN CONNECTION LIMIT 0")
        try:
            told = told_of(database.replace(f"//{owner.info.user}@", f"//{READS}@"))
        finally:
            owner.execute(f"DROP ROLE {READS}")
    assert isinstance(told, Unavailable)
    assert "takes no more connections" in told.what
    assert "max_connections" in told.remedy


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:half@otherhalf@127.0.0.1:1/x",
        "postgresql://user:half%40third@otherhalf@127.0.0.1:1/x",
        "postgresql://otherhalf@desk:half@127.0.0.1:1/x",
    ],
)
def test_a_password_with_an_at_sign_is_no_host_and_is_not_repeated(url: str) -> None:
    with pytest.raises(Misconfigured) as error:
        connect(url)
    assert "%40" in error.value.remedy
    assert "half" not in str(error.value)


def test_an_address_that_is_empty_is_not_set() -> None:
    with pytest.raises(Misconfigured, match=r"database\.url is not set"):
        url_of(Settings(database=DatabaseSettings(url="")))


@pytest.mark.parametrize("second", ["PREPARE one AS SELECT 1", "EXECUTE another"])
def test_a_pooler_that_shares_connections_out_by_transactions_is_a_matter_of_configuration(
    second: str, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("PREPARE one AS SELECT 1")
        with pytest.raises(psycopg.Error) as error:
            connection.execute(second)
    told = of_the_database(error.value)
    assert isinstance(told, Misconfigured)
    assert "session mode" in told.remedy


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_does_not_hold_every_script_is_a_matter_of_configuration(
    encoding: str, postgres: Postgres
) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE few ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
        try:
            told = told_of(postgres.url_of("few"))
        finally:
            owner.execute("DROP DATABASE few")
    assert isinstance(told, Misconfigured)
    assert f"is encoded in {encoding}" in told.what
    assert "ENCODING 'UTF8'" in told.remedy


def test_a_database_without_a_schema_to_use_is_a_matter_of_configuration(database: str) -> None:
    with pytest.raises(Misconfigured, match="no schema to make tables in"):
        migrating.migrate(f"{database}?options=-csearch_path%3Dnowhere")


DEFAULTS = {
    "default_transaction_isolation": "serializable",
    "standard_conforming_strings": "off",
    "extra_float_digits": "-5",
    "lock_timeout": "2s",
    "idle_session_timeout": "2s",
    "idle_in_transaction_session_timeout": "2s",
    "statement_timeout": "2s",
    "timezone": "Pacific/Kiritimati",
    "datestyle": "German, DMY",
    "intervalstyle": "sql_standard",
    "client_encoding": "LATIN1",
}
"""What an administrator may have set for a database, whatever else works in it."""


def test_whatever_is_set_for_a_database_its_connections_are_as_ours_count_on(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    name = database.rpartition("/")[2]
    with psycopg.connect(database, autocommit=True) as owner:
        for setting, value in DEFAULTS.items():
            owner.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    migrating.migrate(database)
    ours = connect(database)
    row = ours.execute(
        "SELECT ?, CAST(0.1 AS float8) * 3, current_setting('transaction_isolation'),"
        " current_setting('idle_session_timeout'), current_setting('lock_timeout'),"
        " current_setting('idle_in_transaction_session_timeout')",
        ("Привет 😀",),
    ).fetchone()
    assert row == ("Привет 😀", 0.1 * 3, "read committed", "0", "0", "0")
    ours.close()


def test_a_schema_that_is_made_later_and_comes_first_hides_none_of_our_tables(
    database: str,
) -> None:
    migrating.migrate(database)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE SCHEMA {owner.info.user}")
        owner.execute(f"CREATE TABLE {owner.info.user}.meta (name text, value text)")
    ours = connect(database)
    assert ours.execute("SELECT current_schema()").fetchone() == ("public",)
    assert migrating.version_of(ours) == migrating.VERSION
    ours.close()
    reader = PgReader(database)
    assert reader.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 0}]
    reader.close()


def test_a_limit_that_only_later_servers_know_is_lifted_there() -> None:
    lifted = "set_config('transaction_timeout', '0', false)"
    assert (lifted in session(16_00_09), lifted in session(17_00_00)) == (
        False,
        True,
    )
