"""Some records of one partition as Arrow tables, one an event type.

What was written as we write it today goes straight into columns. Where anything among some records
is unusual, such as a past release's schema, they are read one by one, as everywhere else, and
written again as today's; what nobody can read, and what a worker writes anew where it belongs, has
no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from typing import NamedTuple

import msgspec
import pyarrow as pa

from schemas.events import EVENTS
from schemas.record import partition_of
from schemas.topics import TOPICS
from streams import codec
from streams.entry import Place
from streams.errors import Unreadable
from streams.history.columnar import FRAME, UNUSUAL, Columns
from streams.history.columns import MOMENT, columns_of

_UTC = pa.timestamp("us", "UTC")


class Head(msgspec.Struct, gc=False):
    """The headers of a record that are columns, or stand for some; named as on the wire."""

    ce_id: str
    ce_time: str
    ce_subject: str
    ce_source: str
    ce_correlationid: str
    ce_causationid: str | None = None
    ce_sequence: str | None = None
    ce_previous: str | None = None
    traceparent: str | None = None
    ce_sourcetopic: str | None = None
    ce_sourcepartition: str | None = None
    ce_sourceoffset: str | None = None
    ce_index: str | None = None
    ce_count: str | None = None


class Raw(NamedTuple):
    """A record as it lies in the log.

    Attributes:
        offset: Where it lies in its partition.
        key: Its partition key; None has none.
        head: Its headers; None where they are not a record's.
        value: Its framed bytes.
    """

    offset: int
    key: str | None
    head: Head | None
    value: bytes


Newest = dict[str, list[int]]
"""The highest offset and index that was seen of every source partition, as `topic/partition`."""


class Batch(NamedTuple):
    """What some records gave.

    Attributes:
        tables: Their rows, by event type.
        passed: How many records have no row.
    """

    tables: dict[str, pa.Table]
    passed: int


class _Native(NamedTuple):
    """A record of ours, where it belongs."""

    offset: int
    head: Head
    value: bytes


_head = msgspec.json.Decoder(Head)


def head_of(headers: str) -> Head | None:
    """The headers in an entry's text; None where they are not a record's."""
    try:
        return _head.decode(headers)
    except ValueError:
        return None


def batch(place: Place, raws: Sequence[Raw], newest: Newest) -> Batch:
    """The rows of some records of one partition, in their order.

    Args:
        place: Their topic and partition.
        raws: The records.
        newest: What was seen of their partition before; it is brought up to date.
    """
    native = _native(place, raws)
    if TOPICS[place[0]].kind == "record" and TOPICS[place[0]].ordered:
        native = [one for one in native if _is_newer(one.head, newest)]
    try:
        tables = _tables(place, native)
    except UNUSUAL:
        usual = [one for one in map(_as_today, native) if one is not None]
        tables = _tables(place, usual)
    return Batch(tables, len(raws) - sum(table.num_rows for table in tables.values()))


def _native(place: Place, raws: Sequence[Raw]) -> list[_Native]:
    """The records that are ours and lie where they belong."""
    topic, partition = place
    return [
        _Native(offset, head, value)
        for offset, key, head, value in raws
        if head is not None
        and key == head.ce_subject
        and partition_of(key) == partition
        and _topic(value[:FRAME]) == topic
    ]


@cache
def _topic(prefix: bytes) -> str | None:
    kind = _kind(prefix)
    return None if kind is None else EVENTS[kind].TOPIC


@cache
def _kind(prefix: bytes) -> str | None:
    """The name of the event type behind a frame's prefix, if it is known."""
    try:
        return str(codec.schema_behind(prefix)["name"])
    except Unreadable:
        return None


def _is_newer(head: Head, newest: Newest) -> bool:
    """Whether an output was not seen before: a worker that was killed may send its last again."""
    if head.ce_sourceoffset is None or head.ce_index is None:
        return True  # no output of ours
    source = f"{head.ce_sourcetopic}/{head.ce_sourcepartition}"
    try:
        place = [int(head.ce_sourceoffset), int(head.ce_index)]
    except ValueError:
        return True  # nobody can read it
    if place <= newest.get(source, [-1, -1]):
        return False
    newest[source] = place
    return True


def _tables(place: Place, records: Sequence[_Native]) -> dict[str, pa.Table]:
    """The rows by event type; raises one of `UNUSUAL` where a record is unusual."""
    if not records:
        return {}
    groups: dict[bytes, list[_Native]] = {}
    for record in records:
        prefix = record.value[:FRAME]
        group = groups.get(prefix)
        if group is None:
            groups[prefix] = [record]
        else:
            group.append(record)
    named = [(_todays(prefix), group) for prefix, group in groups.items()]
    columns = _record_columns(place, [record for _, group in named for record in group])
    tables, start = {}, 0
    for kind, group in named:
        heads = [column.slice(start, len(group)) for column in columns]
        own = _columns(kind).arrays([record.value for record in group])
        tables[kind] = pa.Table.from_arrays([*heads, *own], schema=columns_of(EVENTS[kind]))
        start += len(group)
    return tables


def _todays(prefix: bytes) -> str:
    kind = _kind(prefix)
    if kind is None or codec.prefix_of(EVENTS[kind]) != prefix:
        raise ValueError("written under a schema of the past")
    return kind


@cache
def _columns(kind: str) -> Columns:
    return Columns(EVENTS[kind])


def _record_columns(place: Place, records: Sequence[_Native]) -> list[pa.Array]:
    heads = [record.head for record in records]

    def text(name: str) -> pa.Array:
        return pa.array(list(map(attrgetter(name), heads)), pa.string())

    def number(name: str) -> pa.Array:
        return text(name).cast(pa.int64())

    return [
        text("ce_id"),
        text("ce_time").cast(_UTC).cast(MOMENT),
        text("ce_subject"),
        pa.array([codec.author_of(head.ce_source) for head in heads], pa.string()),
        text("ce_causationid"),
        text("ce_correlationid"),
        number("ce_sequence"),
        number("ce_previous"),
        text("traceparent"),
        text("ce_sourcetopic"),
        number("ce_sourcepartition"),
        number("ce_sourceoffset"),
        number("ce_index"),
        number("ce_count"),
        pa.repeat(place[0], len(heads)),
        pa.repeat(pa.scalar(place[1], pa.int64()), len(heads)),
        pa.array([record.offset for record in records], pa.int64()),
    ]


def _as_today(record: _Native) -> _Native | None:
    """A record as we write it today; None where nobody can read it."""
    fields = {name: value for name, value in msgspec.structs.asdict(record.head).items() if value}
    try:
        read = codec.record_of(fields, record.value)
    except Unreadable:
        return None
    head = head_of(codec.headers(read).decode())
    assert head is not None
    return _Native(record.offset, head, codec.encode(read.event))
