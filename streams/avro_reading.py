"""Our own Avro data read by a function made once for each schema: what a replay costs most is here.

What was written under an event's schema of today needs no second look by pydantic: a field's type
is its Avro type (`schemas.avro`), so that whatever can be read is an event; words of a list that
the wire leaves open, such as channels, are looked up. A function knows the usual form alone.
Whatever else there may be, such as a list in blocks with their sizes, or a word that is none of its
list, ends it, and is left to fastavro and pydantic, which say what is wrong if something is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas.event import Event, Part
from streams.avro_sources import Schema, Source

Read = Callable[[bytes, int], tuple[Event, int]]
"""Gives the event at a place of some bytes, and the place behind it, maybe beyond their end."""

UNUSUAL = (ArithmeticError, LookupError, ValueError, struct.error)
"""What such a function ends in when it meets what it does not know."""

DOUBLE = struct.Struct("<d")
"""How Avro writes a double."""

BOOLEANS = {0: False, 1: True}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHIFTS = range(0, 64, 7)
_BEYOND = 2**64

_MOMENT_BYTES = 8
"""How long the number of a moment of our times is."""

_MOST_MOMENTS = 4096

_moments: dict[bytes, datetime] = {}
"""Moments by their bytes: what follows from one contact names the same ones again and again."""


def long_at(data: bytes, at: int) -> tuple[int, int]:
    """A whole number at a place, and the place behind it; raises one of `UNUSUAL`."""
    number = 0
    for shift in _SHIFTS:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80 and number < _BEYOND:
            return (number >> 1) ^ -(number & 1), at
    raise ValueError("more than 64 bits")


def count_at(data: bytes, at: int) -> tuple[int, int]:
    """A length at a place, and the place behind it; raises one of `UNUSUAL`."""
    count, at = long_at(data, at)
    if count < 0:
        raise ValueError("a size follows, or it is no count")
    return count, at


def _text(data: bytes, at: int) -> tuple[str, int]:
    size, at = count_at(data, at)
    return data[at : at + size].decode(), at + size


def _moment(data: bytes, at: int) -> tuple[datetime, int]:
    known = _moments.get(data[at : at + _MOMENT_BYTES])
    if known is not None:
        return known, at + _MOMENT_BYTES
    number, end = long_at(data, at)
    moment = _EPOCH + timedelta(microseconds=number)
    if end == at + _MOMENT_BYTES:
        if len(_moments) >= _MOST_MOMENTS:
            _moments.clear()
        _moments[data[at:end]] = moment
    return moment, end


_KNOWN = {
    "count_at": count_at,
    "double_at": DOUBLE.unpack_from,
    "long_at": long_at,
    "moment_at": _moment,
    "new": object.__new__,
    "text_at": _text,
    **{f"put{slot}": vars(BaseModel)[slot].__set__ for slot in BaseModel.__slots__},
}


def reader_of(kind: type[Event], schema: Mapping[str, Any]) -> Read:
    """What reads the events of a type.

    Args:
        kind: The type.
        schema: The one that `schemas.avro` makes of it; what is read was written under the same.

    Raises:
        TypeError: It has a type that no event has.
    """
    source = Source(_KNOWN)
    _, record = source.typed(schema)
    return source.made(_record(source, record, parts_of(kind)))


def parts_of(kind: type[Part]) -> dict[str, type[Part]]:
    """A model and those that its fields hold, by the names that their schemas have."""
    found = {kind.__name__: kind}
    waiting: list[Any] = [field.annotation for field in kind.model_fields.values()]
    for annotation in waiting:
        waiting += get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, Part):
            found |= parts_of(annotation)
    return found


def _record(source: Source, schema: Schema, parts: dict[str, type[Part]]) -> str:
    """The name of a function that reads a record, and makes it as `model_construct` does."""
    names = [one["name"] for one in schema["fields"]]
    body = [
        line
        for place, one in enumerate(schema["fields"])
        for line in _lines(source, one["type"], f"value_{place}", parts)
    ]
    kind = parts[schema["name"]]
    body += [
        line
        for place, one in enumerate(schema["fields"])
        for line in _checked(source, kind.model_fields[one["name"]], one["type"], f"value_{place}")
    ]
    values = ", ".join(f"{name!r}: value_{place}" for place, name in enumerate(names))
    model = source.knows(kind)
    body += (
        f"model = new({model})",
        f"put__dict__(model, {{{values}}})",
        f"put__pydantic_fields_set__(model, {source.knows(set(names))})",
        "put__pydantic_extra__(model, None)",
        "put__pydantic_private__(model, None)",
        "return model, at",
    )
    return source.function("data, at", body)


def _checked(source: Source, field: FieldInfo, schema: Schema, value: str) -> Iterator[str]:
    """The line that turns away a word that is none of a closed list which the wire leaves open."""
    words = words_of(field.annotation)
    kinds = schema if isinstance(schema, list) else [schema]
    if words and "string" in kinds:
        yield f"if {value} not in {source.knows(words)}: raise ValueError('none of its list')"


def words_of(annotation: Any) -> frozenset[object]:
    """The words that a field may have, None among them where it may be absent; none for any."""
    if get_origin(annotation) is Literal:
        return frozenset(get_args(annotation))
    parts = [words_of(one) for one in get_args(annotation)]
    found = frozenset[object]().union(*parts)
    return found | {None} if found and type(None) in get_args(annotation) else found


def _lines(
    source: Source, schema: Schema, into: str, parts: dict[str, type[Part]]
) -> Iterator[str]:
    """The lines that read a value into a variable."""
    if isinstance(schema, list):
        _null, kind = schema
        yield f"{into}, branch, at = None, data[at], at + 1"
        yield "if branch == 2:"
        yield from _within(_lines(source, kind, into, parts))
        yield "elif branch: raise ValueError('neither branch')"
        return
    kind, schema = source.typed(schema)
    match kind:
        case "string":
            yield "size = data[at]"
            yield "if size & 0x81:"  # more than one byte, or below nothing
            yield f" {into}, at = text_at(data, at)"
            yield "else:"
            yield " end = at + 1 + (size >> 1)"
            yield f" {into}, at = data[at + 1 : end].decode(), end"
        case "long":
            yield f"{into} = data[at]"
            yield f"if {into} & 0x80:"  # more than one byte
            yield f" {into}, at = long_at(data, at)"
            yield "else:"
            yield f" {into}, at = ({into} >> 1) ^ -({into} & 1), at + 1"
        case "timestamp-micros":
            yield f"{into}, at = moment_at(data, at)"
        case "double":
            yield f"({into},), at = double_at(data, at), at + 8"
        case "boolean":
            yield f"{into}, at = {source.knows(BOOLEANS)}[data[at]], at + 1"
        case "enum":
            words = {2 * place: word for place, word in enumerate(schema["symbols"][:64])}
            yield f"{into}, at = {source.knows(words)}[data[at]], at + 1"
        case "record":
            yield f"{into}, at = {_record(source, schema, parts)}(data, at)"
        case "array":
            yield f"{into} = []"
            one = [*_lines(source, schema["items"], f"{into}_one", parts)]
            yield from _blocks(into, [*one, f"{into}.append({into}_one)"])
        case "map":
            yield f"{into} = {{}}"
            key = _lines(source, "string", f"{into}_key", parts)
            one = [*key, *_lines(source, schema["values"], f"{into}_one", parts)]
            yield from _blocks(into, [*one, f"{into}[{into}_key] = {into}_one"])
        case _:
            raise TypeError(f"{kind}: no event has fields of this Avro type")


def _blocks(into: str, one: list[str]) -> Iterator[str]:
    """The lines that read one value after the other, until a block has none."""
    yield f"{into}_count, at = data[at], at + 1"
    yield f"while {into}_count:"
    yield f" {into}_count, at = count_at(data, at - 1)"
    yield f" for _ in range({into}_count):"
    yield from _within(_within(one))
    yield f" {into}_count, at = data[at], at + 1"


def _within(lines: Iterator[str] | list[str]) -> Iterator[str]:
    return (f" {line}" for line in lines)
