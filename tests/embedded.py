"""Embedded desks in a folder of their own, with scripted models and simulated time.

What `tests.histories` plays in memory goes through the real store here: the same inbox records
(`Lines.outside`), the same models, one after the other at their own times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.world import Models
from projections.tables import TABLES
from schemas.event import Event
from schemas.record import Record, derived_id
from schemas.topics import key_of
from streams.clock import ManualClock
from streams.desk import Desk
from streams.embedded.rebuild import digest_of
from streams.testing import START, FakeModels
from tests.stores import opened


def open_in(folder: Path, models: Models | None = None) -> Desk:
    """A desk under simulated time, from `START` on."""
    return opened(folder, ManualClock(START), models or FakeModels())


@contextmanager
def somewhere() -> Iterator[Path]:
    """A folder that is gone afterwards; hypothesis needs a new one for every example."""
    with TemporaryDirectory(prefix="pactdesk-") as name:
        yield Path(name)


def take(desk: Desk, records: Sequence[Record]) -> None:
    """Let records in at their own times, working each off before the next."""
    clock = desk.clock
    assert isinstance(clock, ManualClock)
    for record in records:
        clock.set(max(clock.now(), record.at))
        desk.intake.records([record])
        desk.run()


def rows_of(desk: Desk) -> dict[str, str]:
    """A digest of every table's rows, by table."""
    return {table.name: digest_of(desk.database, table.sql_name, table)[0] for table in TABLES}


def record_of(event: Event) -> Record:
    """A record of an event, as if from outside."""
    line = str(getattr(event, "customer_id", None) or "ann")
    number = derived_id("outside", type(event).__name__)
    return Record(
        id=number, key=key_of(event, line), at=START, by="test", event=event, correlation=number
    )
