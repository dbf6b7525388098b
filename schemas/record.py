"""The record: an event with its envelope, and how ids derive from causes.

No id is left to chance. A contact's id derives from the channel and the provider's message id, so
that a provider's retry is the same record; an output's id from its cause, the agent and an
ordinal, so that a turn that is taken again says the very same. All that follows from one outside
record shares the beginning of its id: such ids lie together in an index, which makes a turn touch
few of its pages, and people see what belongs together.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

import msgspec

from schemas.event import Event
from schemas.topics import PARTITIONS

_MASK = 0xFFFFFFFF


class Source(msgspec.Struct, frozen=True):
    """Where an output comes from: the inbox record of its turn, and its place in the turn.

    Attributes:
        topic: The inbox topic.
        partition: The inbox partition.
        offset: The inbox record's offset.
        index: Place of this output in the turn, from 0.
        count: How many outputs the turn has.
    """

    topic: str
    partition: int
    offset: int
    index: int
    count: int


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log.

    Attributes:
        id: Unique and derived; one id has one content.
        key: The partition key: the line.
        at: When it happened; for outputs the turn's clock reading.
        by: The author: an agent's name, a person, a producer.
        event: What happened.
        cause: Id of the record that this one answers; None from outside.
        correlation: Id of the outside record at the root of the chain.
        sequence: The line's number of this output; None from outside.
        previous: The line's last number on the same topic; None on the first.
        source: Where an output comes from; None from outside.
        trace: W3C traceparent, carried through.
        partition: Where the record lies, once it is in the log.
        offset: Where the record lies, once it is in the log.
    """

    id: str
    key: str
    at: datetime
    by: str
    event: Event
    correlation: str
    cause: str | None = None
    sequence: int | None = None
    previous: int | None = None
    source: Source | None = None
    trace: str | None = None
    partition: int | None = None
    offset: int | None = None

    @property
    def type(self) -> str:
        """The event's name."""
        return type(self.event).__name__

    @property
    def topic(self) -> str:
        """The topic that the event travels on."""
        return self.event.TOPIC


def derived_id(*parts: str) -> str:
    """A stable 128-bit id of its parts, as 32 hexadecimal digits."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def answer_id(correlation: str, *parts: str) -> str:
    """A stable id in the family of the outside record at the root of the chain.

    Args:
        correlation: Id of that record; its first eight characters are the family's.
        parts: What the id derives from.
    """
    digest = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=12)
    return correlation[:8] + digest.hexdigest()


def contact_id(channel: str, provider_id: str) -> str:
    """The id of a contact: the same message delivered again is the same record."""
    return derived_id("contact", channel, provider_id)


def ticket_id(contact: str) -> str:
    """The id of the ticket that a contact, or a split of one, opens."""
    return "TICK_" + derived_id("ticket", contact)[:16].upper()


def follow(cause: Record, by: str, ordinal: int, event: Event, at: datetime, key: str) -> Record:
    """The record of what `by` says in answer to `cause`.

    Args:
        cause: The record that is answered.
        by: The agent that speaks.
        ordinal: Which of the agent's answers to this cause it is, from 0.
        event: What it says.
        at: The turn's clock reading.
        key: The partition key of the topic that the event goes to.
    """
    return Record(
        id=answer_id(cause.correlation, cause.id, by, str(ordinal)),
        key=key,
        at=at,
        by=by,
        event=event,
        cause=cause.id,
        correlation=cause.correlation,
        trace=cause.trace,
    )


@lru_cache(maxsize=65536)
def partition_of(key: str, partitions: int = PARTITIONS) -> int:
    """The partition of a key: murmur2 over its UTF-8 bytes, as Kafka's own clients do it.

    Source: `org.apache.kafka.common.utils.Utils.murmur2` (32-bit, seed 0x9747b28c), made
    positive by dropping the sign bit.
    """
    return (murmur2(key.encode("utf-8", "surrogatepass")) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 hash of some bytes, as an unsigned number."""
    length = len(data)
    m = 0x5BD1E995
    h = (0x9747B28C ^ length) & _MASK
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little")
        k = (k * m) & _MASK
        k ^= k >> 24
        k = (k * m) & _MASK
        h = ((h * m) & _MASK) ^ k
    rest = data[whole:]
    if rest:
        h ^= int.from_bytes(rest, "little")
        h = (h * m) & _MASK
    h ^= h >> 13
    h = (h * m) & _MASK
    return h ^ (h >> 15)
