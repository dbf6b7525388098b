"""Avro straight into columns, by a function made once for each event type; nothing personal.

A function reads record after record and puts every value at the end of its column's list: no event
and no dictionary is made, text stays bytes until Arrow takes it, and what is personal is passed
over by its length. As `streams.avro_reading` does, it knows only what is written as we write it
today, and ends in one of `UNUSUAL` otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.avro import schema_of
from schemas.event import Event, Part
from streams import avro_reading
from streams.avro_reading import BOOLEANS, parts_of, words_of
from streams.avro_sources import Source
from streams.history.columns import MOMENT, Schema, type_of, unwrapped

Lists = list[Any]  # Any: a list for each number, and an array of it once it is made
Fill = Callable[[Iterable[bytes], Lists], None]
Make = Callable[[Lists], pa.Array]

FRAME = 10
"""Bytes before the datum: the marker and the schema's fingerprint."""

UNUSUAL = (*avro_reading.UNUSUAL, pa.ArrowInvalid)
"""What reading ends in when it meets what it does not know; the last is text that is no UTF-8."""


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = avro_reading.count_at(data, at)
    return data[at : at + size], at + size


_HIGHEST = 0x8080808080808080
_EIGHT = 0x0080808080808080
"""Of eight digits of seven bits each, all but the last say that another follows."""

_SPANS = tuple(0 if size & 0x81 else 1 + (size >> 1) for size in range(256))
"""How many bytes a text takes by its first one; none where its length takes several itself."""

_ODD = 0
"""Which list has the moments that are not of our age."""

_KNOWN = {
    "booleans": BOOLEANS,
    "count_at": avro_reading.count_at,
    "double_at": avro_reading.DOUBLE.unpack_from,
    "eight_at": struct.Struct("<Q").unpack_from,
    "long_at": avro_reading.long_at,
    "spans": _SPANS,
    "text_at": _text,
    "too_few": struct.error,
}


@dataclass(frozen=True)
class _Column:
    """One value of every row.

    Attributes:
        read: The lines that read one and put it into its list or lists.
        absent: The lines that put nothing in its place.
        rows: Which list has one element for every row.
        make: What makes an array of the lists.
    """

    read: list[str]
    absent: list[str]
    rows: int
    make: Make


