"""Who owns an inbox partition: claimed with a higher epoch, compared in every transaction.

Kafka says who should read a partition; only the database says who may write what follows from it.
A worker that was stopped and woken goes on for a while without knowing that it lost a partition:
its epoch is the old one, so nothing that it decides is kept.
"""

from __future__ import annotations

import msgspec

from streams.cluster.postgres import PgDatabase

ASLEEP_SECONDS = 20
"""After how long the server ends the session of an owner that stands still inside a transaction.

It is shorter than a statement waits for a lock (`postgres.STATEMENT_SECONDS`): who takes the
partition over waits, and is let in.
"""

MOST_TRIES = 3
"""How often a record may end the process before it becomes a dead letter."""


class Fenced(Exception):
    """Another worker owns the partition by now: this process must not go on with it."""

    def __init__(self, owned: Owned) -> None:
        super().__init__(
            f"{owned.domain}/{owned.partition} was taken over by another worker"
            f" (this one claimed it with epoch {owned.epoch})"
        )


class Owned(msgspec.Struct):
    """A partition as its owner holds it; what is committed, no more.

    Attributes:
        domain: Whose inbox it is.
        partition: The partition.
        epoch: The claim's number; a later owner has a higher one.
        position: The next offset to take.
        clock: Running maximum of its turns' clocks, in seconds.
        turn: How many outbox rows the partition has had.
        careful: Whether the next record is one that may have ended a process.
    """

    domain: str
    partition: int
    epoch: int
    position: int
    clock: float
    turn: int
    careful: bool = True


def claim(database: PgDatabase, domain: str, partition: int, owner: str) -> Owned:
    """Become the owner of a partition; whoever owned it before can commit nothing from now on.

    An owner that did not let go may have been ended by the record it stood at: that counts as one
    of the record's tries.
    """
    database.execute(f"SET idle_in_transaction_session_timeout = '{ASLEEP_SECONDS}s'")
    with database.transaction():
        database.execute("SET LOCAL synchronous_commit = on")
        database.execute(
            "INSERT INTO partitions (domain, partition) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (domain, partition),
        )
        row = database.execute(
            "UPDATE partitions SET epoch = epoch + 1, owner = ?, claimed_at = clock_timestamp(),"
            " tries = CASE WHEN owner IS NOT NULL AND stood_at IS DISTINCT FROM position"
            " THEN 1 ELSE tries END,"
            " stood_at = CASE WHEN owner IS NOT NULL THEN position ELSE stood_at END"
            " WHERE domain = ? AND partition = ? RETURNING epoch, position, clock, turn",
            (owner, domain, partition),
        ).fetchone()
        assert row is not None
    return Owned(domain, partition, *row)


def advance(database: PgDatabase, owned: Owned, position: int, clock: float, turns: int) -> None:
    """Lock the partition's row and move it on, if it still is as its owner knows it.

    The first statement of every transaction, before anything else is read.

    Args:
        database: In a transaction.
        owned: The partition.
        position: The next offset to take after this transaction.
        clock: The partition's clock after it.
        turns: How many outbox rows it writes.

    Raises:
        Fenced: Another worker claimed the partition.
    """
    found = database.execute(
        "UPDATE partitions SET position = ?, clock = ?, turn = turn + ?"
        " WHERE domain = ? AND partition = ? AND epoch = ? AND position = ? AND turn = ?"
        " RETURNING epoch",
        (
            position,
            clock,
            turns,
            owned.domain,
            owned.partition,
            owned.epoch,
            owned.position,
            owned.turn,
        ),
    )
    if found.fetchone() is None:
        raise Fenced(owned)


def tried(database: PgDatabase, owned: Owned) -> int:
    """Count a try of the record that the partition stands at, durable before it is taken.

    Raises:
        Fenced: Another worker claimed the partition.
    """
    with database.transaction():
        database.execute("SET LOCAL synchronous_commit = on")
        row = database.execute(
            "UPDATE partitions SET stood_at = position,"
            " tries = CASE WHEN stood_at = position THEN tries + 1 ELSE 1 END"
            " WHERE domain = ? AND partition = ? AND epoch = ? RETURNING tries",
            (owned.domain, owned.partition, owned.epoch),
        ).fetchone()
    if row is None:
        raise Fenced(owned)
    return int(row[0])


def release(database: PgDatabase, owned: Owned) -> None:
    """Let go of a partition in good order: nothing that it stands at is under suspicion."""
    database.execute(
        "UPDATE partitions SET owner = NULL WHERE domain = ? AND partition = ? AND epoch = ?",
        (owned.domain, owned.partition, owned.epoch),
    )
