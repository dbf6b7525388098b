"""Every event, by the topic it travels on."""

from __future__ import annotations

from schemas.event import Event
from schemas.events import (
    choices,
    contacts,
    control,
    decisions,
    desk,
    drafts,
    intents,
    knowledge,
    metrics,
    tickets,
)

_ROOMS = (contacts, intents, decisions, choices, tickets, desk, knowledge, metrics, control, drafts)


def _declared() -> dict[str, type[Event]]:
    return {
        name: kind
        for room in _ROOMS
        for name, kind in vars(room).items()
        if isinstance(kind, type)
        and issubclass(kind, Event)
        and kind.__module__ == room.__name__
        and not name.startswith("_")
    }


EVENTS: dict[str, type[Event]] = _declared()
"""Event types by name, in the order of their declaration."""
