"""Crash points: a desk that dies before one of its statements, as its process might.

Whatever a desk does to its store goes through statements, so that dying before each of them in
turn covers every moment at which a crash can leave something behind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streams.desk import Desk


class Crashed(BaseException):
    """The desk died here; no `except Exception` may go on after it."""


class CrashPoints:
    """Counts what a desk does to its store, and lets the desk die before one of the statements.

        points = CrashPoints(desk, at=17)
        try:
            desk.run()
        except Crashed:
            desk.close()          # as the end of the process would: nothing is committed

    Args:
        desk: The desk.
        at: Before which statement it dies, from 1; None is never.

    Attributes:
        passed: How many statements were reached.
    """

    def __init__(self, desk: Desk, at: int | None = None) -> None:
        self.passed = 0
        self._at = at
        database = desk.database
        execute, executemany = database.execute, database.executemany

        def one(sql: str, parameters: Any = ()) -> sqlite3.Cursor:  # Any: what SQLite binds
            self.reach(sql)
            return execute(sql, parameters)

        def many(sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
            self.reach(sql)
            return executemany(sql, parameters)

        database.execute = one
        database.executemany = many

    def reach(self, name: str) -> None:
        """Count one more point; a test can put points of its own beside the statements.

        Raises:
            Crashed: It is the one, or the desk is dead already.
        """
        self.passed += 1
        if self._at is not None and self.passed >= self._at:
            raise Crashed(f"before point {self._at}: {name}")