class Columns:
    """Reads framed events of one type, written under its schema of today.

    Args:
        kind: The type.
    """

    def __init__(self, kind: type[Event]) -> None:
        self._lists = 1 + _ODD
        self._moments: list[int] = []
        self._before: list[str] = []
        self._named: dict[str, Schema] = {}
        self._parts = parts_of(kind)
        self._source = Source(_KNOWN)
        lines, self._columns = self._fields(schema_of(kind))
        puts = [f"put_{one} = lists[{one}].append" for one in range(self._lists)]
        self._fill: Fill = self._source.made(
            self._source.function(
                "values, lists",
                [
                    *puts,
                    *self._before,
                    "for data in values:",
                    f" at = {FRAME}",
                    *_within(lines),
                    " if at != len(data): raise ValueError('more or less than one event')",
                ],
            )
        )

    def arrays(self, values: Iterable[bytes]) -> list[pa.Array]:
        """The columns of some events, in the order of `columns_of` without the record's.

        Raises:
            UNUSUAL: One is not written as we write it; none was read then.
        """
        lists: Lists = [[] for _ in range(self._lists)]
        self._fill(values, lists)
        for here, moments in _moments({here: lists[here] for here in self._moments}, lists[_ODD]):
            lists[here] = moments
        return [column.make(lists) for _, column in self._columns]

    def _list(self) -> int:
        self._lists += 1
        return self._lists - 1

    def _fields(
        self, schema: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[pa.Field, _Column]]]:
        """The lines that read a record, and the columns of what is kept of it."""
        lines: list[str] = []
        columns: list[tuple[pa.Field, _Column]] = []
        model = self._parts[schema["name"]]
        for one in schema["fields"]:
            kind = type_of(one["type"], self._named)
            if kind is None or one.get("personal"):
                lines += self._passed(one["type"])
                continue
            column = self._column(one["type"], model, one["name"])
            lines += column.read
            columns.append((pa.field(one["name"], kind), column))
        return lines, columns

    def _column(self, schema: Schema, model: type[Part], name: str) -> _Column:
        optional, kind, schema = unwrapped(schema, self._named)
        match kind:
            case "record":
                column = self._struct(schema, optional=optional)
            case "array":
                column = self._gathered(schema, model, optional=optional)
            case "map":
                column = self._map(schema, model)
            case _:
                column = self._leaf(kind, schema, model, name, optional=optional)
        if not optional:
            return column
        read = [
            "branch, at = data[at], at + 1",
            "if branch == 2:",
            *_within(column.read),
            "elif branch: raise ValueError('neither branch')",
            "else:",
            *_within(column.absent),
        ]
        return _Column(read, column.absent, column.rows, column.make)

    def _leaf(
        self, kind: str, schema: Schema, model: type[Part], name: str, *, optional: bool
    ) -> _Column:
        here = self._list()
        put = f"put_{here}"
        absent = [f"{put}(None)"]
        match kind:
            case "string":
                field = model.model_fields.get(name)
                words = words_of(field.annotation) if field is not None else frozenset()
                known = self._source.knows({one.encode() for one in words if isinstance(one, str)})
                read = [
                    "end = at + spans[data[at]]",
                    "if end > at: value, at = data[at + 1 : end], end",
                    "else: value, at = text_at(data, at)",
                    *([f"if value not in {known}: raise ValueError('none')"] if words else []),
                    f"{put}(value)",
                ]
                return _Column(read, absent, here, lambda lists: pa.array(lists[here], pa.string()))
            case "enum":
                symbols = {2 * place: word for place, word in enumerate(schema["symbols"][:64])}
                read = [f"{put}({self._source.knows(symbols)}[data[at]])", "at += 1"]
                return _Column(read, absent, here, lambda lists: pa.array(lists[here], pa.string()))
            case "boolean":
                read = [f"{put}(booleans[data[at]])", "at += 1"]
                return _Column(read, absent, here, lambda lists: pa.array(lists[here], pa.bool_()))
            case "double" if not optional:
                read = [f"{put}(data[at : at + 8])", "at += 8"]
                return _Column(read, absent, here, lambda lists: _doubles(lists[here]))
            case "double":
                read = [f"{put}(double_at(data, at)[0])", "at += 8"]
                return _Column(
                    read, absent, here, lambda lists: pa.array(lists[here], pa.float64())
                )
            case "long":
                read = [
                    "size = data[at]",
                    f"if size < 128: {put}((size >> 1) ^ -(size & 1)); at += 1",
                    "else:",
                    " value, at = long_at(data, at)",
                    f" {put}(value)",
                ]
                return _Column(read, absent, here, lambda lists: pa.array(lists[here], pa.int64()))
            case "timestamp-micros":
                return self._moment(here)
            case _:
                raise TypeError(f"{kind}: no event has fields of this Avro type")

    def _moment(self, here: int) -> _Column:
        """A moment, whose digits numpy puts together, where there are as many as in our age."""
        self._moments.append(here)
        read = [
            "try: (digits,) = eight_at(data, at)",
            "except too_few: digits = 0",
            f"if digits & {_HIGHEST:#x} == {_EIGHT:#x}: put_{here}(digits); at += 8",
            "else:",
            f" put_{here}(-1 - len(lists[{_ODD}]))",
            " value, at = long_at(data, at)",
            f" put_{_ODD}(value)",
        ]
        return _Column(read, [f"put_{here}(None)"], here, lambda lists: lists[here])

    def _struct(self, schema: Schema, *, optional: bool) -> _Column:
        lines, columns = self._fields(schema)
        fields = [field for field, _ in columns]
        absent = [line for _, column in columns for line in column.absent]
        there = self._list() if optional else None

        def make(lists: Lists) -> pa.Array:
            return pa.StructArray.from_arrays(
                [column.make(lists) for _, column in columns],
                fields=fields,
                mask=None if there is None else pa.array(lists[there], pa.bool_()),
            )

        if there is None:
            return _Column(lines, absent, columns[0][1].rows, make)
        read = [f"put_{there}(False)", *lines]
        return _Column(read, [f"put_{there}(True)", *absent], there, make)

    def _gathered(self, schema: Schema, model: type[Part], *, optional: bool) -> _Column:
        """A list."""
        ends = self._list()
        inner = self._column(schema["items"], model, "")
        there = self._list() if optional else None
        whole = type_of(schema, self._named)
        close = f"put_{ends}(len(lists[{inner.rows}]))"

        def make(lists: Lists) -> pa.Array:
            bounds = pa.array([0, *lists[ends]], pa.int32())
            mask = None if there is None else pa.array(lists[there], pa.bool_())
            return pa.ListArray.from_arrays(bounds, inner.make(lists), whole, mask=mask)

        read = [*_blocks(f"count_{ends}", inner.read), close]
        if there is None:
            return _Column(read, [close], ends, make)
        read.append(f"put_{there}(False)")
        return _Column(read, [close, f"put_{there}(True)"], ends, make)

    def _map(self, schema: Schema, model: type[Part]) -> _Column:
        """A map. Most are those of the record before, such as which models were asked."""
        which, ends = self._list(), self._list()
        keys = self._leaf("string", schema, model, "", optional=False)
        inner = self._column(schema["values"], model, "")
        whole = type_of(schema, self._named)
        last = f"last_{which}"
        self._before.append(f"{last} = None")
        read = [
            f"if {last} is not None and data.startswith({last}, at): at += len({last})",
            "else:",
            f" from_{which} = at",
            *_within(_blocks(f"count_{ends}", [*keys.read, *inner.read])),
            f" put_{ends}(len(lists[{inner.rows}]))",
            f" {last} = data[from_{which} : at]",
            f"put_{which}(len(lists[{ends}]) - 1)",
        ]

        def make(lists: Lists) -> pa.Array:
            bounds = pa.array([0, *lists[ends]], pa.int32())
            found = pa.MapArray.from_arrays(bounds, keys.make(lists), inner.make(lists), whole)
            return found.take(pa.array(lists[which], pa.int32()))

        return _Column(read, [f"put_{which}(None)"], which, make)

    def _passed(self, schema: Schema) -> Iterator[str]:
        """The lines that pass over a value."""
        optional, kind, schema = unwrapped(schema, self._named)
        if optional:
            yield "branch, at = data[at], at + 1"
            yield "if branch == 2:"
            yield from _within(self._passed(schema))
            yield "elif branch: raise ValueError('neither branch')"
            return
        match kind:
            case "string":
                yield "end = at + spans[data[at]]"
                yield "if end > at: at = end"
                yield "else: _, at = text_at(data, at)"
            case "long" | "timestamp-micros":
                yield "_, at = long_at(data, at)"
            case "double":
                yield "at += 8"
            case "boolean" | "enum":
                yield "at += 1"
            case "record":
                for one in schema["fields"]:
                    yield from self._passed(one["type"])
            case "array" | "map":
                key = self._passed("string") if kind == "map" else ()
                one = [*key, *self._passed(schema["values" if kind == "map" else "items"])]
                yield from _blocks(f"past_{self._list()}", one)
            case _:
                raise TypeError(f"{kind}: no event has fields of this Avro type")


