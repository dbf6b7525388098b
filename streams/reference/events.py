"""The page of the events, from their models and the agents that write them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from agents.roster import ROSTERS
from schemas.event import Decision, Event, Intent, TicketEvent
from schemas.events import EVENTS
from schemas.topics import TOPICS
from schemas.vocabulary import Mark
from streams.reference.markdown import attributes, code, says, table
from streams.reference.types import default_name, type_name

FAMILIES: tuple[type[Event], ...] = (Decision, TicketEvent, Intent)
"""Bases whose fields every event of the family has."""

OUTSIDE: dict[str, str] = {
    "support.contacts.v1": "producers, people at the desk, effects and timers",
    "support.desk.v1": "producers",
    "support.knowledge.v1": "producers and people at the desk",
    "support.control.v1": "operators",
}
"""Who writes what no agent writes."""


def page() -> str:
    """The page."""
    parts = [
        "# Events",
        (
            "Every event is a fact in the past tense and never changes again. It travels as Avro"
            " in a record with id, key, time, author, cause, correlation and sequence; `pactdesk"
            " schemas show EVENT` prints its schema. Fields marked *personal* hold data of a"
            " person."
        ),
    ]
    for family in FAMILIES:
        parts += [
            f"## Every {family.__name__}",
            says(family),
            _fields(family, frozenset(Event.model_fields)),
        ]
    for topic in TOPICS.values():
        parts.append(f"## {topic.name}")
        kinds = [kind for kind in EVENTS.values() if topic.name == kind.TOPIC]
        if not kinds:
            parts.append("Bytes that could not be read, with where they came from and why.")
        for kind in kinds:
            parts += _event(kind)
    return "\n\n".join(parts)


def writers(kind: type[Event]) -> str:
    """Who writes an event: agents by the rosters, else whoever is outside."""
    agents = sorted(
        {agent.name for roster in ROSTERS.values() for agent in roster if kind in agent.writes}
    )
    return ", ".join(agents) or OUTSIDE.get(kind.TOPIC, "any worker")


def _event(kind: type[Event]) -> Iterator[str]:
    family = next((one for one in FAMILIES if issubclass(kind, one)), None)
    action = getattr(kind, "ACTION", None)
    yield f"### {kind.__name__}"
    yield says(kind)
    line = f"Written by: {writers(kind)}."
    if family is not None:
        line += f" Has the fields of every {family.__name__}."
    if action is not None:
        line += f" Action: {code(action)}."
    yield line
    shared = frozenset(family.model_fields) if family else frozenset[str]()
    if set(kind.model_fields) - shared:
        yield _fields(kind, shared)


def _fields(kind: type[Event], without: frozenset[str]) -> str:
    meanings = attributes(kind)
    return table(
        ("field", "type", "default", "meaning"),
        (
            (
                code(name),
                type_name(field.annotation) + (" *personal*" if _is_personal(field) else ""),
                code(default_name(field)),
                meanings.get(name, ""),
            )
            for name, field in kind.model_fields.items()
            if name not in without
        ),
    )


def _is_personal(field: FieldInfo) -> bool:
    marks = [one for one in field.metadata if isinstance(one, Mark)]
    return any(mark.personal for mark in marks) or "personal=True" in repr(field.annotation)
