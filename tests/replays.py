"""A desk's log as Parquet, and what anybody finds there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import dataset

from streams.cli.output import Progress
from streams.desk import Desk
from streams.embedded.history import EmbeddedLog
from streams.entry import Place
from streams.history.directory import Directory
from streams.history.raws import Raws
from streams.history.replaying import Log, Replayed, replay


@contextmanager
def _unseen() -> Iterator[Progress]:
    yield Progress("records", None, shown=False)


def replayed(log: Log | Desk, path: Path, since: str | None = None) -> Replayed:
    """Bring a directory up to a log."""
    return brought(log, path, since)[1]


def brought(log: Log | Desk, path: Path, since: str | None = None) -> tuple[Directory, Replayed]:
    """Bring a directory up to a log; returns the directory as well."""
    given = EmbeddedLog(log.database) if isinstance(log, Desk) else log
    return replay(given, path, since, lambda _: _unseen())


class Counted:
    """A log that says what was read of it.

    Attributes:
        offsets: Every offset that was read, by place.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.identity, self.behind = log.identity, log.behind
        self.starts, self.ends = log.starts, log.ends
        self.offsets: dict[Place, list[int]] = {}

    def read(self, place: Place, start: int, end: int, most: int) -> Iterator[Raws]:
        """The records, noted."""
        for raws in self._log.read(place, start, end, most):
            self.offsets.setdefault(place, []).extend(raws.offsets)
            yield raws


def tables(path: Path) -> dict[str, pa.Table]:
    """What is in a directory, by event type, as any reader of partitioned Parquet sees it."""
    return {
        folder.name.removeprefix("type="): dataset.dataset(folder, format="parquet").to_table()
        for folder in sorted(path.glob("type=*"))
        if any(folder.iterdir())
    }


def rows(path: Path) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of every event type, in the order of their places."""
    places = ("event_topic", "event_partition", "event_offset")
    return {
        kind: table.sort_by([(name, "ascending") for name in places]).to_pylist()
        for kind, table in tables(path).items()
    }
