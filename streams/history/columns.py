"""Which columns an event type has in Parquet: those of its record, then the event's own fields.

The names and types are a contract: they follow from the event's Avro schema, and an event's field
is never taken away, so that a column is only ever added. Fields that are marked as personal have no
column, at any depth, nor has what holds nothing else. A moment is in UTC and has no time zone of
its own: whoever counts days counts the same ones everywhere. Every column may be null, for what was
written before it was added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pyarrow as pa

from schemas.avro import schema_of
from schemas.event import Event

Schema = Any
"""An Avro schema, JSON of any shape."""

MOMENT = pa.timestamp("us")

RECORD_COLUMNS = pa.schema(
    [
        pa.field("event_id", pa.string()),
        pa.field("event_at", MOMENT),
        pa.field("event_key", pa.string()),
        pa.field("event_by", pa.string()),
        pa.field("event_cause", pa.string()),
        pa.field("event_correlation", pa.string()),
        pa.field("event_sequence", pa.int64()),
        pa.field("event_previous", pa.int64()),
        pa.field("event_trace", pa.string()),
        pa.field("event_source_topic", pa.string()),
        pa.field("event_source_partition", pa.int64()),
        pa.field("event_source_offset", pa.int64()),
        pa.field("event_source_index", pa.int64()),
        pa.field("event_source_count", pa.int64()),
        pa.field("event_topic", pa.string()),
        pa.field("event_partition", pa.int64()),
        pa.field("event_offset", pa.int64()),
    ]
)
"""What every table has: what `schemas.record.Record` holds, and where the record lies."""

RECORD_SAYS = {
    "event_id": "Unique: the record's id.",
    "event_at": "When it happened; for what agents say, the turn's clock.",
    "event_key": "The line, such as the customer.",
    "event_by": "Who says it: an agent, a person, a producer.",
    "event_cause": "The record that this one answers.",
    "event_correlation": "The outside record at the root.",
    "event_sequence": "The line's number of this record.",
    "event_previous": "The line's last number on the same topic.",
    "event_trace": "W3C traceparent.",
    "event_source_topic": "Of what agents say: the inbox record of its turn.",
    "event_source_partition": "See above.",
    "event_source_offset": "See above.",
    "event_source_index": "The place among what the turn gave, from 0.",
    "event_source_count": "How much the turn gave.",
    "event_topic": "Where the record lies.",
    "event_partition": "Where the record lies.",
    "event_offset": "Where the record lies.",
}
"""What these columns mean, for the reference."""

_PLAIN = {
    "string": pa.string(),
    "enum": pa.string(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp-micros": MOMENT,
}

_SQL = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    MOMENT: "TIMESTAMP",
}


@cache
def columns_of(kind: type[Event]) -> pa.Schema:
    """The columns of an event type, in their order."""
    return pa.schema([*RECORD_COLUMNS, *_fields(schema_of(kind), {})])


def sql_of(kind: pa.DataType) -> str:
    """An Arrow type as DuckDB writes it."""
    if pa.types.is_map(kind):
        return f"MAP({sql_of(kind.key_type)}, {sql_of(kind.item_type)})"
    if pa.types.is_list(kind):
        return f"{sql_of(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{quoted(one.name)} {sql_of(one.type)}' for one in kind)})"
    return _SQL[kind]


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return f'"{name}"'


def unwrapped(schema: Schema, named: dict[str, Schema]) -> tuple[bool, str, Schema]:
    """Whether a type may be null, its name, and its schema where it is referred to by name.

    Args:
        schema: The type of a field.
        named: Schemas by name, as far as they were met; what is met here is added.
    """
    optional = isinstance(schema, list)
    if optional:
        _null, schema = schema
    if isinstance(schema, str):
        schema = named.get(schema, {"type": schema})
    elif "name" in schema:
        named[f"{schema['namespace']}.{schema['name']}"] = schema
    return optional, schema.get("logicalType", schema["type"]), schema


def _fields(schema: Mapping[str, Any], named: dict[str, Schema]) -> Iterator[pa.Field]:
    for one in schema["fields"]:
        kind = type_of(one["type"], named)
        if kind is not None and not one.get("personal"):
            yield pa.field(one["name"], kind)


def type_of(schema: Schema, named: dict[str, Schema]) -> pa.DataType | None:
    """The Arrow type of a value; None where all of it is personal.

    Args:
        schema: The value's type.
        named: As for `unwrapped`.
    """
    _, kind, schema = unwrapped(schema, named)
    match kind:
        case "record":
            fields = list(_fields(schema, named))
            return pa.struct(fields) if fields else None
        case "array":
            inner = type_of(schema["items"], named)
            return None if inner is None else pa.list_(inner)
        case "map":
            inner = type_of(schema["values"], named)
            return None if inner is None else pa.map_(pa.string(), inner)
        case _:
            return _PLAIN[kind]
