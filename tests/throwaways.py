"""Things that somebody added and then forgot about, for `tests/adding`: a plugin of pytest.

`PIGEONS` names what is added, before any test is read. Nothing else is done about it, so that the
tests which name what was forgotten must fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from agents.agent import Agent
from agents.roster import ROSTERS
from schemas.event import Decision, Event, Intent, TicketEvent
from schemas.events import EVENTS
from schemas.events.contacts import CustomerDescribed
from streams import settings, views
from streams.cli.commands import COMMANDS, Command


class PigeonSeen(Decision):
    """A pigeon was seen."""

    ACTION = "pigeon.look_out"


class PigeonAsked(Intent):
    """A person wants the answer sent by pigeon."""


class TicketFlown(TicketEvent):
    """The ticket went by pigeon."""


class WithPigeons(settings.Settings):
    """Every setting, and two more."""

    pigeons: int = 0
    pigeon_token: str | None = None


def _declared(kind: type[Event], module: str) -> Callable[[], None]:
    def declare() -> None:
        kind.__module__ = f"schemas.events.{module}"
        EVENTS[kind.__name__] = kind

    return declare


def _agent() -> None:
    EVENTS["PigeonSeen"] = PigeonSeen
    reads, writes = frozenset({CustomerDescribed}), frozenset({PigeonSeen})
    ROSTERS["customer"] += (Agent("pigeon", "customer", reads, writes, lambda *_: ()),)


def _command() -> None:
    COMMANDS["pigeon"] = Command("verbs", "send a pigeon")


def _view() -> None:
    before = views.of_tables()
    views.of_tables = lambda: (*before, "CREATE VIEW v1_pigeons AS SELECT 1 AS wings")  # type: ignore[assignment]  # it need not be cached


def _settings() -> None:
    settings.Settings = WithPigeons  # type: ignore[misc]  # a name is given a new value


ADDED: dict[str, Callable[[], None]] = {
    "decision": _declared(PigeonSeen, "decisions"),
    "intent": _declared(PigeonAsked, "intents"),
    "ticket event": _declared(TicketFlown, "tickets"),
    "agent": _agent,
    "command": _command,
    "view": _view,
    "setting": _settings,
}

for name in os.environ.get("PIGEONS", "").split(","):
    if name:
        ADDED[name]()
