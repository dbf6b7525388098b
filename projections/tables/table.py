"""The shape of a table projection: one topic folded into rows. Joins live in views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from schemas.event import Event
from schemas.record import Record

Row = Any  # a table's own row struct; a registry of tables cannot name them all

Keys = Callable[[Record], Sequence[str]]
"""Which rows a record touches, by primary key."""


class Json(str):
    """A column that holds JSON text."""

    __slots__ = ()


def json_of(value: object) -> Json:
    """A value as a JSON column holds it."""
    return Json(msgspec.json.encode(value).decode())


EMPTY_LIST = Json("[]")
EMPTY_OBJECT = Json("{}")


def object_in(text: str) -> Json:
    """A JSON object as it came; an empty one for text that is none.

    A foreign producer may write anything into such a field, and nobody could read a view in which
    one row is no JSON.
    """
    try:
        msgspec.json.decode(text, type=dict)
    except (msgspec.MsgspecError, RecursionError):
        return EMPTY_OBJECT
    return Json(text)


@dataclass(frozen=True, slots=True)
class Table:
    """A table folded from one topic.

    Attributes:
        name: Its name; in SQL with a prefix.
        topic: The one topic that it folds.
        row: The struct of a row; the first field is the primary key.
        keys: Which rows a record touches, by primary key.
        evolve: A row after a record; None stays None, a row never goes away.
        folds: The event types that touch a row; every other one means nothing to this table.
        indexes: Columns that reads look up by.
        once: Whether one record makes a row and no other touches it, so that none need be read.
        searched: Columns of text that the full-text search looks through.
        prefix: What its name begins with in SQL: `p` for ours, `o` for those of users.
    """

    name: str
    topic: str
    row: type[msgspec.Struct]
    keys: Keys
    evolve: Callable[[Row | None, Record, str], Row | None]
    folds: frozenset[type[Event]]
    indexes: tuple[tuple[str, ...], ...] = ()
    once: bool = False
    searched: tuple[str, ...] = ()
    prefix: str = "p"

    @property
    def sql_name(self) -> str:
        """The table's name in SQL."""
        return f"{self.prefix}_{self.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns in order, the primary key first."""
        return self.row.__struct_fields__

    @property
    def types(self) -> Mapping[str, type]:
        """What each column holds where it holds something."""
        return _types_of(self.row)


@cache
def _types_of(row: type[msgspec.Struct]) -> dict[str, type]:
    return {name: _without_none(hint) for name, hint in get_type_hints(row).items()}


def _without_none(hint: Any) -> type:  # Any: a type expression
    if get_origin(hint) not in {Union, UnionType}:
        return hint  # type: ignore[no-any-return]  # it is a plain type then
    (kind,) = (part for part in get_args(hint) if part is not NoneType)
    return kind  # type: ignore[no-any-return]  # as above


def by_id(kinds: frozenset[type[Event]]) -> Keys:
    """Rows keyed by the record's own id: one record of these types, one row."""

    def keys(record: Record) -> Sequence[str]:
        return (record.id,) if type(record.event) in kinds else ()

    return keys


def by(field: str, kinds: frozenset[type[Event]]) -> Keys:
    """Rows keyed by a field of the events of these types."""

    def keys(record: Record) -> Sequence[str]:
        event = record.event
        return (str(getattr(event, field)),) if type(event) in kinds else ()

    return keys
