"""The wire: events to Avro single-object bytes and back, envelopes to CloudEvents headers.

Framing is Avro's single-object encoding: C3 01, the schema's 64-bit Rabin fingerprint
(CRC-64-AVRO, little endian), then the datum. The fingerprint names the writer's schema among the
committed ones in `schemas/avro`, so bytes of every past release decode without a registry.
Headers follow the CloudEvents Kafka binding in binary mode.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources
from typing import Any
from urllib.parse import quote, unquote

import fastavro
import msgspec
from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

from schemas.avro import schema_of
from schemas.event import Event
from schemas.events import EVENTS
from schemas.record import Record, Source
from streams.avro_reading import UNUSUAL, Read, reader_of
from streams.avro_sources import Schema
from streams.avro_writing import Write, writer_of
from streams.errors import Unreadable

MARKER = b"\xc3\x01"
CONTENT_TYPE = "application/avro"
_SOURCE = "/pactdesk/"
_AVSC = "avro"

_headers_in = msgspec.json.Decoder(dict[str, str])
_headers_out = msgspec.json.Encoder()

Parsed = Any  # a schema as fastavro holds it


@cache
def _current(kind: type[Event]) -> tuple[bytes, Schema]:
    """The frame prefix of an event type, and its schema."""
    schema = schema_of(kind)
    return MARKER + bytes.fromhex(fingerprint_of(schema)), schema


def fingerprint_of(schema: Mapping[str, Any]) -> str:
    """The CRC-64-AVRO fingerprint of a schema's canonical form, as 16 hexadecimal digits."""
    canonical = to_parsing_canonical_form(dict(schema))
    return str(fingerprint(canonical, "CRC-64-AVRO"))


@cache
def known_schemas() -> dict[str, str]:
    """File names of the committed schemas, past and present, by fingerprint."""
    index = resources.files("schemas").joinpath(_AVSC, "fingerprints.json").read_bytes()
    return msgspec.json.decode(index, type=dict[str, str])


@cache
def _written_by(prefix: bytes) -> tuple[type[Event], Schema, Read | None]:
    """The event type, the writer's schema, and what reads it at once, behind a frame prefix."""
    name = known_schemas().get(prefix[2:].hex())
    if name is None:
        raise Unreadable(
            f"the schema with fingerprint {prefix[2:].hex()} is not known here",
            "publish it under schemas/avro, or upgrade pactdesk to the release that wrote it",
        )
    written = msgspec.json.decode(resources.files("schemas").joinpath(_AVSC, name).read_bytes())
    kind = EVENTS[str(written["name"])]
    current, schema = _current(kind)
    return kind, written, reader_of(kind, schema) if current == prefix else None


@cache
def _parsed(prefix: bytes) -> tuple[type[Event], Parsed, Parsed]:
    """The event type, the writer's schema and the reader's for fastavro, behind a frame prefix."""
    kind, written, read = _written_by(prefix)
    return kind, parse_schema(written), None if read else parse_schema(schema_of(kind))


def encode(event: Event) -> bytes:
    """The framed bytes of an event."""
    prefix, write = _written(type(event))
    return prefix + write(event)


@cache
def _written(kind: type[Event]) -> tuple[bytes, Write]:
    """The frame prefix of an event type, and what writes the rest."""
    prefix, schema = _current(kind)
    return prefix, writer_of(schema)


def decode(value: bytes) -> Event:
    """The event in some framed bytes.

    Raises:
        Unreadable: Not our framing, an unknown schema, or bytes that do not fit their schema.
    """
    if value[:2] != MARKER or len(value) < 10:
        raise Unreadable(
            "the value is not an Avro single object (it does not begin with C3 01)",
            "write one of the published schemas, or JSON with content-type application/json",
        )
    prefix = bytes(value[:10])
    _kind, _schema, read = _written_by(prefix)
    if read is None:
        return _resolved(prefix, value)
    try:
        event, end = read(value, 10)
    except UNUSUAL:
        return _resolved(prefix, value)
    return event if end == len(value) else _resolved(prefix, value)


def kind_of(value: bytes) -> type[Event] | None:
    """The event type that some framed bytes name; None where they cannot be read."""
    return _kind_behind(bytes(value[:10]))


@lru_cache(maxsize=4096)
def _kind_behind(prefix: bytes) -> type[Event] | None:
    try:
        return _written_by(prefix)[0] if prefix[:2] == MARKER else None
    except Unreadable:
        return None


def schema_behind(value: bytes) -> Schema:
    """The schema that some framed bytes were written with; raises `Unreadable` for an unknown."""
    return _written_by(bytes(value[:10]))[1]


