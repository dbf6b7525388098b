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
from functools import lru_cache
from typing import Any

from streams.avro_sources import Schema, Source
from streams.zigzag import zigzag

Write = Callable[[Any], bytes]
"""Gives the bytes of a value; of which type differs by schema."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = _ABSENT = b"\x00"  # no more items; the first branch of a union
_PRESENT = b"\x02"  # the second branch
_LENGTHS = [zigzag(length) for length in range(1024)]  # most texts have no other


def _text(raw: bytes) -> bytes:
    return zigzag(len(raw)) + raw


@lru_cache(maxsize=1024)  # what is said in one turn names few moments
def _moment(value: datetime) -> bytes:
    since = value - _EPOCH
    return zigzag((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds)


def _array(values: Sequence[Any], write_one: Write) -> bytes:  # Any: what the array holds
    return b"".join((zigzag(len(values)), *map(write_one, values), _END))


def _map(values: Mapping[str, Any], write_one: Write) -> bytes:  # Any: what the map holds
    pairs = [_text(key.encode()) + write_one(value) for key, value in values.items()]
    return b"".join((zigzag(len(values)), *pairs, _END))


_KNOWN = {
    "ABSENT": _ABSENT,
    "END": _END,
    "FEW": len(_LENGTHS),
    "PRESENT": _PRESENT,
    "array": _array,
    "double": struct.Struct("<d").pack,
    "join": b"".join,
    "lengths": _LENGTHS,
    "map_of": _map,
    "moment": _moment,
    "present_lengths": [_PRESENT + length for length in _LENGTHS],
    "text": _text,
    "zigzag": zigzag,
}

_BOOLEANS = {False: b"\x00", True: b"\x01"}


def writer_of(schema: Mapping[str, Any]) -> Write:
    """What writes a value of a schema.

    Args:
        schema: One that `schemas.avro` makes; its records are models.

    Raises:
        TypeError: It has a type that no event has.
    """
    source = Source(_KNOWN)
    _, record = source.typed(schema)
    return source.made(_record(source, record))


def _record(source: Source, schema: Schema) -> str:
    """The name of a function that writes a record."""
    fields = [_term(source, one["type"], f"values[{one['name']!r}]") for one in schema["fields"]]
    return source.function(
        "value", ["values = value.__dict__", f"return join(({', '.join(fields)},))"]
    )


def _term(source: Source, schema: Schema, value: str) -> str:
    """The term in a function's text for the bytes of a value.

    Args:
        source: Where the function will be.
        schema: The value's.
        value: The term for the value; it is worked out once.
    """
    if isinstance(schema, list):
        _null, kind = schema
        return _optional(source, kind, value)
    kind, schema = source.typed(schema)
    match kind:
        case "string":
            return f"(lengths[size] + raw if {_is_short(value)} else text(raw))"
        case "long":
            return f"zigzag({value})"
        case "timestamp-micros":
            return f"moment({value})"
        case "double":
            return f"double({value})"
        case "boolean" | "enum":
            return f"{source.knows(_words(kind, schema))}[{value}]"
        case "record":
            return f"{_record(source, schema)}({value})"
        case "array":
            return f"(array(many, {_one(source, schema['items'])}) if (many := {value}) else END)"
        case "map":
            return f"(map_of(many, {_one(source, schema['values'])}) if (many := {value}) else END)"
        case _:
            raise TypeError(f"{kind}: no event has fields of this Avro type")


def _optional(source: Source, schema: Schema, value: str) -> str:
    """The same for a value that may be None."""
    kind, schema = source.typed(schema)
    if kind in {"boolean", "enum"}:
        words = {word: _PRESENT + raw for word, raw in _words(kind, schema).items()}
        return f"{source.knows({None: _ABSENT, **words})}[{value}]"
    if kind == "string":
        present = f"present_lengths[size] + raw if {_is_short('one')} else PRESENT + text(raw)"
    else:
        present = f"PRESENT + {_term(source, schema, 'one')}"
    return f"(ABSENT if (one := {value}) is None else {present})"


def _is_short(value: str) -> str:
    return f"(size := len(raw := {value}.encode())) < FEW"


def _one(source: Source, schema: Schema) -> str:
    """The name of a function that writes one of many values."""
    kind, record = source.typed(schema)
    if kind == "record":
        return _record(source, record)
    return source.function("value", [f"return {_term(source, schema, 'value')}"])


def _words(kind: str, schema: Schema) -> dict[Any, bytes]:  # Any: a text or a truth
    if kind == "boolean":
        return _BOOLEANS
    return {word: zigzag(place) for place, word in enumerate(schema["symbols"])}
