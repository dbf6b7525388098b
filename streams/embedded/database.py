"""The embedded store's connection, its transactions, and the lock of its one worker."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.embedded.writing import write_lock
from streams.errors import Refused


class Database:
    """A connection to the store; each thread or process opens its own.

    What a transaction knows of the log's ends is true until it is over: it holds the write lock.

    Attributes:
        path: The SQLite file.
        connection: The raw connection, in autocommit: transactions are explicit.
        grown: How often each topic was appended to over this connection; see `changes`.
        ends: The ends of partitions by topic and partition, as far as this transaction asked.
        newest: The place of the newest entry of the log, once this transaction asked.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.grown: Counter[str] = Counter()
        self.ends: dict[tuple[str, int], int] = {}
        self.newest: int | None = None
        self._others: int | None = None
        self._lock = write_lock(path.absolute())

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; the write lock is taken at the start, so that nothing read is stale."""
        self._lock.acquire()
        try:
            self.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.execute("COMMIT")  # on a full disk it is often this that fails
        except BaseException:
            if self.connection.in_transaction:
                self.execute("ROLLBACK")
            raise
        finally:
            self._forget()
            self._lock.release()

    @property
    def wanted(self) -> bool:
        """Whether another thread of this process waits to write."""
        return self._lock.wanted

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read in here is of one moment, whatever others write meanwhile."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("COMMIT")
            self._forget()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of a transaction that is undone by itself where it fails."""
        self.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.execute("ROLLBACK TO attempt")
            self._forget()
            raise
        finally:
            if self.connection.in_transaction:
                self.execute("RELEASE attempt")

    def _forget(self) -> None:
        self.ends.clear()
        self.newest = self._others = None

    @contextmanager
    def durably(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when it returns: for what is acknowledged outside.

        A turn does without: after a power cut it is taken again from its input, which is durable.
        """
        self.execute("PRAGMA synchronous = FULL")
        try:
            with self.transaction() as connection:
                yield connection
        finally:
            self.execute("PRAGMA synchronous = NORMAL")

    def changes(self, *topics: str) -> tuple[int, ...]:
        """A mark that differs once somebody wrote: others anything, we to one of these topics.

        It costs no look at the tables. A mark that differs says only that a look may be worth it.
        """
        others = self._others
        if others is None:
            others = int(self.execute("PRAGMA data_version").fetchone()[0])
            if self.connection.in_transaction:
                self._others = others  # nobody else can write now
        return (others, *[self.grown[topic] for topic in topics])

    def meta(self, name: str) -> str | None:
        """A named value of the store, if it is set."""
        row = self.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Set a named value of the store."""
        self.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@contextmanager
def only_worker(folder: Path) -> Iterator[None]:
    """Be the store's one worker; the lock goes with the process, however it ends.

    Raises:
        Refused: Another process is at work on this store.
    """
    with _alone(folder / "worker.lock", f"another worker ({{}}) is at work on {folder}"):
        yield


@contextmanager
def only_courier(folder: Path) -> Iterator[None]:
    """Be the store's one courier; raises `Refused` as `only_worker` does."""
    with _alone(folder / "courier.lock", f"another process ({{}}) sends what {folder} holds"):
        yield


@contextmanager
def _alone(path: Path, otherwise: str) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not locked(handle):
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise Refused(
                otherwise.format(f"process {holder}"),
                "stop it first; reading and producing beside it always work",
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode("ascii"), 0)
        yield
    finally:
        os.close(handle)


def locked(handle: int) -> bool:
    """Lock a file, unless another process has; the lock goes with the process, however it ends."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
