"""The cluster's database: connections that notice a dead server, and transactions.

A connection of ours answers to the same words as the embedded store's (`execute`, `transaction`,
`meta`), and takes the same SQL: statements that both engines run are written in what SQLite and
PostgreSQL share, with question marks for values.
"""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import Connection, Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader

from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.settings import Settings

CONNECT_SECONDS = 5
"""How long a server may take to answer a new connection."""

SILENT_SECONDS = 5
"""After how long without an acknowledged byte a connection counts as dead."""

STATEMENT_SECONDS = 30
"""How long one statement may take, waiting for locks included."""


@lru_cache(maxsize=512)
def _translated(sql: str) -> str:
    return sql.replace("?", "%s")


class PgDatabase:
    """A connection to the cluster's database; each thread or process opens its own.

    Args:
        connection: In autocommit: transactions are explicit.
    """

    def __init__(self, connection: Connection[tuple[Any, ...]]) -> None:
        self.connection = connection
        self._cursor = connection.cursor

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor[tuple[Any, ...]]:
        """Run one statement, prepared when it comes again; question marks stand for values."""
        cursor = self._cursor()
        cursor.execute(_translated(sql), parameters or None)
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of values."""
        self._cursor().executemany(_translated(sql), parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.execute("BEGIN")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if not self.connection.closed:
                self.connection.execute("ROLLBACK")
            raise

    @contextmanager
    def durably(self) -> Iterator[None]:
        """A transaction that is on the server's disk when it returns, whatever others do."""
        with self.transaction():
            self.execute("SET LOCAL synchronous_commit = on")
            yield

    def meta(self, name: str) -> str | None:
        """A named value of the store, if it is set."""
        row = self.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Set a named value of the store."""
        self.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def stands(self) -> bool:
        """Whether nobody has ended the connection since it was used last.

        Nothing comes over one that is at rest but its end, or a remark of the server's.
        """
        if self.connection.closed:
            return False
        looked = select.poll()
        looked.register(self.connection.fileno(), select.POLLIN)
        return not looked.poll(0)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def url_of(settings: Settings) -> str:
    """The database's address.

    Raises:
        Misconfigured: It is not set.
    """
    if not settings.database.url:  # libpq would look for a server of its own
        raise Misconfigured(
            "the cluster engine needs a database, and database.url is not set",
            "set PACTDESK_DATABASE__URL=postgresql://user:password@host/name",
        )
    return settings.database.url


def connect(url: str) -> PgDatabase:
    """Open a connection.

    Raises:
        Misconfigured: The address is none, or the server does not let this user in.
        Unavailable: No server answers.
    """
    try:
        _require_host(url)
        connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            keepalives_idle=SILENT_SECONDS,
            keepalives_interval=1,
            keepalives_count=3,
            tcp_user_timeout=SILENT_SECONDS * 1000,
            application_name="pactdesk",
            client_encoding="UTF8",
        )
        _require_unicode(connection)
        connection.adapters.register_loader("json", TextLoader)  # as it was written, as on SQLite
        connection.execute(session(connection.info.server_version))
    except psycopg.Error as error:
        raise of_the_database(error) from error
    return PgDatabase(connection)


def _require_host(url: str) -> None:
    """Raise where the end of a password is taken for a host or a port, which messages repeat."""
    found = conninfo_to_dict(url)
    # A host that begins with one is an abstract socket's.
    if any("@" in str(found.get(name, ""))[1:] for name in ("host", "port")):
        raise Misconfigured(
            "database.url has an @ in its user or password",
            "write %40 for it, as in postgresql://user:pass%40word@host:5432/name",
        )


_SETTINGS = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": "0",  # how long a statement may take says that too
    "idle_session_timeout": "0",  # whoever waits for a customer may wait for long
    "idle_in_transaction_session_timeout": "0",  # `verify` reads the whole log beside a snapshot
    "default_transaction_isolation": "read committed",  # rows are locked where it matters
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",  # clocks come back as they went in
    "standard_conforming_strings": "on",
    "client_min_messages": "warning",
    "jit": "off",  # it compiles a view for seconds that runs for one
}
"""What our statements count on, whatever the server, the database or the user has as default."""

_LATER = {17_00_00: {"transaction_timeout": "0"}}
"""The same, of settings that a server has from a release on."""


_AT_HOME = """
(SELECT set_config('search_path', quote_ident(nspname) || ', ' || current_setting('search_path'),
     false)
 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE pg_class.oid = to_regclass('read_positions') AND nspname <> current_schema())
