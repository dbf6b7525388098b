"""The shape of a table projection: one topic folded into rows. Joins live in views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.record import Record

Row = Any  # a table's own row struct; a registry of tables cannot name them all

Bool = bool
"""A column that is true or false."""


class Json(str):
    """A column that holds JSON text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table folded from one topic.

    Attributes:
        name: Its name; in SQL with the prefix `p_`.
        topic: The one topic that it folds.
        row: The struct of a row; the first field is the primary key.
        keys: Which rows a record touches, by primary key.
        evolve: A row after a record; None stays None, a row never goes away.
        indexes: Columns that reads look up by.
    """

    name: str
    topic: str
    row: type[msgspec.Struct]
    keys: Callable[[Record], Sequence[str]]
    evolve: Callable[[Row | None, Record, str], Row | None]
    indexes: tuple[tuple[str, ...], ...] = ()

    @property
    def sql_name(self) -> str:
        """The table's name in SQL."""
        return f"p_{self.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns in order, the primary key first."""
        return self.row.__struct_fields__
