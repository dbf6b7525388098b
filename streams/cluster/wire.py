"""Kafka's records and the log's entries: the same topics, keys, headers and bytes.

An entry's headers are a JSON object of text to text, in their order; Kafka's are a list of names
and bytes. Ours go back and forth without loss; a foreign record's are read as well as they can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from schemas.record import Record, partition_of
from schemas.topics import DEAD_LETTERS
from schemas.vocabulary import rfc3339
from streams import codec
from streams.deadletters import DeadLetter
from streams.deadletters import headers_of as letter_headers
from streams.entry import Entry

Headers = list[tuple[str, bytes]]

_decoder = msgspec.json.Decoder(dict[str, str])


def headers_of(text: str) -> Headers:
    """An entry's headers as Kafka takes them."""
    return [(name, value.encode()) for name, value in _decoder.decode(text).items()]


def entry_of(
    place: tuple[str, int, int],
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[Sequence[str | bytes]] | None,
    milliseconds: float,
) -> Entry:
    """The entry that a record of Kafka is.

    Args:
        place: Its topic, partition and offset.
        key: Its key's bytes.
        value: Its value's bytes; a record without a value has empty ones here.
        headers: Its headers, as the client gives them.
        milliseconds: When it was appended, since the epoch.
    """
    found = _fields(headers)
    return Entry(
        0,
        *place,
        None if key is None else key.decode("utf-8", "replace"),
        msgspec.json.encode(found).decode(),
        value or b"",
        rfc3339(datetime.fromtimestamp(milliseconds / 1000.0, UTC)),
        found.get("ce_id", ""),
    )


def _fields(headers: Iterable[Sequence[str | bytes]] | None) -> dict[str, str]:
    """Kafka's headers by name; of a name that comes twice, the last counts."""
    found: dict[str, str] = {}
    for name, value in headers or ():
        text = header_text(value) if isinstance(value, bytes) else str(value or "")
        found[str(name)] = text
    return found


def header_text(value: bytes) -> str:
    """A header's bytes as text: UTF-8, or a character a byte, so that none is lost."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


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


def size_of(record: Outgoing) -> int:
    """The bytes of a record on the wire, about: key, headers and value."""
    return len(record.key or "") + len(record.headers) + len(record.value)


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


def letter(of: DeadLetter) -> Outgoing:
    """A dead letter as it is sent."""
    return Outgoing(
        DEAD_LETTERS.name,
        partition_of(of.key or of.id),
        of.key,
        letter_headers(of),
        of.value,
        of.id,
    )
