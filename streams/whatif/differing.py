"""Where what is said now differs from what was said: output by output, field by field.

Ids derive from the cause, the agent and an ordinal, so that they say which output answers to which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from schemas.avro import personal_fields
from schemas.event import Decision, Event
from schemas.record import Record
from schemas.vocabulary import rfc3339

Kind = Literal["same", "changed", "missing", "added"]

NAMES = frozenset(("policy_version", "model_versions", "calendar_version", "revision", "threshold"))
"""Fields that say by what was decided, or count: another one alone is no other decision."""

MASK = "(personal)"
"""Stands for text about a person: what is compared may be handed on."""


class Comparison(msgspec.Struct, frozen=True):
    """An output as it was recorded and as it would be now.

    Attributes:
        kind: same; changed; missing, where it would not be said; added, where it was not.
        recorded: As it was said, if it was.
        again: As it would be said, if it would.
        identical: Whether it is the very same, names of versions too.
    """

    kind: Kind
    recorded: Record | None
    again: Record | None
    identical: bool = False

    @property
    def record(self) -> Record:
        """The one that there is; the recorded one of two."""
        found = self.recorded or self.again
        assert found is not None
        return found

    @property
    def action(self) -> str:
        """The dotted action of a decision, the event's name of what follows from one."""
        event = self.record.event
        return event.ACTION if isinstance(event, Decision) else type(event).__name__

    @property
    def ticket_id(self) -> str | None:
        """The ticket that it concerns, if any."""
        event = self.record.event
        found = getattr(event, "ticket_id", None)
        return None if found is None else str(found)

    def change(self) -> dict[str, Any]:
        """What differs, as JSON: the record, the action, and each field on both sides."""
        was, now = _fields(self.recorded), _fields(self.again)
        names = [n for n in (was | now) if n not in NAMES and was.get(n) != now.get(n)]
        return {
            "record_id": self.record.id,
            "at": rfc3339(self.record.at),
            "action": self.action,
            "kind": self.kind,
            "recorded": _shown(self.recorded, was, names),
            "again": _shown(self.again, now, names),
        }


def compared(recorded: Sequence[Record], again: Sequence[Record]) -> Iterator[Comparison]:
    """Each output of a turn on both sides, in the order of the recorded, what is added last.

    One that says something of another kind is two: the one is missing, the other added.
    """
    now = {record.id: record for record in again}
    for was in recorded:
        other = now.pop(was.id, None)
        if other is None or was.type != other.type:
            yield Comparison("missing", was, None)
            if other is not None:
                yield Comparison("added", None, other)
            continue
        identical = _envelope(was) == _envelope(other) and was.event == other.event
        same = identical or _means(was.event, other.event)
        yield Comparison("same" if same else "changed", was, other, identical)
    for other in now.values():
        yield Comparison("added", None, other)


def _envelope(record: Record) -> tuple[object, ...]:
    return (record.key, record.at, record.by, record.cause, record.correlation, record.trace)


def _means(was: Event, now: Event) -> bool:
    """Whether two events of a type say the same, whatever versions they name."""
    return all(
        getattr(was, name) == getattr(now, name)
        for name in type(was).model_fields
        if name not in NAMES
    )


def _fields(record: Record | None) -> dict[str, Any]:
    if record is None:
        return {}
    return {"type": record.type, **record.event.model_dump(mode="json")}


def _shown(
    record: Record | None, fields: dict[str, Any], names: Sequence[str]
) -> dict[str, Any] | None:
    """Some fields of one side as they may be handed on; None where there is no such side."""
    if record is None:
        return None
    personal = personal_fields(type(record.event))
    return {n: MASK if n in personal else fields[n] for n in names if n in fields}
