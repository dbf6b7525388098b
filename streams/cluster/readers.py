"""Who may read the views and nothing else: a role that queries take on.

Roles belong to the server, not to a database, so each database has one named after it: a user who
may read one desk's views can then not read another's on the same server. Nobody signs in as it;
an administrator may grant it to people and to reporting tools.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import errors

from streams.cluster.postgres import PgDatabase
from streams.errors import Misconfigured


def role_of(database: PgDatabase) -> str:
    """The role's name, which may not be there; PostgreSQL cuts long names."""
    row = database.execute(
        "SELECT CAST('pactdesk_reader_' || current_database() AS name)"
    ).fetchone()
    assert row is not None
    return str(row[0])


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it consists of."""
    return '"' + name.replace('"', '""') + '"'


def prepare(database: PgDatabase, views: Sequence[str]) -> bool:
    """Make the role, see that this user may take it on, and let it read the views.

    Args:
        database: Outside a transaction.
        views: Their names.

    Returns:
        Whether that could be done; if not, `without` says who can.
    """
    role = quoted(role_of(database))
    try:
        if not _is_there(database):
            database.execute(f"CREATE ROLE {role} NOLOGIN")
        if not _may_take_on(database, role):
            database.execute(f"GRANT {role} TO CURRENT_USER")
    except errors.InsufficientPrivilege:
        return False
    let_read(database, views)
    return True


def let_read(database: PgDatabase, views: Sequence[str]) -> None:
    """Let the role read the views, if it is there."""
    if not _is_there(database):
        return
    role = role_of(database)
    database.execute(f"GRANT SELECT ON {', '.join(views)} TO {quoted(role)}")
    row = database.execute(
        "SELECT current_schema(), has_schema_privilege(?, current_schema(), 'USAGE')", (role,)
    ).fetchone()
    assert row is not None
    if not row[1]:
        database.execute(f"GRANT USAGE ON SCHEMA {quoted(row[0])} TO {quoted(role)}")


def without(database: PgDatabase) -> Misconfigured:
    """What is wrong where the role is missing or cannot be taken on, and who can mend it."""
    row = database.execute("SELECT current_user").fetchone()
    assert row is not None
    role, user = quoted(role_of(database)), quoted(str(row[0]))
    make = "" if _is_there(database) else f"CREATE ROLE {role} NOLOGIN; "
    return Misconfigured(
        "queries are run by a role that may read the views and nothing else, and this user may"
        " not make it or take it on",
        f"let an administrator of the database run: {make}GRANT {role} TO {user};"
        " then run `pactdesk migrate`",
    )


def _is_there(database: PgDatabase) -> bool:
    found = database.execute("SELECT 1 FROM pg_roles WHERE rolname = ?", (role_of(database),))
    return found.fetchone() is not None


def _may_take_on(database: PgDatabase, role: str) -> bool:
    try:
        database.execute(f"SET ROLE {role}")
    except errors.InsufficientPrivilege:
        return False
    database.execute("RESET ROLE")
    return True
