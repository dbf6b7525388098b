"""What the state of a line leaves out when it is stored is nothing, so that old states read on.

A stored state names only what differs from the beginning. Whoever reads it later, perhaps in
another release, takes what is not there for what the beginning has.
"""

from __future__ import annotations

from types import ModuleType

import msgspec
import pytest

from projections import article, category_line, desk
from projections.case import state
from projections.case.state import Case, Seen, Ticket

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


@pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.__name__)
def test_what_a_stored_state_does_not_name_is_nothing(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        if field.required:
            continue
        made = field.default_factory is not msgspec.NODEFAULT
        begins = field.default_factory() if made else field.default
        if (kind, field.name) in MORE_THAN_NOTHING:
            assert begins == MORE_THAN_NOTHING[kind, field.name], field.name
        else:
            assert not begins, field.name
