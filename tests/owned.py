"""Files with projections of a user's own, and desks and settings that name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streams.settings import ProjectionSettings, Settings

THANKS = """
from pactdesk.projections import Projection, Row, replace

class Letters(Row):
    customer_id: str
    letters: int = 0

def evolve(row, record):
    row = row or Letters(record.event.customer_id)
    return replace(row, letters=row.letters + 1)

letters = Projection("letters", ["ContactReceived"], Letters, evolve, key="customer_id")
"""
"""How often each customer wrote."""

STUMBLES = THANKS.replace(
    "    return replace",
    '    if "stone" in record.event.message:\n'
    '        raise ValueError("a stone")\n'
    "    return replace",
)
"""The same, which cannot fold a message with a stone in it."""

LATEST = """
from pactdesk.projections import Projection, Row

class Latest(Row):
    channel: str
    customer_id: str = ""

def evolve(row, record):
    return Latest(record.event.channel, record.event.customer_id)

latest = Projection("latest", ["ContactReceived"], Latest, evolve, key="channel")
"""
"""Who wrote last on each channel: of all customers, whatever partition they lie in."""

MOVES = """
from pactdesk.projections import Json, Projection, Row, json_of, replace, rfc3339

class Life(Row):
    ticket_id: str
    statuses: Json = Json("[]")
    events: int = 0
    last_at: str | None = None
    urgent: bool = False
    minutes: float | None = None

def evolve(row, record):
    row, event = row or Life(record.event.ticket_id), record.event
    before = __import__("json").loads(row.statuses)
    return replace(
        row,
        statuses=json_of([*before, event.status]),
        events=row.events + 1,
        last_at=rfc3339(record.at),
        urgent=event.priority == "urgent",
        minutes=getattr(event, "resolution_minutes", row.minutes),
    )

KINDS = ["TicketOpened", "TicketTriaged", "TicketResolved", "TicketReopened", "TicketClosed"]
life = Projection(
    "life", KINDS, Life, evolve, key=lambda record: record.event.ticket_id,
    view="SELECT l.*, t.category FROM o_life l JOIN v1_tickets t ON t.ticket_id = l.ticket_id",
)
"""
"""What became of each ticket: every kind of column, a key that is a function, a view that joins."""


def written(folder: Path, text: str, name: str = "my_tables.py") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def naming(*files: Path | str, **more: Any) -> Settings:
    """Settings that name some files."""
    own = [str(file) for file in files]
    return Settings(projections=ProjectionSettings(own=own), **more)
