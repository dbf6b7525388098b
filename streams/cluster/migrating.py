"""The version of the cluster's database: brought forward, and checked by whoever opens it.

An empty database is migrated by the first command that meets it; an older one by `pactdesk migrate`
alone. Whoever comes while another migrates waits. All of a migration is one transaction.

The tables of the projections have no version: they are derived. `require` compares what they were
made of with what this release would make, and says what brings them in line.
"""

from __future__ import annotations

import logging
from importlib import resources
from threading import Lock
from typing import NamedTuple

import psycopg

from streams.cluster import readers, tables
from streams.cluster.postgres import PgDatabase, connect, of_the_database
from streams.errors import Misconfigured, PactdeskError

VERSION = 6
"""Version of the cluster's own tables: the number of the last module in `migrations/versions`."""

VERSION_TABLE = "pactdesk_version"

_LOCK = 7_228_451_873
"""Number of the advisory lock of those who migrate a database; any, but always this one."""

_alembic = Lock()
"""Alembic keeps what it works on in a module: one migration at a time in a process."""


class Migrated(NamedTuple):
    """What a migration came to.

    Attributes:
        version: The version that the database has now.
        lacking: What else is wanted of an administrator, if anything.
    """

    version: int
    lacking: Misconfigured | None


def version_of(database: PgDatabase) -> int:
    """The version of a database; 0 for one that pactdesk never saw."""
    row = database.execute("SELECT to_regclass(?)", (VERSION_TABLE,)).fetchone()
    assert row is not None
    if row[0] is None:
        return 0
    row = database.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
    return 0 if row is None else int(row[0])


def migrate(url: str) -> Migrated:
    """Bring a database to this release's version, and the views and their readers with it.

    Raises:
        Misconfigured: It is of a newer release, this user may not make tables in it, or tables of
            somebody else stand there.
        Unavailable: No server answers.
    """
    database = connect(url)
    try:
        database.execute("SET statement_timeout = 0")  # it takes its time, waiting for others too
        database.execute("SELECT pg_advisory_lock(?)", (_LOCK,))
        with _alembic:
            _bring_forward(database)
        able = readers.prepare(database, tables.readable())
        return Migrated(VERSION, None if able else readers.without(database))
    except psycopg.Error as error:
        raise _refusal(error) from error
    finally:
        database.close()


def require(url: str, *, tables_too: bool = True) -> None:
    """See that a database is of this release; an empty one is migrated.

    Args:
        url: The database's address.
        tables_too: Whether the projections' tables must be of this release as well; a rebuild and
            whoever does not touch them do without.

    Raises:
        Misconfigured: It is older or newer, or its tables are another release's.
        Unavailable: No server answers.
    """
    database = connect(url)
    try:
        found = version_of(database)
        _refuse_newer(found)
        if found == VERSION:
            if tables_too:
                _require_tables(database)
            return
    finally:
        database.close()
    if found:
        raise Misconfigured(
            f"the database has version {found}, this pactdesk needs {VERSION}",
            "stop the workers of the older release and run `pactdesk migrate`",
        )
    migrate(url)


def _require_tables(database: PgDatabase) -> None:
    others, views = tables.outdated(database)
    if others:
        raise Misconfigured(
            f"tables were made by another release in another way: {', '.join(others)}",
            "run `pactdesk rebuild`; it makes them anew from the log",
        )
    if views:
        raise Misconfigured(
            "the views were made by another release in another way", "run `pactdesk migrate`"
        )


def _refuse_newer(found: int) -> None:
    if found > VERSION:
        raise Misconfigured(
            f"the database has version {found}, this pactdesk knows {VERSION}",
            "upgrade pactdesk, or name another database in database.url",
        )


def _bring_forward(database: PgDatabase) -> None:
    from sqlalchemy import StaticPool, create_engine

    database.connection.autocommit = False
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: database.connection, poolclass=StaticPool
    )
    with engine.begin() as connection:
        found = version_of(database)
        _refuse_newer(found)
        if found < VERSION:
            _upgrade(connection)
        if not found:
            tables.create(database)
        elif tables.outdated(database) == ([], True):
            tables.create_views(database)
    database.connection.autocommit = True


def _upgrade(connection: object) -> None:
    from alembic.command import upgrade
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    logging.getLogger("alembic").setLevel(logging.WARNING)  # each step is no news to anybody
    config = Config()
    folder = str(resources.files("streams.cluster").joinpath("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        upgrade(config, "head")
    except DBAPIError as error:
        raise (error.orig or error) from error


def _refusal(error: psycopg.Error) -> PactdeskError:
    text = " ".join(str(error).split())
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return Misconfigured(
            f"this user may not make tables in the database ({text})",
            "let an administrator grant it: GRANT CREATE ON SCHEMA public TO the user",
        )
    if isinstance(error, psycopg.errors.DuplicateTable | psycopg.errors.DuplicateObject):
        return Misconfigured(
            f"somebody else's tables stand in the database ({text})",
            "name an empty database in database.url",
        )
    return of_the_database(error)
