"""Avro data written by a function made once for each schema: what each record costs most is here.

A general Avro writer asks the schema again at every field of every record: which branch of a union
is meant, whether the value fits. Here that is settled when the writer is made, and the values are
an event's, which pydantic has validated. The bytes are the ones of the Avro specification (1.12,
"Binary Encoding"); tests hold them against those of the official package.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from streams.zigzag import zigzag

Write = Callable[[Any], bytes]
"""Gives the bytes of a value; of which type differs by schema."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = _ABSENT = _FALSE = b"\x00"  # no more items; the first branch of a union; not true
_PRESENT = b"\x02"  # the second branch
_TRUE = b"\x01"


def _string(value: str) -> bytes:
    raw = value.encode()
    return zigzag(len(raw)) + raw


def _boolean(value: bool) -> bytes:  # noqa: FBT001  # it is called by position, as all of them
    return _TRUE if value else _FALSE


def _moment(value: datetime) -> bytes:
    since = value - _EPOCH
    return zigzag((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds)


_PLAIN: dict[str, Write] = {
    "boolean": _boolean,
    "double": struct.Struct("<d").pack,
    "long": zigzag,
    "string": _string,
}


def writer_of(schema: Mapping[str, Any]) -> Write:
    """What writes a value of a schema.

    Args:
        schema: One that `schemas.avro` makes; its records are models.

    Raises:
        TypeError: It has a type that no event has.
    """
    return _writer(schema, dict(_PLAIN))


def _writer(schema: Any, named: dict[str, Write]) -> Write:  # Any: a schema is JSON of any shape
    if isinstance(schema, str):
        return named[schema]
    if isinstance(schema, list):
        _null, kind = schema
        return _optional(_writer(kind, named))
    match schema["type"]:
        case "record":
            fields = [(one["name"], _writer(one["type"], named)) for one in schema["fields"]]
            return named.setdefault(_name(schema), _record(fields))
        case "enum":
            symbols = {one: zigzag(place) for place, one in enumerate(schema["symbols"])}
            return named.setdefault(_name(schema), symbols.__getitem__)
        case "array":
            return _array(_writer(schema["items"], named))
        case "map":
            return _map(_writer(schema["values"], named))
        case "long" if schema["logicalType"] == "timestamp-micros":
            return _moment
        case other:
            raise TypeError(f"{other}: no event has fields of this Avro type")


def _name(schema: Mapping[str, Any]) -> str:
    return f"{schema['namespace']}.{schema['name']}"


def _record(fields: Sequence[tuple[str, Write]]) -> Write:
    def write(value: Any) -> bytes:  # Any: a model
        values = value.__dict__
        return b"".join([write_one(values[name]) for name, write_one in fields])

    return write


def _optional(write_one: Write) -> Write:
    def write(value: Any) -> bytes:  # Any: what the branch holds
        return _ABSENT if value is None else _PRESENT + write_one(value)

    return write


def _array(write_one: Write) -> Write:
    def write(values: Sequence[Any]) -> bytes:  # Any: what the array holds
        if not values:
            return _END
        return b"".join((zigzag(len(values)), *map(write_one, values), _END))

    return write


def _map(write_one: Write) -> Write:
    def write(values: Mapping[str, Any]) -> bytes:  # Any: what the map holds
        if not values:
            return _END
        pairs = [_string(key) + write_one(value) for key, value in values.items()]
        return b"".join((zigzag(len(values)), *pairs, _END))

    return write
