"""Work that one process of a cluster does at a time: whoever holds its lock in the database.

The lock belongs to a connection, and goes with it, however the process ends.
"""

from __future__ import annotations

from streams.cluster.postgres import SILENT_SECONDS, PgDatabase

_OURS = 1_885_434_739
"""First number of the locks of such work; any, but always this one."""


class Alone:
    """What a connection has to itself.

    Args:
        database: The connection; with it everything is let go.
    """

    def __init__(self, database: PgDatabase) -> None:
        self._db = database
        self._held: set[str] = set()

    def does(self, work: str) -> bool:
        """Whether this connection does some work, from now on or still; no other one does then.

        Args:
            work: What the work is called.
        """
        if work in self._held:
            self._db.execute("SELECT 1")  # a connection that is lost holds nothing, and says so
            return True
        # Of a machine that is gone the server must hear soon, or nobody does its work.
        self._db.execute(
            "SELECT set_config('tcp_keepalives_idle', ?, FALSE),"
            " set_config('tcp_keepalives_interval', '1', FALSE),"
            " set_config('tcp_keepalives_count', '3', FALSE)",
            (str(SILENT_SECONDS),),
        )
        row = self._db.execute(
            "SELECT pg_try_advisory_lock(?, hashtext(?))", (_OURS, work)
        ).fetchone()
        if row is not None and row[0]:
            self._held.add(work)
            return True
        return False
