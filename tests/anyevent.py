"""Any event at all: strategies for hypothesis, and one written-out example of each type.

Both are read from the models, so that a new event needs nothing here.
"""

from __future__ import annotations

import types
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime

from schemas.event import Event, Part
from schemas.events import EVENTS

MOMENT = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)

_LONG = 2**63 - 1

_PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: st.integers(-_LONG - 1, _LONG),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
}

_EXAMPLES: dict[object, Any] = {str: "Größe 😀", int: -7, float: 0.25, bool: True}


@cache
def of_type(kind: type[Part]) -> st.SearchStrategy[Any]:
    """Any value of a model."""
    fields = {name: _strategy(_whole(field)) for name, field in kind.model_fields.items()}
    return st.builds(kind, **fields)


def events() -> st.SearchStrategy[Event]:
    """Any event of any type."""
    return st.sampled_from(sorted(EVENTS)).flatmap(lambda name: of_type(EVENTS[name]))


def example(kind: type[Part], *, full: bool) -> Any:  # Any: an instance of `kind`
    """The same value of a model every time.

    Args:
        kind: The model.
        full: Whether what may be left out is there.
    """
    fields = {
        name: _example(_whole(field), full=full)
        for name, field in kind.model_fields.items()
        if full or field.is_required()
    }
    return kind.model_validate(fields)


def _whole(field: Any) -> Any:  # Any: pydantic's FieldInfo in, a type expression out
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _bare(annotation: Any) -> Any:  # Any: type expressions
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _parts(annotation: Any) -> list[Any]:  # Any: type expressions
    return [part for part in get_args(annotation) if part is not type(None)]


def _strategy(annotation: Any) -> st.SearchStrategy[Any]:  # Any: a type expression
    annotation = _bare(annotation)
    origin = get_origin(annotation)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if annotation in (datetime, AwareDatetime):
        return st.datetimes(timezones=st.just(UTC))
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if origin is list:
        return st.lists(_strategy(_parts(annotation)[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(_PLAIN[str], _strategy(_parts(annotation)[1]), max_size=3)
    if origin in (Union, types.UnionType):
        return st.none() | _strategy(_parts(annotation)[0])
    return of_type(annotation)


def _example(annotation: Any, *, full: bool) -> Any:  # Any: a type expression
    annotation = _bare(annotation)
    origin = get_origin(annotation)
    if annotation in _EXAMPLES:
        return _EXAMPLES[annotation]
    if annotation in (datetime, AwareDatetime):
        return MOMENT
    if origin is Literal:
        return get_args(annotation)[-1]
    if origin is list:
        return [_example(_parts(annotation)[0], full=full)] if full else []
    if origin is dict:
        return {"name": _example(_parts(annotation)[1], full=full)} if full else {}
    if origin in (Union, types.UnionType):
        return _example(_parts(annotation)[0], full=full) if full else None
    return example(annotation, full=full)
