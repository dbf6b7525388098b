"""Some records of one partition as Arrow tables, one an event type.

What was written as we write it today goes straight into columns. Where anything among some records
is unusual, such as a past release's schema, they are read one by one, as everywhere else, and
written again as today's; what nobody can read, and what a worker writes anew where it belongs, has
no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, compress
from operator import attrgetter
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from schemas.events import EVENTS
from schemas.record import partition_of
from schemas.topics import TOPICS
from streams import codec
from streams.entry import Place
from streams.errors import Unreadable
from streams.history.columnar import FRAME, UNUSUAL, Columns
from streams.history.columns import MOMENT, RECORD_COLUMNS, columns_of
from streams.history.raws import Head, Raws, head_of
from streams.history.repeats import Newest, fresh

_UTC = pa.timestamp("us", "UTC")


class Batch(NamedTuple):
    """What some records gave.

    Attributes:
        tables: Their rows, by event type.
        passed: How many records have no row.
    """

    tables: dict[str, pa.Table]
    passed: int


class _Native(NamedTuple):
    """Records of ours, where they belong; each list has one element for each."""

    offsets: Sequence[int]
    heads: Sequence[Head]
    values: Sequence[bytes]


def batch(place: Place, raws: Raws, newest: Newest) -> Batch:
    """The rows of some records of one partition, in their order.

    Args:
        place: Their topic and partition.
        raws: The records.
        newest: What was seen of their partition before; it is brought up to date.
    """
    native = _native(place, raws)
    seen = dict(newest)
    try:
        tables = _tables(place, native, seen)
    except UNUSUAL:
        seen = dict(newest)
        tables = _tables(place, _as_today(place, native), seen)
    newest |= seen
    return Batch(tables, len(raws.offsets) - sum(table.num_rows for table in tables.values()))


def _native(place: Place, raws: Raws) -> _Native:
    """The records that are ours and lie where they belong."""
    topic, partition = place
    astray = {key for key in set(raws.keys) if key is None or partition_of(key) != partition}
    ours = [
        head is not None
        and key == head.ce_subject
        and key not in astray
        and _topic(value[:FRAME]) == topic
        for key, head, value in zip(raws.keys, raws.heads, raws.values, strict=True)
    ]
    heads = [head for head in compress(raws.heads, ours) if head is not None]
    return _Native(list(compress(raws.offsets, ours)), heads, list(compress(raws.values, ours)))


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


def _tables(place: Place, records: _Native, newest: Newest) -> dict[str, pa.Table]:
    """The rows by event type; raises one of `UNUSUAL` where a record is unusual."""
    heads = pa.record_batch(_record_columns(place, records), schema=RECORD_COLUMNS)
    groups: dict[bytes, list[int]] = {}
    for number in _rows(place[0], heads, newest):
        groups.setdefault(records.values[number][:FRAME], []).append(number)
    named = [(_todays(prefix), group) for prefix, group in groups.items()]
    order = np.fromiter(chain.from_iterable(group for _, group in named), np.int64)
    heads = heads.take(pa.array(order))
    tables, start = {}, 0
    for kind, group in named:
        own = _columns(kind).arrays([records.values[number] for number in group])
        tables[kind] = pa.Table.from_arrays(
            [*heads.slice(start, len(group)).columns, *own], schema=columns_of(EVENTS[kind])
        )
        start += len(group)
    return tables


def _rows(topic: str, heads: pa.RecordBatch, newest: Newest) -> Iterable[int]:
    """Which of some records have a row: all, or those that are no repeats."""
    if TOPICS[topic].kind == "record" and TOPICS[topic].ordered:
        return fresh(heads, newest)
    return range(heads.num_rows)


def _todays(prefix: bytes) -> str:
    kind = _kind(prefix)
    if kind is None or codec.prefix_of(EVENTS[kind]) != prefix:
        raise ValueError("written under a schema of the past")
    return kind


@cache
def _columns(kind: str) -> Columns:
    return Columns(EVENTS[kind])


def _record_columns(place: Place, records: _Native) -> list[pa.Array]:
    heads = records.heads

    def text(name: str) -> pa.Array:
        return pa.array(list(map(attrgetter(name), heads)), pa.string())

    def number(name: str) -> pa.Array:
        return text(name).cast(pa.int64())

    authors = list(map(codec.author_of, map(attrgetter("ce_source"), heads)))
    return [
        text("ce_id"),
        text("ce_time").cast(_UTC).cast(MOMENT),
        text("ce_subject"),
        pa.array(authors, pa.string()),
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
        pa.array(records.offsets, pa.int64()),
    ]


def _as_today(place: Place, records: _Native) -> _Native:
    """Records as we write them today, without what nobody can read or no column can hold."""
    found: list[tuple[int, Head, bytes]] = []
    for offset, head, value in zip(*records, strict=True):
        fields = {name: text for name, text in msgspec.structs.asdict(head).items() if text}
        try:
            read = codec.record_of(fields, value)
            today = head_of(codec.headers(read).decode())
            assert today is not None
            _record_columns(place, _Native([offset], [today], [value]))
        except (Unreadable, *UNUSUAL):
            continue
        found.append((offset, today, codec.encode(read.event)))
    return _Native(*zip(*found, strict=True)) if found else _Native((), (), ())
