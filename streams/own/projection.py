"""What a user writes: a row, its fold, and the projection that names them.

Public as `pactdesk.projections`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from projections.tables.table import Json, json_of
from schemas.record import Record
from schemas.vocabulary import rfc3339

__all__ = ["Json", "Projection", "Record", "Row", "json_of", "replace", "rfc3339"]

replace = msgspec.structs.replace
"""A row with some fields changed: rows themselves never change."""


class Row(msgspec.Struct, frozen=True):
    """The base of a row: a field for each column, the first one the primary key, a text.

    A field holds text, a whole number, a number, true or false, or `Json`, each perhaps None.
    """


@dataclass(frozen=True, slots=True)
class Projection:
    """A table that is folded from the log, with a view over it.

    Attributes:
        name: Its name; in SQL the table is `o_NAME` and the view `own_NAME`.
        events: The types of events that it folds, by name; all of one topic.
        row: What a row is made of.
        evolve: The row after a record, from the row before it; None before there is one. It may
            use nothing but the two, so that it gives the same at every replay.
        key: Which row a record touches: the name of a field of its events, or a function of the
            record that gives the key, or None where it touches no row.
        view: What the view shows: a SELECT from `o_NAME`, and the `v1_` views if need be. All rows
            and columns by default.
    """

    name: str
    events: Sequence[str]
    row: type[Row]
    evolve: Callable[[Any, Record], Row | None]  # Any: the user's own row, or None
    key: str | Callable[[Record], str | None]
    view: str | None = None
