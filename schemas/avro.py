"""From an event's model to its Avro schema, and which fields are personal. No input or output.

Types map one to one: text to string, numbers to long and double, moments to timestamp-micros in
UTC, closed word lists to enums and lists that grow to string, parts to records, lists to arrays,
and what may be absent to a union with null whose default is null. A list defaults to the empty
list and a map to the empty map, so that a field added later can be read from yesterday's bytes.
"""

from __future__ import annotations

import types
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from schemas.event import Event, Part
from schemas.vocabulary import Mark

NAMESPACE = "pactdesk"

Schema = dict[str, Any]  # Any: an Avro schema is JSON of any shape

_PLAIN: dict[object, str] = {str: "string", int: "long", float: "double", bool: "boolean"}


def schema_of(kind: type[Event]) -> Schema:
    """The Avro record schema of an event type.

    Raises:
        TypeError: A field has a type that the mapping above does not know.
    """
    return _record(kind, set())


@cache
def personal_fields(kind: type[Part]) -> frozenset[str]:
    """Names of the fields of a model that hold personal data, top level only."""
    return frozenset(name for name, field in kind.model_fields.items() if _is_personal(field))


def _record(kind: type[Part], named: set[str]) -> Schema:
    named.add(kind.__name__)
    return {
        "type": "record",
        "name": kind.__name__,
        "namespace": NAMESPACE,
        "doc": " ".join((kind.__doc__ or "").split("\n\n")[0].split()),
        "fields": [_field(name, field, named) for name, field in kind.model_fields.items()],
    }


def _field(name: str, field: FieldInfo, named: set[str]) -> Schema:
    shape: Schema = {"name": name, "type": _type(_whole(field), named)}
    if _is_personal(field):
        shape["personal"] = True
    if not field.is_required():
        shape["default"] = field.get_default(call_default_factory=True)
    return shape


def _whole(field: FieldInfo) -> Any:  # Any: a type expression
    """The field's annotation with the marks that pydantic took off its top level."""
    marks = [mark for mark in field.metadata if isinstance(mark, Mark)]
    return Annotated[(field.annotation, *marks)] if marks else field.annotation


def _is_personal(field: FieldInfo) -> bool:
    return _marked_personal(_whole(field))


def _marked_personal(annotation: Any) -> bool:  # Any: a type expression
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        if any(isinstance(mark, Mark) and mark.personal for mark in marks):
            return True
        return _marked_personal(inner)
    return any(_marked_personal(part) for part in get_args(annotation) if part is not None)


def _type(annotation: Any, named: set[str]) -> Any:  # Any: a type expression in, JSON out
    mark = Mark()
    while get_origin(annotation) is Annotated:
        annotation, *marks = get_args(annotation)
        mark = next((m for m in marks if isinstance(m, Mark) and (m.name or m.grows)), mark)
    name = mark.name
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if annotation is datetime or annotation is AwareDatetime:
        return {"type": "long", "logicalType": "timestamp-micros"}
    origin = get_origin(annotation)
    if origin is Literal and mark.grows:
        return "string"
    if origin is Literal:
        if name is None:
            raise TypeError(f"{annotation}: a closed word list needs a name; mark it")
        if name in named:
            return f"{NAMESPACE}.{name}"
        named.add(name)
        return {
            "type": "enum",
            "name": name,
            "namespace": NAMESPACE,
            "symbols": list(get_args(annotation)),
        }
    if origin is list:
        return {"type": "array", "items": _type(get_args(annotation)[0], named)}
    if origin is dict:
        return {"type": "map", "values": _type(get_args(annotation)[1], named)}
    if origin in (Union, types.UnionType):
        kinds = [part for part in get_args(annotation) if part is not type(None)]
        if len(kinds) != 1:
            raise TypeError(f"{annotation}: only a type or nothing, not several types")
        return ["null", _type(Annotated[kinds[0], mark], named)]
    if isinstance(annotation, type) and issubclass(annotation, Part):
        if annotation.__name__ in named:
            return f"{NAMESPACE}.{annotation.__name__}"
        return _record(annotation, named)
    raise TypeError(f"{annotation}: no Avro type for it")
