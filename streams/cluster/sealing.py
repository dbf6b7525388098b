"""Sealing the log on Kafka: once for a command, and beside the role projections of `up`.

Of all processes with the role one seals at a time: whoever holds the lock in the database. When it
ends, another reads its seals from control and goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping

import psycopg
import structlog

from schemas.record import Record
from schemas.topics import CONTROL
from streams.cluster.alone import Alone
from streams.cluster.kafka import quiet
from streams.cluster.postgres import connect, of_the_database, url_of
from streams.cluster.producer import Producer
from streams.cluster.reading import Reader
from streams.cluster.wire import outgoing
from streams.entry import Entry, Place
from streams.errors import Unavailable
from streams.folding import Step
from streams.sealing import Sealing, seal_everything
from streams.settings import Settings
from streams.tampering import Seals, seals_among

WORK = "sealing"
"""What the lock is called."""

LOOK_SECONDS = 2.0
"""Between two looks whether nobody seals."""

AWAY_SECONDS = 5.0
"""After how long a side that was away is called again."""

_log = structlog.get_logger(__name__)


def seal(settings: Settings, producer: Producer, step: Step = lambda _: None) -> list[Record]:
    """Seal all that is in the log by now; returns the seals.

    Args:
        settings: Where Kafka is.
        producer: Brings the seals there.
        step: Told how many records were sealed since it was told last.

    Raises:
        Misconfigured: A topic is missing.
        Unavailable: Kafka does not answer; seals that came there are good.
    """
    with Reader(settings) as reader:

        def read(positions: Mapping[Place, int]) -> Iterator[Entry]:
            for entries in reader.steps(_there(reader, positions)):
                yield from entries

        sealing = Sealing()
        sealing.resume(seals(settings))
        return seal_everything(sealing, read, lambda due: _send(producer, due), step)


def _there(reader: Reader, positions: Mapping[Place, int]) -> dict[Place, int]:
    """Positions from which there is something to read: what is gone cannot be sealed any more."""
    starts = reader.starts()
    return {place: max(at, starts.get(place, at)) for place, at in positions.items()}


def seals(settings: Settings) -> Seals:
    """The seals of each partition that are in the log by now, as far as they can be read."""
    with Reader(settings, [CONTROL.name]) as reader:
        return seals_among(entry for step in reader.steps() for entry in step)[0]


class Sealer:
    """Seals while others do not, until told to stop.

    Args:
        settings: Where Kafka and the database are, and how often is sealed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, stop: threading.Event) -> None:
        """Seal until told to stop; away brokers or databases are called again.

        Raises:
            Misconfigured: A topic is gone, or records of it are.
        """
        quiet()
        while not stop.is_set():
            try:
                self._alone(stop)
            except Unavailable as error:
                _log.warning("sealer.away", why=error.what, remedy=error.remedy)
                stop.wait(AWAY_SECONDS)

    def _alone(self, stop: threading.Event) -> None:
        """Wait until nobody seals, and seal."""
        try:
            database = connect(url_of(self._settings))
            try:
                alone = Alone(database)
                while not stop.is_set():
                    if alone.does(WORK):
                        self._seal(alone, stop)
                    stop.wait(LOOK_SECONDS)
            finally:
                database.close()
        except psycopg.Error as error:
            raise of_the_database(error) from error

    def _seal(self, alone: Alone, stop: threading.Event) -> None:
        """Follow the log and seal what is due, for as long as nobody else may."""
        pace = self._settings.seals
        sealing = Sealing(pace.records, pace.seconds)
        sealing.resume(seals(self._settings))
        looked = time.monotonic()
        with Reader(self._settings) as reader, Producer(self._settings) as producer:
            for entries in reader.follow(_there(reader, sealing.positions()), stop):
                now = time.monotonic()
                for entry in entries:
                    sealing.take(entry, now)
                _send(producer, sealing.due(now))
                if now >= looked + LOOK_SECONDS:
                    looked = now
                    alone.does(WORK)


def _send(producer: Producer, seals: Iterable[Record]) -> None:
    producer.send([outgoing(one) for one in seals])
