"""Whether a projection of a user can be one: its name, its events, its row, its key, its view."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from projections.tables import TABLES, Json, Table
from schemas.event import Event
from schemas.events import EVENTS
from schemas.record import Record
from schemas.topics import TOPICS
from streams.embedded import query
from streams.own.projection import Row
from streams.own.table import Own, Types, Unfoldable, guarded, told

NAME = re.compile(r"(?=.{1,40}$)[a-z](_?[a-z0-9])*")
"""What a projection may be called: PostgreSQL cuts longer names."""

COLUMN = re.compile(r"[a-z][a-z0-9_]{0,59}")

_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check
collate collation column commit concurrently constraint create cross current_catalog
current_date current_role current_schema current_time current_timestamp current_user default
deferrable delete desc distinct do drop else end escape except exists false fetch for foreign
freeze from full grant group having ilike in index initially inner insert intersect into is
isnull join lateral leading left like limit localtime localtimestamp natural not notnull null
offset on only or order outer overlaps placing primary references returning right select
session_user set similar some symmetric system_user table tablesample then to trailing
transaction true union unique update user using values variadic verbose when where window with
"""

RESERVED = frozenset(_WORDS.split())
"""Words that no engine takes for the name of a column."""

KINDS = (str, int, float, bool, Json)


TAKEN = frozenset({"tables", *(table.name for table in TABLES)})
"""Names that our own projections have."""


class Unfit(Exception):
    """A projection that cannot be one; says why."""


def own_of(projection: Any, file: Path, digest: str) -> Own:  # Any: a user's own words
    """A projection of a user, checked.

    Args:
        projection: A `Projection` as the user wrote it.
        file: The file that it comes from.
        digest: A hash of that file's text.

    Raises:
        Unfit: It cannot be folded.
    """
    name = projection.name
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Unfit(
            f"its name {name!r} is not up to 40 small letters and digits, with a _ between them"
        )
    kinds = _kinds(projection.events)
    (topic,) = {kind.TOPIC for kind in kinds}
    types = _checked_row(projection.row)
    if not callable(projection.evolve):
        raise Unfit("its evolve is no function of a row and a record")
    table = Table(
        name,
        topic,
        projection.row,
        _keys(projection.key, kinds),
        guarded(projection, types),
        kinds,
        prefix="o",
    )
    return Own(table, _view(projection.view, table), file, digest)


def _view(view: Any, table: Table) -> str:  # Any: a user's own words
    """What the view shows; it may read nothing but its own table and our views."""
    if view is None:
        return f"SELECT {', '.join(table.columns)} FROM {table.sql_name}"
    if not isinstance(view, str):
        raise Unfit("its view is no text of a SELECT")
    select = view.strip().removesuffix(";")
    try:
        query.compiled(select, {table.sql_name: table.columns})
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise Unfit(f"its view does not work ({error})") from error
    return select


def _kinds(names: Any) -> frozenset[type[Event]]:  # Any: a user's own words
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        raise Unfit('its events are no list of names, such as ["TicketResolved"]')
    unknown = [one for one in names if not isinstance(one, str) or one not in EVENTS]
    if unknown:
        raise Unfit(f"there is no event {unknown[0]!r}; docs/reference/events.md lists all")
    kinds = frozenset(EVENTS[one] for one in names)
    topics = sorted({kind.TOPIC for kind in kinds})
    if len(topics) > 1:
        raise Unfit(
            f"its events travel on {' and '.join(topics)}: a table folds one topic, joins live in"
            " views"
        )
    if not TOPICS[topics[0]].ordered:
        raise Unfit(f"no table is folded from {topics[0]}")
    return kinds


def _checked_row(row: Any) -> Types:  # Any: a user's own words
    """What each column holds, and whether it may hold nothing."""
    if not (isinstance(row, type) and issubclass(row, Row)) or row is Row:
        raise Unfit("its row is no class of pactdesk.projections.Row")
    shape = Table("x", "", row, lambda _: (), lambda *_: None, frozenset())
    if not shape.columns:
        raise Unfit("its row has no field")
    try:
        types, hints = dict(shape.types), get_type_hints(row)
    except Exception as error:  # whatever a user's annotations raise
        raise Unfit(f"the types of its row cannot be read ({error})") from error
    for column, kind in types.items():
        if kind not in KINDS:
            raise Unfit(
                f"its column {column} holds {getattr(kind, '__name__', kind)}, and not str, int,"
                " float, bool or Json"
            )
        if not COLUMN.fullmatch(column) or column in RESERVED:
            raise Unfit(f"{column} cannot be the name of a column; choose another")
    key = shape.columns[0]
    if types[key] is not str:
        raise Unfit(f"its first column {key} is the primary key, and no str")
    return {name: (kind, NoneType in get_args(hints[name])) for name, kind in types.items()}


def _keys(
    key: Any,  # a user's own words
    kinds: frozenset[type[Event]],
) -> Callable[[Record], Sequence[str]]:
    if isinstance(key, str):
        lacking = sorted(kind.__name__ for kind in kinds if key not in kind.model_fields)
        if lacking:
            raise Unfit(f"{lacking[0]} has no field {key}, which is to be its key")

        def of_field(record: Record) -> Sequence[str]:
            value = getattr(record.event, key) if type(record.event) in kinds else None
            return () if value is None else (str(value),)

        return of_field
    if not callable(key):
        raise Unfit("its key is neither the name of a field nor a function of a record")

    def of_record(record: Record) -> Sequence[str]:
        if type(record.event) not in kinds:
            return ()
        try:
            value = key(record)
        except Exception as error:  # a user's own code may raise anything
            raise Unfoldable(record, f"its key raised {told(error)}") from error
        if value is None:
            return ()
        if not isinstance(value, str):
            raise Unfoldable(record, f"its key gave {value!r}, which is no text")
        return (value,)

    return of_record
