"""A database that lets nobody write, or not this user: who is told what, and with which status."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from streams.cluster import health, migrating
from streams.cluster.postgres import connect, of_the_database
from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.settings import DatabaseSettings, Settings
from tests.real import Postgres

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