"""
"""Goes to the schema where our tables lie. By default a schema that is made later and called like
the user comes before it, and has nothing of ours."""


def session(server: int) -> str:
    """The statement that sets what our statements count on.

    Args:
        server: The server's release, as libpq counts it.
    """
    later = [some for release, some in _LATER.items() if server >= release]
    wanted = {name: value for some in (_SETTINGS, *later) for name, value in some.items()}
    settings = [f"set_config('{name}', '{value}', false)" for name, value in wanted.items()]
    return f"SELECT {', '.join([*settings, _AT_HOME])}"


def _require_unicode(connection: Connection[tuple[Any, ...]]) -> None:
    """See that a database holds every script; raises `Misconfigured` where it does not."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding == "UTF8":
        return
    name = connection.info.dbname
    connection.close()
    raise Misconfigured(
        f"the database {name} is encoded in {encoding}, and customers write in every script",
        "name one in database.url that was made with CREATE DATABASE … ENCODING 'UTF8'"
        " TEMPLATE template0",
    )


_NOT_LET_IN = ("authentication failed", "no password supplied", "pg_hba.conf", "FATAL: role ")
"""What is said to who is not let in: on connecting there is no code to tell it by."""


_TLS = ("certificate", "support SSL", "sslmode", "private key", "alert unknown ca")
"""What is said where the two cannot agree on TLS; a line that was cut says none of it."""

_POOLED = (psycopg.errors.DuplicatePreparedStatement, psycopg.errors.InvalidSqlStatementName)
"""What was prepared on a connection is not on it: a pooler such as PgBouncer gave us another."""

_FULL = ("too many clients", "too many connections", "remaining connection slots")


def of_the_database(error: psycopg.Error) -> PactdeskError:
    """What a failure of the database means to people; passwords are never part of it."""
    text = " ".join(str(error).split())
    if isinstance(error, psycopg.errors.InvalidAuthorizationSpecification) or any(
        sign in text for sign in _NOT_LET_IN
    ):
        return Misconfigured(
            f"the database does not let this user in ({text})", "mend database.url"
        )
    if error.sqlstate is None and any(sign in text for sign in _TLS):
        return Misconfigured(
            f"the database and this client cannot agree on TLS ({text})",
            "mend sslmode, sslrootcert, sslcert and sslkey in database.url, and call the server by"
            " the name that its certificate is made out for",
        )
    if any(sign in text for sign in _FULL):
        return Unavailable(
            f"the database takes no more connections ({text})",
            "raise its max_connections or the user's limit, or run fewer processes; nothing that"
            " was acknowledged is lost",
        )
    if isinstance(error, _POOLED):
        return Misconfigured(
            f"something between here and the database shares connections out anew for each"
            f" transaction ({text})",
            "name PostgreSQL itself in database.url, or have the pooler work in session mode",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return Misconfigured(
            f"the database does not allow this user what it takes ({text})",
            "name the owner of the tables in database.url, or let an administrator grant it",
        )
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return Unavailable(
            f"the database is only to be read here ({text})",
            "name the primary in database.url, not a copy of it; nothing that was acknowledged is"
            " lost",
        )
    if isinstance(error, psycopg.errors.InvalidSchemaName):
        return Misconfigured(
            f"the database has no schema to make tables in ({text})",
            "make one with CREATE SCHEMA, or set the user's search_path to one that is there",
        )
    if isinstance(error, psycopg.errors.InvalidCatalogName) or "does not exist" in text:
        return Misconfigured(
            f"the database is not as it should be ({text})",
            "see that database.url names an existing database, and run `pactdesk migrate`",
        )
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return Misconfigured(
            "database.url is not an address of PostgreSQL",
            "write it like postgresql://user:password@host:5432/name",
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return Unavailable(f"the database's disk is full ({text})", "free space there and go on")
    return Unavailable(
        f"the database does not answer ({text})",
        "see that PostgreSQL runs and can be reached from here; nothing that was acknowledged is"
        " lost",
    )
