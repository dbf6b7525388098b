"""A user's projection as a table that the engines fold, guarded against its own code."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from projections.tables import Table
from schemas.record import Record
from streams.own.projection import Projection

_LARGEST = 2**63 - 1
"""What both databases hold as a whole number."""

Types = dict[str, tuple[type, bool]]
"""What each column holds, and whether it may hold nothing."""


class Unfoldable(Exception):
    """A user's own code raised on a record, or gave what is no row of its table.

    Attributes:
        record: The record.
        why: What was raised, in words.
    """

    def __init__(self, record: Record, why: str) -> None:
        super().__init__(why)
        self.record = record
        self.why = why

    @property
    def place(self) -> str:
        """Where the record lies."""
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"


@dataclass(frozen=True, slots=True)
class Own:
    """A user's projection, ready to be folded.

    Attributes:
        table: Its table.
        select: What its view shows.
        file: The file that it comes from.
        digest: A hash of that file's text.
    """

    table: Table
    select: str
    file: Path
    digest: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.table.name

    @property
    def view(self) -> str:
        """The name of its view."""
        return f"own_{self.name}"

    @property
    def create_view(self) -> str:
        """The statement that makes its view."""
        return f"CREATE VIEW {self.view} AS {self.select}"

    @property
    def layout(self) -> str:
        """A hash of its columns: rows of another layout are no rows of this table."""
        columns = [(name, kind.__name__) for name, kind in self.table.types.items()]
        return sha256(repr(columns).encode()).hexdigest()[:16]


def guarded(
    projection: Projection, types: Types
) -> Callable[[Any, Record, str], Any]:  # Any: the user's own rows
    """The user's fold, whose faults name the record."""
    row_type, first = projection.row, next(iter(types))

    def evolve(row: Any, record: Record, key: str) -> Any:  # Any: the user's own rows
        try:
            after = projection.evolve(row, record)
        except Exception as error:  # a user's own code may raise anything
            raise Unfoldable(record, f"its evolve raised {told(error)}") from error
        if after is row:
            return row
        if type(after) is not row_type:
            gone = "; a row that is there never goes away" if after is None else ""
            raise Unfoldable(record, f"its evolve gave {after!r}, no {row_type.__name__}{gone}")
        if getattr(after, first) != key:
            raise Unfoldable(
                record, f"its evolve gave the row {getattr(after, first)!r} for the key {key!r}"
            )
        for column, (kind, optional) in types.items():
            value = getattr(after, column)
            if not ((value is None and optional) or _fits(value, kind)):
                raise Unfoldable(record, f"its evolve gave {value!r} for {column}: {kind.__name__}")
        return after

    return evolve


def _fits(value: object, kind: type) -> bool:
    """Whether both databases can hold a value in a column of a kind."""
    match value:
        case bool():
            return kind is bool
        case int():
            return kind in {int, float} and -_LARGEST <= value <= _LARGEST
        case float():
            return kind is float and math.isfinite(value)
        case str():
            return (kind is str or isinstance(value, kind)) and _is_text(value)
        case _:
            return False


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def told(error: Exception) -> str:
    """What somebody else's code raised, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
