"""The few shapes of Markdown that the pages are made of, and docstrings taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from inspect import cleandoc

_ATTRIBUTE = re.compile(r"^    (\w+): (.*)$")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell's bars are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text in the fixed-width face; nothing for nothing."""
    return f"`{text}`" if text else ""


def says(thing: object) -> str:
    """A docstring without its sections, as one paragraph each."""
    text = thing.__doc__ or ""
    parts = []
    for part in re.split(r"\n\s*\n", text):
        if re.match(r"^\s*(Attributes|Args|Returns|Raises):", part):
            break
        parts.append(" ".join(part.split()))
    return "\n\n".join(parts)


def attributes(kind: type) -> dict[str, str]:
    """What the `Attributes:` sections of a class and its bases say of each field."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found |= attributes_in(base.__doc__ or "")
    return found


def attributes_in(text: str) -> dict[str, str]:
    """What the `Attributes:` section of a docstring says of each field."""
    found: dict[str, str] = {}
    name = ""
    for line in cleandoc(text).partition("Attributes:")[2].splitlines():
        if re.match(r"\S", line):  # the next section
            break
        match = _ATTRIBUTE.match(line)
        if match:
            name = match[1]
            found[name] = match[2]
        elif name and line.strip():
            found[name] += " " + line.strip()
        elif not line.strip():
            name = ""
    return found
