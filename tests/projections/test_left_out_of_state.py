"""What a state leaves out when it is stored, or a row was not told, is nothing.

A stored state names only what differs from the beginning. Whoever reads it later, perhaps in
another release, takes what is not there for what the beginning has.
"""

from __future__ import annotations

from types import ModuleType

import msgspec
import pytest
from msgspec.structs import FieldInfo

from projections import article, category_line, desk
from projections.case import state
from projections.case.state import Case, Seen, Ticket
from projections.tables import TABLES, Table

MORE_THAN_NOTHING: dict[tuple[type[msgspec.Struct], str], object] = {
    (Case, "unannounced"): True,  # nobody has told of a customer who is new
    (Seen, "sentiment"): 0.5,  # neither angry nor glad
    (Ticket, "origin"): "contact",  # as most tickets come about
    (desk.Person, "capacity"): 10,
    (desk.Person, "available"): True,  # whoever is described is there
    (desk.Request, "priority"): "medium",
}
"""Where a line begins with more than nothing."""


def structs_of(module: ModuleType) -> list[type[msgspec.Struct]]:
    """The structs that a module makes."""
    made = [one for one in vars(module).values() if isinstance(one, type)]
    return [
        one for one in made if issubclass(one, msgspec.Struct) and one.__module__ == module.__name__
    ]


STATES = [kind for module in (state, article, category_line, desk) for kind in structs_of(module)]


def begins(field: FieldInfo) -> object:
    """What a field holds where nothing is said of it."""
    made = field.default_factory is not msgspec.NODEFAULT
    return field.default_factory() if made else field.default


@pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.__name__)
def test_what_a_stored_state_does_not_name_is_nothing(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        if field.required:
            continue
        if (kind, field.name) in MORE_THAN_NOTHING:
            assert begins(field) == MORE_THAN_NOTHING[kind, field.name], field.name
        else:
            assert not begins(field), field.name


UNTOLD = {
    ("tickets", "origin"): "contact",
    ("attachments", "state"): "described",
    ("deliveries", "state"): "queued",
    ("drafts", "state"): "asked",
    ("specialists", "capacity"): 10,
    ("specialists", "available"): True,
}
"""What a column holds that nobody has told of, where it is more than nothing."""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_column_that_nobody_has_told_of_holds_nothing(table: Table) -> None:
    for field in msgspec.structs.fields(table.row):
        if field.required:
            continue
        if (table.name, field.name) in UNTOLD:
            assert begins(field) == UNTOLD[table.name, field.name], field.name
        else:
            assert begins(field) in {None, 0, "", "[]", "{}"}, field.name
