"""The outbox: what was decided, kept with the decision until it is known to be in the log.

A row holds the outputs of one turn as they will be sent, so that whoever sends them, and however
often, sends the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from streams.cluster.ownership import Owned
from streams.cluster.postgres import PgDatabase
from streams.cluster.wire import Outgoing

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Outgoing])


class Batch(NamedTuple):
    """The outputs of one turn.

    Attributes:
        domain: Whose turn it was.
        partition: On which inbox partition.
        turn: Its number on that partition, from 1.
        records: What was said, in order.
    """

    domain: str
    partition: int
    turn: int
    records: Sequence[Outgoing]


def packed(records: Sequence[Outgoing]) -> bytes:
    """Records as a row holds them."""
    return _encoder.encode(records)


def put(database: PgDatabase, owned: Owned, records: Sequence[Outgoing]) -> Batch:
    """Keep what a turn said; in the turn's transaction, after its partition was moved on."""
    batch = Batch(owned.domain, owned.partition, owned.turn + 1, records)
    database.execute(
        "INSERT INTO outbox (domain, partition, turn, records) VALUES (?, ?, ?, ?)",
        (*batch[:3], packed(records)),
    )
    return batch


def waiting(database: PgDatabase, domain: str, partition: int) -> list[Batch]:
    """What a partition's turns said that is not known to be in the log, in order."""
    rows = database.execute(
        "SELECT turn, records FROM outbox WHERE domain = ? AND partition = ? ORDER BY turn",
        (domain, partition),
    )
    return [Batch(domain, partition, int(n), _decoder.decode(bytes(r))) for n, r in rows]


def sent(database: PgDatabase, batches: Sequence[Batch]) -> bool:
    """The log has these batches, and all before them: their rows go; whether there were any."""
    last: dict[tuple[str, int], int] = {}
    for batch in batches:
        last[batch.domain, batch.partition] = batch.turn
    gone = database.execute(
        "DELETE FROM outbox o USING unnest(?::text[], ?::int[], ?::bigint[]) AS s(d, p, t)"
        " WHERE o.domain = s.d AND o.partition = s.p AND o.turn <= s.t",
        ([d for d, _ in last], [p for _, p in last], list(last.values())),
    )
    return gone.rowcount > 0


def make_durable(database: PgDatabase) -> None:
    """Bring every commit that came before this to the database's disk.

    The commits of turns do not wait for the disk. A commit that does brings all that lie before it
    in the write-ahead log there as well, and this is the smallest such commit.

    Args:
        database: A connection whose own commits wait for the disk.
    """
    database.execute("SELECT pg_logical_emit_message(true, 'pactdesk', '')")