def _blocks(count: str, one: Sequence[str]) -> Iterator[str]:
    """The lines that read one value after the other, until a block has none."""
    yield f"{count}, at = count_at(data, at) if data[at] & 0x81 else (data[at] >> 1, at + 1)"
    yield f"while {count}:"
    yield f" for _ in range({count}):"
    yield from _within(_within(one))
    yield f" {count}, at = count_at(data, at) if data[at] & 0x81 else (data[at] >> 1, at + 1)"


def _within(lines: Iterable[str]) -> Iterator[str]:
    return (f" {line}" for line in lines)


def _doubles(raw: list[bytes | None]) -> pa.Array:
    there = [one for one in raw if one is not None]
    if len(there) < len(raw):  # of a part that is absent as a whole
        read = avro_reading.DOUBLE.unpack
        return pa.array([None if one is None else read(one)[0] for one in raw], pa.float64())
    return pa.array(np.frombuffer(b"".join(there), "<f8"))


def _moments(
    digits: Mapping[int, list[int | None]], odd: Sequence[int]
) -> Iterator[tuple[int, pa.Array]]:
    """Moments, of all columns at once: of their digits as Avro has them.

    Args:
        digits: The digits by column; below nothing, of their place among `odd`.
        odd: What has more or fewer digits.
    """
    if not digits:
        return
    given = pa.array(list(chain.from_iterable(digits.values())), pa.int64())
    found = given.fill_null(0).to_numpy()
    whole = np.zeros(len(found), np.int64)
    for place in range(8):
        whole |= ((found >> (8 * place)) & 0x7F) << (7 * place)
    whole = (whole >> 1) ^ -(whole & 1)
    if odd:
        others = found < 0
        whole[others] = np.array(odd, np.int64)[-1 - found[others]]
    absent = given.is_null().to_numpy(zero_copy_only=False)
    moments, start = pa.array(whole, pa.int64(), mask=absent).cast(MOMENT), 0
    for here, some in digits.items():
        yield here, moments.slice(start, len(some))
        start += len(some)
