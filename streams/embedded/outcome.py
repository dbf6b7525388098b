"""What became of a record on the embedded engine: worked off here, or by who is at work already."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schemas.topics import TOPICS
from streams import rulings
from streams.embedded.store import CaseStore
from streams.entry import Entry
from streams.errors import Refused
from streams.rulings import OUTPUTS, Outcome
from streams.store import FOLDED

if TYPE_CHECKING:
    from streams.desk import Desk

LOOK_EVERY = 0.01
"""Seconds between two looks for another worker's ruling."""


def worked_off(desk: Desk, record_id: str, *, repeat: bool = False) -> Outcome:
    """See to it that an appended record is worked off, and say what followed.

    Another worker on the store is waited for; the log is only read meanwhile, and held by nobody.
    """
    entries, settled = _so_far(desk, record_id) if _worked(desk) else _awaited(desk, record_id)
    first, *followed = [entry.record() for entry in entries]
    return Outcome(record=first, followed=followed, settled=settled, repeat=repeat)


def _worked(desk: Desk) -> bool:
    """Work off what waits; False where that is another worker's."""
    if not desk.works:
        return False
    try:
        desk.run()
    except Refused:  # another worker is at work on this store
        return False
    return True


def _awaited(desk: Desk, record_id: str) -> tuple[list[Entry], bool]:
    """What followed by the time that all of it was worked off, or that patience ended."""
    until = time.monotonic() + rulings.PATIENCE
    while True:
        entries, settled = _so_far(desk, record_id)
        if (settled and _shown(desk, entries)) or time.monotonic() >= until:
            return entries, settled
        time.sleep(LOOK_EVERY)


def _shown(desk: Desk, entries: list[Entry]) -> bool:
    """Whether the tables show what followed: who asks next reads them."""
    rows = desk.database.execute(FOLDED)
    shown = {(str(topic), int(partition)): int(position) for topic, partition, position in rows}
    return all(
        entry.offset < shown.get((entry.topic, entry.partition), 0)
        for entry in entries
        if entry.topic in OUTPUTS
    )


def _so_far(desk: Desk, record_id: str) -> tuple[list[Entry], bool]:
    """The record and what followed by now, and whether all of it is worked off."""
    root = desk.log.find(record_id)
    assert root is not None
    positions = CaseStore(desk.database).positions()
    entries = [root, *desk.log.family(root.id)]
    settled = all(
        entry.offset < positions.get((entry.topic, entry.partition), (0, 0.0))[0]
        for entry in entries
        if TOPICS[entry.topic].kind == "inbox"
    )
    return entries, settled
