"""Python's types in the words of the reference."""

from __future__ import annotations

import types
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

WORDS: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    bytes: "bytes",
    datetime: "time",
    AwareDatetime: "time",
    date: "day",
    Path: "path",
    Any: "anything",
    type(None): "null",
}


def type_name(hint: Any) -> str:
    """A type expression in words."""
    origin = get_origin(hint)
    if hint in WORDS:
        return WORDS[hint]
    if origin is Annotated:
        return type_name(get_args(hint)[0])
    if origin is Literal:
        return "one of " + ", ".join(f"`{word}`" for word in get_args(hint))
    if origin in (Union, types.UnionType):
        parts = list(dict.fromkeys(type_name(part) for part in get_args(hint)))
        return " or ".join(parts)
    if origin in (list, frozenset):
        return f"list of {type_name(get_args(hint)[0])}"
    if origin is tuple:
        return " and ".join(type_name(part) for part in get_args(hint))
    if origin is dict:
        key, value = get_args(hint)
        return f"object from {type_name(key)} to {type_name(value)}"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        inner = ", ".join(hint.model_fields)
        return f"object ({inner})"
    return getattr(hint, "__name__", str(hint))


def default_name(field: FieldInfo) -> str:
    """A field's default as JSON would show it; nothing where the field is required."""
    if field.is_required():
        return ""
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "null"
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if default != "" else '""'
