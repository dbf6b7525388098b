"""A policy as a TOML file: read, judged, written."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import msgspec
from pydantic import ValidationError

from agents.faults import words
from agents.policy import Policy


class Problem(msgspec.Struct, frozen=True):
    """One fault of a policy file: where, what is wrong, what would be right."""

    where: str
    what: str
    remedy: str


class PolicyInvalid(ValueError):
    """A policy file has faults.

    Attributes:
        problems: All of them.
    """

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.where}: {p.what}" for p in problems))
        self.problems = problems


def parse(text: str) -> Policy:
    """The policy in a TOML text.

    Raises:
        PolicyInvalid: With every fault that was found.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # such as a number of thousands of digits
        problem = Problem("the file", f"it is not TOML ({error})", "see `pactdesk policy show`")
        raise PolicyInvalid([problem]) from error
    try:
        return Policy.model_validate(table)
    except ValidationError as error:
        raise PolicyInvalid([_problem(fault) for fault in error.errors()]) from error


def check(text: str) -> list[Problem]:
    """The faults of a policy text; empty when there is none."""
    try:
        parse(text)
    except PolicyInvalid as error:
        return error.problems
    return []


def _problem(fault: Any) -> Problem:  # Any: pydantic's description of an error
    where = ".".join(str(part) for part in fault["loc"]) or "the policy"
    if fault["type"] == "value_error":
        what = str(fault["msg"]).removeprefix("Value error, ")
        head, mark, tail = what.partition("; ")
        return Problem(where, head, tail if mark else what)
    names = _names(fault["loc"][:-1])
    see = f"use one of {', '.join(names)}" if names else "see `pactdesk policy show` for the names"
    what, right = words(fault, see)
    if fault["type"] == "missing":
        right += "; `pactdesk policy show` prints a whole file"
    return Problem(where, what[:300], right)


def _names(place: tuple[int | str, ...]) -> list[str]:
    """What may stand at a place of the file, as far as its tables have fixed names."""
    table: Any = Policy  # Any: what a field is made of
    for part in place:
        table = table.model_fields[part].annotation if part in table.model_fields else None
        if not hasattr(table, "model_fields"):
            return []
    return list(table.model_fields)


def to_toml(policy: Policy) -> str:
    """The whole policy as TOML; reading it again gives the same policy."""
    lines: list[str] = []
    _table(lines, [], policy.model_dump())
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(lines: list[str], path: list[str], table: dict[str, Any]) -> None:
    plain = {k: v for k, v in table.items() if not isinstance(v, dict)}
    if path and (plain or not table):
        lines += ["", f"[{'.'.join(_key(part) for part in path)}]"]
    lines += [f"{_key(name)} = {_value(value)}" for name, value in plain.items()]
    for name, value in table.items():
        if isinstance(value, dict):
            _table(lines, [*path, name], value)


def _key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "")
    return name if bare.isascii() and bare.isalnum() else _value(name)


def _value(value: Any) -> str:  # Any: a value of the policy
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    # JSON's escapes are TOML's, which wants one more character written so.
    return msgspec.json.encode(str(value)).decode().replace("\x7f", "\\u007f")
