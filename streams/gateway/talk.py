"""What was said in the chat, as a visitor's page shows it: from the tables, or from the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from schemas.vocabulary import rfc3339
from streams.channels import chat

if TYPE_CHECKING:
    from streams.engines import AnyDesk

MOST = 100
"""Messages that somebody sees of what was said before."""

BY_PEOPLE = frozenset({"agent_reply", "opening"})
"""Kinds of replies that people write; the others are the desk's own."""


def said(desk: AnyDesk, handles: Sequence[str]) -> list[dict[str, Any]]:
    """What was said before, the latest at the end.

    Args:
        desk: The desk.
        handles: The addresses of one visitor.
    """
    rows = desk.query(
        "SELECT message_id, handle, direction, at, text, buttons, kind, provider_id, delivery"
        f" FROM v1_messages WHERE handle IN ({', '.join('?' * len(handles))}) AND channel = ?"
        f" ORDER BY at DESC, direction DESC, message_id LIMIT {MOST}",
        (*handles, chat.NAME),
    )
    return [_row(row) for row in reversed(rows)]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    if row["direction"] == "in":
        return _in(row["message_id"], row["handle"], row["provider_id"], row["text"], row["at"])
    shown = _out(row["message_id"], row["kind"], row["text"], row["buttons"], row["at"])
    return shown | {"state": row["delivery"]}


def of_record(record: Record) -> dict[str, Any]:
    """A message as its record says it."""
    event, at = record.event, rfc3339(record.at)
    if isinstance(event, ContactReceived):
        return _in(record.id, event.handle or "", event.provider_id, event.message, at)
    assert isinstance(event, ReplyRequested)
    return _out(record.id, event.kind, "\n".join(event.parts), event.buttons, at)


def _in(number: str, handle: str, provider_id: str, text: str, at: str) -> dict[str, Any]:
    return {
        "id": number,
        "message_id": chat.number_of(handle, provider_id),
        "direction": "in",
        "at": at,
        "text": text,
        "state": "sent",
    }


def _out(number: str, kind: str, text: str, buttons: list[str], at: str) -> dict[str, Any]:
    return {
        "id": number,
        "direction": "out",
        "at": at,
        "text": text,
        "by": "person" if kind in BY_PEOPLE else "desk",
        "kind": kind,
        "buttons": buttons,
        "state": "sent",
    }


def whose(desk: AnyDesk, message_id: str) -> str | None:
    """The address that a message of the chat came from or goes to; empty for another channel's.

    None where the tables do not show such a message, yet or ever.
    """
    rows = desk.query("SELECT channel, handle FROM v1_messages WHERE message_id = ?", [message_id])
    if not rows:
        return None
    return str(rows[0]["handle"] or "") if rows[0]["channel"] == chat.NAME else ""


def ticket_of(desk: AnyDesk, handles: Sequence[str]) -> str | None:
    """The ticket that the last message of a visitor is on."""
    rows = desk.query(
        "SELECT i.ticket_id FROM v1_messages m"
        " JOIN v1_interactions i ON i.interaction_id = m.message_id"
        f" WHERE m.handle IN ({', '.join('?' * len(handles))}) AND m.channel = ?"
        " AND m.direction = 'in' AND i.ticket_id IS NOT NULL ORDER BY m.at DESC LIMIT 1",
        (*handles, chat.NAME),
    )
    return None if not rows else str(rows[0]["ticket_id"])
