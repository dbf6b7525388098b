"""Kafka's records and the log's entries: the same topics, keys, headers and bytes.

An entry's headers are a JSON object of text to text, in their order; Kafka's are a list of names
and bytes. Ours go back and forth without loss; a foreign record's are read as well as they can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from schemas.record import Record, partition_of
from schemas.vocabulary import rfc3339
from streams import codec
from streams.entry import Entry

Headers = list[tuple[str, bytes]]

_decoder = msgspec.json.Decoder(dict[str, str])


class KafkaRecord(Protocol):
    """What the clients' records have in common: kafka-python's, aiokafka's, Faust's message."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def timestamp(self) -> float: ...


def headers_of(text: str) -> Headers:
    """An entry's headers as Kafka takes them."""
    return [(name, value.encode()) for name, value in _decoder.decode(text).items()]


def text_of(headers: Iterable[Sequence[str | bytes]] | None) -> str:
    """Kafka's headers as an entry holds them; of a name that comes twice, the last counts."""
    found: dict[str, str] = {}
    for name, value in headers or ():
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
        found[str(name)] = text
    return msgspec.json.encode(found).decode()


def entry_of(
    record: KafkaRecord, headers: Iterable[Sequence[str | bytes]] | None, milliseconds: float
) -> Entry:
    """The entry that a record of Kafka is.

    Args:
        record: From any client.
        headers: Its headers, which Faust and the others name differently.
        milliseconds: When it was appended, since the epoch.
    """
    found = dict(_decoder.decode(text := text_of(headers)))
    return Entry(
        0,
        record.topic,
        record.partition,
        record.offset,
        None if record.key is None else record.key.decode("utf-8", "replace"),
        text,
        record.value or b"",
        rfc3339(datetime.fromtimestamp(milliseconds / 1000.0, UTC)),
        found.get("ce_id", ""),
    )


class Outgoing(msgspec.Struct, frozen=True, array_like=True):
    """A record on its way to Kafka, as bytes.

    Attributes:
        topic: Where to.
        partition: Where to.
        key: Its partition key; None has none.
        headers: As an entry holds them.
        value: Framed bytes.
        id: The record's id.
    """

    topic: str
    partition: int
    key: str | None
    headers: str
    value: bytes
    id: str


def outgoing(record: Record) -> Outgoing:
    """A record as it is sent."""
    return Outgoing(
        record.topic,
        partition_of(record.key),
        record.key,
        codec.headers(record).decode(),
        codec.encode(record.event),
        record.id,
    )
