"""What is wrong with a value that somebody wrote, in their words: the fault, and what is right."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

LONGEST = 60
"""Characters of a wrong value that are repeated."""

_OFFSET = "add an offset, such as 2026-03-02T08:00:00Z"
_RFC = "write RFC 3339, such as 2026-03-02T08:00:00Z"
_WHOLE = ("{given} is not a whole number", "write a whole number, without quotes")

_TOLD: dict[str, tuple[str, str]] = {
    "missing": ("it is missing", "give it a value"),
    "string_too_short": ("it is empty", "give it a value"),
    "string_too_long": ("it has more than {max_length} characters", "shorten it"),
    "too_short": ("it has too few entries", "give at least {min_length}"),
    "too_long": ("it has too many entries", "give at most {max_length}"),
    "extra_forbidden": ("there is no such field", "leave it out, or {instead}"),
    "timezone_aware": ("{given} has no offset", _OFFSET),
    "datetime_from_date_parsing": ("{given} is not a time", _RFC),
    "datetime_parsing": ("{given} is not a time", _RFC),
    "datetime_type": ("{given} is not a time", _RFC),
    "string_type": ("{given} is not a text", "write it as text, in quotes"),
    "string_unicode": ("it holds half of a surrogate pair", "send whole characters"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": ("{given} is not a number", "write a number, without quotes"),
    "float_parsing": ("{given} is not a number", "write a number, without quotes"),
    "finite_number": ("{given} is not a finite number", "write a finite number"),
    "bool_type": ("{given} is neither true nor false", "write true or false, without quotes"),
    "bool_parsing": (
        "{given} is neither true nor false",
        "write true or false, without quotes",
    ),
    "list_type": ("{given} is not a list", "write a list, in square brackets"),
    "tuple_type": ("{given} is not a list", "write a list, in square brackets"),
    "date_from_datetime_parsing": ("{given} is not a day", "write it like 2026-12-25"),
    "date_from_datetime_inexact": ("{given} is not a day", "write it like 2026-12-25"),
    "dict_type": ("{given} is not an object", "write an object, in curly brackets"),
    "model_type": ("{given} is not an object", "write an object, in curly brackets"),
    "greater_than_equal": ("{given} is too small", "give at least {ge}"),
    "less_than_equal": ("{given} is too large", "give at most {le}"),
    "greater_than": ("{given} is too small", "give more than {gt}"),
    "less_than": ("{given} is too large", "give less than {lt}"),
    "literal_error": ("{given} is unknown", "use {expected}"),
}
"""By pydantic's name of a fault; what is not here is told in pydantic's own words."""


def shown(value: Any) -> str:
    """A wrong value as it is repeated."""
    given = _written(value)
    return given if len(given) <= LONGEST else given[: LONGEST - 1] + "…"


def _written(value: Any) -> str:
    """A value as whoever wrote it in JSON knows it; a text in the quotes that it stands out in."""
    if value is None or isinstance(value, bool | list | dict):
        with suppress(ValueError, TypeError, RecursionError):
            told = json.dumps(value, ensure_ascii=False)
            return told.encode("utf-8", "backslashreplace").decode()
    try:
        return repr(value)
    except RecursionError:
        return "what is nested so deep"


def words(
    fault: Any,  # Any: pydantic's description of a fault
    instead: str,
) -> tuple[str, str]:
    """What is wrong and what would be right.

    Args:
        fault: What was found.
        instead: What to do instead of naming something that there is not.
    """
    given = shown(fault["input"])
    known = _TOLD.get(fault["type"])
    if known is not None:
        facts = {"given": given, "instead": instead, **fault.get("ctx", {})}
        return known[0].format(**facts), known[1].format(**facts)
    what = str(fault["msg"]).removeprefix("Value error, ")
    for mark in (";", ":"):
        head, found, tail = what.partition(mark)
        if found and fault["type"] == "value_error":
            return head.strip(), tail.strip()
    return what, what[0].lower() + what[1:]
