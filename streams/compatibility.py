"""Whether the models and every committed schema read each other, by the `avro` package's rules."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from schemas.avro import schema_of
from schemas.events import EVENTS
from streams.codec import known_schemas


def findings() -> list[str]:
    """What a reader of one side could not read from the other, in words."""
    found = []
    for name in sorted(known_schemas().values()):
        text = resources.files("schemas").joinpath("avro", name).read_text("utf-8")
        committed = json.loads(text)
        kind = EVENTS.get(committed["name"])
        if kind is None:
            found.append(f"{name}: the event {committed['name']} is gone; events are never removed")
            continue
        current = schema_of(kind)
        found += _unreadable(name, reader=current, writer=committed, direction="today's models")
        found += _unreadable(name, reader=committed, writer=current, direction="its readers")
    return found


def _unreadable(
    name: str, *, reader: dict[str, Any], writer: dict[str, Any], direction: str
) -> list[str]:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # it has no types
    result = checker.get_compatibility(
        reader=avro.schema.parse(json.dumps(reader)), writer=avro.schema.parse(json.dumps(writer))
    )
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    return [f"{name}: {direction} cannot read it: {message}" for message in sorted(result.messages)]
