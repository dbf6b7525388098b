"""Desks on real stores with models that say what they are told, and all that a store holds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from agents.policy import default_policy
from agents.world import Models
from schemas.record import Record, partition_of
from schemas.topics import CONTACTS, DEAD_LETTERS
from streams.clock import Clock, ManualClock
from streams.desk import Desk
from streams.embedded.log import SqliteLog
from streams.embedded.taught import Taught
from streams.settings import Settings
from streams.testing import START, FakeModels
from streams.worlds import Worlds

SECRET = "of the tests"  # noqa: S105  # it keeps nothing secret
WALL = {"log": {"appended_at"}}
"""Columns of the machine's own time, by table."""


class Fixed:
    """The same models at every time, whatever is taught.

    Args:
        models: Which.
    """

    def __init__(self, models: Models) -> None:
        self._models = models

    def add(self, record: Record) -> None:
        """Nothing is learned."""

    def activate(self, tier: str, clock: float) -> None:
        """They stay the same."""

    def prepare(self, clock: float) -> Iterator[int]:
        """They are ready."""
        del clock
        return iter(())

    def at(self, clock: float, index: str | None = None) -> Models:
        """The models."""
        del clock, index
        return self._models


def opened(folder: Path, clock: Clock, models: Models, settings: Settings | None = None) -> Desk:
    """A desk in a folder, with these models at every time."""
    desk = Desk(folder, clock, secret=SECRET, settings=settings)
    desk.worlds = Worlds(Taught(desk.database), Fixed(models), default_policy())
    return desk


@contextmanager
def a_desk(
    folder: Path,
    clock: Clock | None = None,
    models: Models | None = None,
    settings: Settings | None = None,
) -> Iterator[Desk]:
    """A desk in a folder; under simulated time from `START` on unless another clock is given."""
    with opened(folder, clock or ManualClock(START), models or FakeModels(), settings) as desk:
        yield desk


def copied(base: Path, to: Path) -> Path:
    """A store of its own with the content of another, which nobody has open."""
    shutil.copytree(base, to)
    return to


def everything(desk: Desk, *, letters: bool = True) -> dict[str, str]:
    """A digest of every table of a store, without the machine's own time.

    Args:
        desk: The desk.
        letters: Whether the headers of dead letters count: where the wall's clock was the
            intake's, they hold its time.
    """
    names = desk.database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        # How an index lies in its segments tells in how many transactions it was written.
        " AND name NOT GLOB 'f_*_data' AND name NOT GLOB 'f_*_idx' ORDER BY name"
    ).fetchall()
    return {name: _digest(desk, name, letters=letters) for (name,) in names}


def _digest(desk: Desk, name: str, *, letters: bool) -> str:
    info = desk.database.execute(f"PRAGMA table_info({name})").fetchall()
    columns = ", ".join(str(row[1]) for row in info if row[1] not in WALL.get(name, set()))
    if name == "log" and not letters:
        columns = columns.replace("headers", f"iif(topic = '{DEAD_LETTERS.name}', '', headers)")
    rows = desk.database.execute(f"SELECT {columns} FROM {name}").fetchall()
    return sha256(repr(sorted(rows, key=repr)).encode()).hexdigest()


def by_hand(desk: Desk, headers: str, value: bytes, *, key: str = "ann", number: str = "x") -> int:
    """Put bytes on the customers' inbox as a foreign program would; returns the offset."""
    log = SqliteLog(desk.database)
    with desk.database.transaction():
        return log.append_raw(CONTACTS.name, partition_of(key), key, headers, value, number)