def prefix_of(kind: type[Event]) -> bytes:
    """What the framed bytes of an event type begin with today."""
    return _current(kind)[0]


def _resolved(prefix: bytes, value: bytes) -> Event:
    """The event in what is not written as we write it today: another's, a past release's, wrong."""
    kind, writer, reader = _parsed(prefix)
    body = io.BytesIO(value)
    body.seek(10)
    try:
        event = kind.model_validate(fastavro.schemaless_reader(body, writer, reader))
    except Exception as error:  # a codec raises whatever its parser met: all of it is unreadable
        raise Unreadable(
            f"the bytes do not fit the schema {kind.__name__}: {type(error).__name__}: {error}",
            "re-drive the dead letter after the producer is mended",
        ) from error
    if body.tell() != len(value):
        raise Unreadable(
            f"{len(value) - body.tell()} bytes follow the {kind.__name__}",
            "send one event a record",
        )
    return event


@lru_cache(maxsize=4096)
def _source_of(author: str) -> str:
    """The author as CloudEvents wants a source: a URI reference."""
    return _SOURCE + quote(author)


@lru_cache(maxsize=4096)
def author_of(source: str) -> str:
    """The author that a record's `ce_source` names."""
    return unquote(source.removeprefix(_SOURCE), errors="strict")


def headers(record: Record) -> bytes:
    """The headers of a record, as a JSON object of text to text.

    Names and values are those of the CloudEvents Kafka binding in binary mode: attributes under
    `ce_`, the time in RFC 3339, the source a URI reference, the content type under its own name.
    """
    fields = {
        "ce_specversion": "1.0",
        "ce_id": record.id,
        "ce_type": record.type,
        "ce_source": _source_of(record.by),
        "ce_time": record.at.isoformat(),
        "ce_subject": record.key,
        "ce_correlationid": record.correlation,
        "content-type": CONTENT_TYPE,
    }
    if record.cause is not None:
        fields["ce_causationid"] = record.cause
    if record.sequence is not None:
        fields["ce_sequence"] = str(record.sequence)
    if record.previous is not None:
        fields["ce_previous"] = str(record.previous)
    if record.source is not None:
        fields["ce_sourcetopic"] = record.source.topic
        fields["ce_sourcepartition"] = str(record.source.partition)
        fields["ce_sourceoffset"] = str(record.source.offset)
        fields["ce_index"] = str(record.source.index)
        fields["ce_count"] = str(record.source.count)
    if record.trace is not None:
        fields["traceparent"] = record.trace
    return _headers_out.encode(fields)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"ce_time {text} has no offset")
    return at


def header_time(raw: bytes | str) -> str | None:
    """The `ce_time` of some headers as it stands there; None when there is none."""
    try:
        return _headers_in.decode(raw).get("ce_time")
    except ValueError:
        return None


def record(
    raw: bytes | str, value: bytes, *, partition: int | None = None, offset: int | None = None
) -> Record:
    """The record in some headers and framed bytes.

    Raises:
        Unreadable: The headers or the value are not ours; see `decode`.
    """
    try:
        fields = _headers_in.decode(raw)
    except ValueError as error:
        raise _no_headers(error) from error
    return record_of(fields, value, partition=partition, offset=offset)


def record_of(
    fields: Mapping[str, str],
    value: bytes,
    *,
    partition: int | None = None,
    offset: int | None = None,
) -> Record:
    """The record in some headers by name and framed bytes.

    Raises:
        Unreadable: The headers or the value are not ours; see `decode`.
    """
    event = decode(value)
    try:
        topic = fields.get("ce_sourcetopic")
        source = (
            None
            if topic is None
            else Source(
                topic,
                int(fields["ce_sourcepartition"]),
                int(fields["ce_sourceoffset"]),
                int(fields["ce_index"]),
                int(fields["ce_count"]),
            )
        )
        sequence = fields.get("ce_sequence")
        previous = fields.get("ce_previous")
        return Record(
            id=fields["ce_id"],
            key=fields["ce_subject"],
            at=_moment(fields["ce_time"]),
            by=author_of(fields["ce_source"]),
            event=event,
            cause=fields.get("ce_causationid"),
            correlation=fields["ce_correlationid"],
            sequence=None if sequence is None else int(sequence),
            previous=None if previous is None else int(previous),
            source=source,
            trace=fields.get("traceparent"),
            partition=partition,
            offset=offset,
        )
    except (KeyError, ValueError) as error:
        raise _no_headers(error) from error


def _no_headers(error: Exception) -> Unreadable:
    return Unreadable(
        f"the headers are not a record's: {type(error).__name__}: {error}",
        "send the CloudEvents headers of the contract, or plain JSON without them",
    )
