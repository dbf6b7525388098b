"""The deployment's own projections as they stood at a moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from streams.embedded import query
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.embedded.own import OwnFolds
from streams.embedded.projector import limits, readable
from streams.entry import Entry, Place
from streams.own.table import Own


def with_own(
    store: Database,
    folded: sqlite3.Connection,
    own: Sequence[Own],
    newest: int,
    belongs: Callable[[Entry], bool],
) -> sqlite3.Connection:
    """A scratch database as another is, with the deployment's own projections beside our tables.

    Args:
        store: The store.
        folded: The other, at the same moment.
        own: The projections; one that raises is not there then.
        newest: How far the log was read for the other.
        belongs: Whether an entry of the log belongs to the moment.
    """
    copy = Database(Path(), sqlite3.connect("", isolation_level=None))
    folded.backup(copy.connection)
    copy.execute("BEGIN")
    theirs = OwnFolds(copy, own)
    bounds = limits(store, theirs.topics)
    log = SqliteLog(store)
    ends: dict[Place, int] = {}
    with store.snapshot():
        for entry in log.scan():
            if entry.seq > newest:
                break
            if entry.offset < bounds.get((entry.topic, entry.partition), 0) and belongs(entry):
                ends[entry.topic, entry.partition] = entry.offset + 1
                record = readable(log, entry)
                if record is not None:
                    theirs.apply(record)
    theirs.finish(ends)
    copy.execute("COMMIT")
    made = query.scratch_connection()
    copy.connection.backup(made)
    copy.close()
    return made
