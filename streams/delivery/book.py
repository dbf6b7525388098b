"""The errands as a store keeps them: rows of `claims`, alike on both engines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from streams.delivery.errand import Errand

_COLUMNS = (
    "request_id, channel, conversation, partition, position, part, attempt, state, doubts, looks,"
    " due_at, since, tried_at"
)

_FIRST = (
    "NOT EXISTS (SELECT 1 FROM claims o WHERE o.due_at IS NOT NULL"
    " AND o.conversation = c.conversation AND o.partition = c.partition"
    " AND o.position < c.position)"
)
"""Each waits for the one before in its conversation, however long that takes."""


class Runs(Protocol):
    """A connection to either store."""

    @property
    def execute(self) -> Any:  # Any: two libraries' cursors, alike as far as it matters here
        """Runs a statement, with question marks for its values."""


def take_on(database: Runs, errand: Errand) -> None:
    """Keep a request that is to go out, unless it is known; one that was recovered goes on."""
    database.execute(
        "INSERT INTO claims (request_id, attempt, state, channel, conversation, partition,"
        " position, due_at, since) VALUES (?, 0, 'waits', ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (request_id) DO UPDATE SET channel = excluded.channel,"
        " conversation = excluded.conversation, partition = excluded.partition,"
        " position = excluded.position, due_at = excluded.due_at, since = excluded.since"
        " WHERE claims.outcome IS NULL AND claims.channel IS NULL",
        (
            errand.request_id,
            errand.channel,
            errand.conversation,
            errand.partition,
            errand.offset,
            errand.due_at,
            errand.since,
        ),
    )


def due(
    database: Runs,
    now: float,
    *,
    channels: Collection[str],
    partitions: Collection[int] | None = None,
    most: int,
) -> list[Errand]:
    """The first open errand of each conversation that there is something to do for by now.

    Args:
        database: The store.
        now: The time, in seconds.
        channels: By which something may be sent now.
        partitions: Only requests of these; None is all.
        most: How many at most.
    """
    where, values = _among(channels, partitions)
    rows = database.execute(
        f"SELECT {_COLUMNS} FROM claims c WHERE c.due_at <= ?{where} AND {_FIRST}"
        " ORDER BY c.due_at, c.partition, c.position LIMIT ?",
        (now, *values, most),
    ).fetchall()
    return [_errand(row) for row in rows]


def next_due(
    database: Runs, *, channels: Collection[str], partitions: Collection[int] | None = None
) -> float | None:
    """When there is something to do next; None where nothing is under way."""
    where, values = _among(channels, partitions)
    (found,) = database.execute(
        f"SELECT min(c.due_at) FROM claims c WHERE c.due_at IS NOT NULL{where} AND {_FIRST}",
        values,
    ).fetchone()
    return found if found is None else float(found)


def keep(database: Runs, errand: Errand, outcome: str | None) -> None:
    """Keep what became of an errand; one that is done leaves only its outcome."""
    done = errand.state == "done"
    database.execute(
        "UPDATE claims SET part = ?, attempt = ?, state = ?, doubts = ?, looks = ?, due_at = ?,"
        " tried_at = ?, outcome = ?, conversation = ? WHERE request_id = ?",
        (
            errand.part,
            errand.attempt,
            errand.state,
            errand.doubts,
            errand.looks,
            None if done else errand.due_at,
            errand.tried_at,
            outcome,
            None if done else errand.conversation,
            errand.request_id,
        ),
    )


def arrived(database: Runs, request_id: str) -> str | None:
    """The platform's id of a message that it said by itself to have; None while it did not."""
    row = database.execute(
        "SELECT coalesce(provider_message_id, request_id) FROM p_deliveries WHERE request_id = ?"
        " AND coalesce(accepted_at, delivered_at, read_at) IS NOT NULL",
        (request_id,),
    ).fetchone()
    return None if row is None else str(row[0])


def left_alone(database: Runs, now: float, partition: int | None = None) -> None:
    """Whoever had tries under way is gone: their answers are missing from now on.

    Args:
        database: The store.
        now: The time, in seconds.
        partition: Only requests of this one; None is all.
    """
    where, values = ("", ()) if partition is None else (" AND partition = ?", (partition,))
    database.execute(
        "UPDATE claims SET state = 'doubted', due_at = ?, doubts = doubts + 1"
        f" WHERE state = 'under_way' AND due_at IS NOT NULL{where}",
        (now, *values),
    )


def _among(
    channels: Collection[str], partitions: Collection[int] | None
) -> tuple[str, tuple[str | int, ...]]:
    where = f" AND c.channel IN ({_marks(channels)})"
    if partitions is None:
        return where, tuple(channels)
    return f"{where} AND c.partition IN ({_marks(partitions)})", (*channels, *partitions)


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values)) or "NULL"


def _errand(row: Sequence[Any]) -> Errand:  # Any: a row's values
    names = _COLUMNS.replace("position", "offset").split(", ")
    return Errand(**dict(zip(names, row, strict=True)))
