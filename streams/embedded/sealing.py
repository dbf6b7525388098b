"""Sealing the embedded log: once for a command, and beside the roles of `up`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from schemas.record import Record
from schemas.topics import CONTROL, PARTITIONS, TOPICS
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.opening import open_database
from streams.entry import Entry, Place
from streams.folding import Step
from streams.proof_settings import SealSettings
from streams.sealing import Sealing, seal_everything
from streams.tampering import Seals, seals_among

LOOK_SECONDS = 1.0
"""Between two looks for what is to be sealed."""

_CHUNK = 500


def seal(database: Database, step: Step = lambda _: None) -> list[Record]:
    """Seal all that is in the log by now; returns the seals.

    Args:
        database: The store.
        step: Told how many records were sealed since it was told last.
    """
    reader = _LogReader(database)
    sealing = Sealing()
    sealing.resume(reader.seals())
    return seal_everything(sealing, reader.read, reader.append, step)


@contextmanager
def sealer(
    folder: Path, settings: SealSettings, failed: Callable[[BaseException], None]
) -> Iterator[None]:
    """A thread that seals while this lasts.

    Args:
        folder: The data directory.
        settings: How often.
        failed: Told, in the thread, of an error that it cannot go on after.
    """
    stop = threading.Event()

    def work() -> None:
        try:
            with closing(open_database(folder)) as database:
                _follow(_LogReader(database), settings, stop)
        except BaseException as error:  # noqa: BLE001  # the process must hear of it
            failed(error)

    thread = threading.Thread(target=work, name="sealer")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _follow(reader: _LogReader, settings: SealSettings, stop: threading.Event) -> None:
    sealing = Sealing(settings.records, settings.seconds)
    sealing.resume(reader.seals())
    while not stop.is_set():
        for number, entry in enumerate(reader.read(sealing.positions()), 1):
            sealing.take(entry, time.monotonic())
            if number % (_CHUNK * 10) == 0:  # a long log is sealed bit by bit
                reader.append(sealing.due(time.monotonic()))
                if stop.is_set():
                    return
        reader.append(sealing.due(time.monotonic()))
        stop.wait(LOOK_SECONDS)


def control(log: SqliteLog) -> Iterator[Entry]:
    """The entries of control, where the seals are, partition by partition."""
    for partition in range(PARTITIONS):
        yield from entries_of(log, (CONTROL.name, partition))


def entries_of(log: SqliteLog, place: Place, start: int = 0) -> Iterator[Entry]:
    """The entries of a partition from an offset on, in the order of their offsets."""
    while True:
        entries = log.read(*place, start, _CHUNK)
        yield from entries
        if len(entries) < _CHUNK:
            return
        start = entries[-1].offset + 1


class _LogReader:
    """Reads the log by partitions, and appends seals to it."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._log = SqliteLog(database)
        self._changes: tuple[int, ...] = ()

    def seals(self) -> Seals:
        return seals_among(control(self._log))[0]

    def read(self, positions: Mapping[Place, int]) -> Iterator[Entry]:
        changes = self._db.changes(*TOPICS)
        if changes == self._changes:
            return
        for place, end in sorted(self._log.ends().items()):
            if positions.get(place, 0) < end:
                yield from entries_of(self._log, place, positions.get(place, 0))
        self._changes = changes

    def append(self, seals: Iterable[Record]) -> None:
        seals = list(seals)
        if not seals:
            return
        with self._db.transaction():
            self._log.append([one for one in seals if not self._log.has(one.id)])
