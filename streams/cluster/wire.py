"""Kafka's records and the log's entries: the same topics, keys, headers and bytes.

An entry's headers are a JSON object of text to text, in their order; Kafka's are a list of names
and bytes. Ours go back and forth without loss; a foreign record's are read as well as they can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
)


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
        moment_of(milliseconds),
        found.get("ce_id", ""),
    )


@lru_cache(maxsize=4096)
def moment_of(milliseconds: float) -> str:
    """When a record was appended, as Kafka counts it, in RFC 3339.

    Its producer may have said anything, and Kafka keeps it: what lies outside of the years 1 to
    9999 is the first or the last moment of these.

    Args:
        milliseconds: Since the epoch.
    """
    try:
        return rfc3339(_EPOCH + timedelta(milliseconds=round(milliseconds)))
    except OverflowError:
        return rfc3339(_FIRST if milliseconds < 0 else _LAST)


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
