"""Functions made of source text, for what is the same for all values of one Avro schema.

A function that walks along a schema asks at every value what it asked at the value before. One
whose text was written along the schema has nothing left to ask. Nothing in the text comes from
outside: it is put together from lines of `streams.avro_writing` and `streams.avro_reading`, from
names that are counted here, and from quoted names of fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Schema = Any
"""A schema is JSON of any shape."""


class Source:
    """Functions that call each other, and what they know by name.

    Args:
        known: What they know from the start.
    """

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = dict(known)
        self._lines: list[str] = []
        self._named: dict[str, Schema] = {}

    def typed(self, schema: Schema) -> tuple[str, Schema]:
        """The type of a schema that is no union, and the schema; by its name where it has one."""
        if isinstance(schema, str):
            schema = self._named.get(schema, {"type": schema})
        elif "name" in schema:
            self._named[f"{schema['namespace']}.{schema['name']}"] = schema
        return schema.get("logicalType", schema["type"]), schema

    def knows(self, value: object) -> str:
        """The functions know a value from now on; returns by which name."""
        name = f"known_{len(self._known)}"
        self._known[name] = value
        return name

    def function(self, parameters: str, body: Iterable[str]) -> str:
        """Add a function of some lines; returns its name."""
        name = f"function_{len(self._lines)}"
        self._lines += (f"def {name}({parameters}):", *(f" {line}" for line in body))
        return name

    def made(self, name: str) -> Callable[..., Any]:
        """One of the functions, once all are there."""
        exec("\n".join(self._lines), self._known)  # noqa: S102  # no text from outside, see above
        found: Callable[..., Any] = self._known[name]  # type: ignore[assignment]  # just made
        return found
