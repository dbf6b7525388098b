"""Opening the embedded store: one SQLite file, made at first sight, refused when it is newer."""

from __future__ import annotations

import secrets
import sqlite3
from importlib import resources
from pathlib import Path
from time import monotonic, sleep

from streams.embedded import indexes, tables
from streams.embedded.database import Database
from streams.errors import Misconfigured, PactdeskError, Unavailable, of_the_disk
from streams.views import statements

FILE = "pactdesk.db"
STEPS = (
    "schema.sql",
    "v0002_keys.sql",
    "v0003_errands.sql",
    "v0004_subscriptions.sql",
    "v0005_shadows.sql",
)
"""What makes each version of the store's own tables from the one before, the first from nothing.

A step that was released stays as it is: a later version has a step of its own."""

VERSION = len(STEPS)
"""This release's version; a newer store is refused, an older one migrated when it is opened."""

_MADE = "tables.made"
"""Names what the tables of projections were made of; where this release makes others, they are
folded anew when the store is opened."""

BUSY_SECONDS = 30.0
BUSY_PAUSE_SECONDS = 0.01

CHECKPOINT_PAGES = 4000
"""Pages of 4 KiB in the write-ahead log before it is folded back: rarer than SQLite's own 1,000,
for a page that turns change again and again is then written back once."""


def open_database(folder: Path, *, secret: str | None = None) -> Database:
    """Open the store in a folder, making it if it is not there.

    Args:
        folder: The data directory.
        secret: The deployment's identity secret; made at random for a new store without one.

    Raises:
        Misconfigured: The folder cannot be written, or the store is of a newer version.
        Unavailable: The disk is full or the file is damaged.
    """
    path, connection = folder / FILE, None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_new = not path.exists()
        connection = sqlite3.connect(
            path, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=512
        )
        if is_new:  # it will hold secrets, and what people write; SQLite's other files follow it
            path.chmod(0o600)
        database = Database(path, connection)
        _tune(connection)
        _prepare(database, secret)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error | OSError):
            raise _cannot_open(path, error) from error
        raise
    return database


def _cannot_open(path: Path, error: Exception) -> PactdeskError:
    if "not a database" in str(error) or "malformed" in str(error):
        return Unavailable(
            f"{path} is not a readable pactdesk store ({error})",
            "restore it from a backup, or name another folder with --data",
        )
    known = of_the_disk(error)
    if isinstance(known, Unavailable):
        return known
    return Misconfigured(
        f"the store {path} cannot be opened for writing ({error})",
        "make the folder writable for this user, or name another one with --data",
    )


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Have the store write ahead, also while another process opens the same new store.

    SQLite's own patience ends here: whoever changes the journal's mode is told at once that the
    store is busy (https://sqlite.org/pragma.html#pragma_journal_mode).
    """
    until = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(BUSY_PAUSE_SECONDS)
        else:
            return


def _tune(connection: sqlite3.Connection) -> None:
    _log_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA foreign_keys = OFF")


def _prepare(database: Database, secret: str | None) -> None:
    found = int(database.execute("PRAGMA user_version").fetchone()[0])
    if found == VERSION:
        _keep_up(database)
        return
    if found > VERSION:
        raise Misconfigured(
            f"the store {database.path} has version {found}, this pactdesk knows {VERSION}",
            "upgrade pactdesk, or name another folder with --data",
        )
    with database.transaction():
        found = int(database.execute("PRAGMA user_version").fetchone()[0])
        for step in STEPS[found:]:
            script = resources.files("streams.embedded").joinpath(step).read_text("utf-8")
            for statement in statements(script):
                database.execute(statement)
        if not found:
            tables.create(database)
            indexes.create(database)
            database.set_meta(_MADE, tables.layout())
            database.set_meta("identity.secret", secret or secrets.token_hex(32))
        if found < VERSION:
            database.execute(f"PRAGMA user_version = {VERSION}")
    _keep_up(database)


def _keep_up(database: Database) -> None:
    """Fold the tables anew where another release made other ones."""
    if database.meta(_MADE) == tables.layout():
        return
    from streams.embedded.rebuild import renew

    with database.transaction():
        if database.meta(_MADE) != tables.layout():
            renew(database)
            database.set_meta(_MADE, tables.layout())
