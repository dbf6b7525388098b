"""Seals: the running hash of a partition, and what a record counts for in it.

The form is part of the contract (ADR 46): whoever has a record's key, headers and bytes can hash
them with nothing but SHA-256. Where a log lies, when a record was appended and in which order over
all topics is no part of it, so that both engines, and a copy of a log, have the same hashes.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256
from struct import Struct

import msgspec

from schemas.events.control import PartitionSealed
from schemas.record import Record, derived_id
from schemas.topics import CONTROL
from streams.entry import Entry, Place
from streams.errors import Unreadable

MARK = 8
"""Bytes of a record's hash that a seal keeps, so that a record which changed can be named."""

NOTHING = bytes(MARK)
"""The mark of an offset without a record."""

_LENGTHS = Struct(">iI").pack
_OFFSET = Struct(">Q").pack

_BEGINNING = "pactdesk seal 1"

_OF_A_SEAL = f'"ce_type":"{PartitionSealed.__name__}"'


def content(key: str | None, headers: str, value: bytes) -> bytes:
    """The hash of a record: its key, its headers as they are stored, and the hash of its value."""
    name = b"" if key is None else key.encode("utf-8", "surrogatepass")
    text = headers.encode("utf-8", "surrogatepass")
    lengths = _LENGTHS(-1 if key is None else len(name), len(text))
    return sha256(lengths + name + text + sha256(value).digest()).digest()


def content_of(entry: Entry) -> bytes:
    """The hash of an entry, whatever somebody has written into its columns by hand."""
    try:
        return content(entry.key, entry.headers, entry.value)
    except (TypeError, AttributeError):  # SQLite keeps in a column whatever it is given
        key = None if entry.key is None else str(entry.key)
        return content(key, str(entry.headers), repr(entry.value).encode())


def beginning(place: Place) -> bytes:
    """The running hash of a partition before its first record."""
    return sha256(f"{_BEGINNING}\n{named(place)}".encode()).digest()


def onwards(digest: bytes, offset: int, record: bytes) -> bytes:
    """The running hash behind a record.

    Args:
        digest: The one before it.
        offset: Where it lies.
        record: Its `content`.
    """
    return sha256(digest + _OFFSET(offset) + record).digest()


def named(place: Place) -> str:
    """A partition as people write it, and the key of its seals."""
    return f"{place[0]}/{place[1]}"


class Seal(msgspec.Struct, frozen=True):
    """A seal as it was read from the log.

    Attributes:
        place: The partition that it seals.
        start: Up to where that was sealed before.
        offset: Up to where this one seals it, exclusively.
        digest: The running hash there.
        marks: The first bytes of each record's hash from `start` on, `MARK` for each offset.
        where: Where the seal itself lies, as topic, partition and offset.
        clock: The latest time of a sealed record, in seconds since the epoch.
    """

    place: Place
    start: int
    offset: int
    digest: bytes
    marks: bytes
    where: str
    clock: float


def is_seal(entry: Entry) -> bool:
    """Whether an entry is a seal, by its headers."""
    return entry.topic == CONTROL.name and _OF_A_SEAL in entry.headers


def seals_itself(entry: Entry) -> bool:
    """Whether an entry is a seal of control, where the seals themselves lie."""
    return is_seal(entry) and str(entry.key).startswith(CONTROL.name + "/")


def seal_in(entry: Entry) -> Seal:
    """The seal in an entry.

    Raises:
        Unreadable: There is none.
    """
    record = entry.record()
    event = record.event
    where = f"{entry.topic}/{entry.partition}/{entry.offset}"
    if not isinstance(event, PartitionSealed):
        raise Unreadable(f"{where} is no seal", "restore it from a copy of the log")
    try:
        digest, marks = bytes.fromhex(event.digest), b64decode(event.marks, validate=True)
    except ValueError as error:
        raise Unreadable(
            f"{where} is a seal whose hashes are not well formed ({error})",
            "restore it from a copy of the log",
        ) from error
    place = (event.topic, event.partition)
    return Seal(place, event.start, event.offset, digest, marks, where, record.at.timestamp())


def sealing_record(
    place: Place, start: int, offset: int, digest: bytes, marks: bytes, clock: float
) -> Record:
    """The record of a seal: the same one, whoever makes it, whenever.

    Args:
        place: The partition.
        start: Up to where it was sealed before.
        offset: Up to where it is sealed now, exclusively.
        digest: The running hash there.
        marks: Of the records from `start` on.
        clock: The latest time of a record in it; it is the seal's, so that no other clock counts.
    """
    event = PartitionSealed(
        topic=place[0],
        partition=place[1],
        offset=offset,
        digest=digest.hex(),
        start=start,
        marks=b64encode(marks).decode(),
    )
    number = derived_id("seal", named(place), str(start), str(offset), event.digest)
    return Record(
        id=number,
        key=named(place),
        at=datetime.fromtimestamp(clock, UTC),
        by="sealer",
        event=event,
        correlation=number,
    )
