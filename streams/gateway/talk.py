"""What was said in the chat, as a visitor's page shows it: from the tables, or from the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from projections.tables.attachments import attachment_id
from schemas.event import Attachment
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from schemas.vocabulary import rfc3339
from streams.channels import chat
from streams.file_links import PURPOSE, link_to
from streams.files.names import plain_name

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.settings import Settings

File = dict[str, Any]
"""A file as pages are told of it."""

MOST = 100
"""Messages that somebody sees of what was said before."""

BY_PEOPLE = frozenset({"agent_reply", "opening"})
"""Kinds of replies that people write; the others are the desk's own."""


class Handed(NamedTuple):
    """How a page gets the files of our messages.

    Attributes:
        public_url: How customers reach the gateway; empty where a page knows that alone.
        key: The desk's key for links to files.
        now: From when on the links hold.
    """

    public_url: str
    key: bytes
    now: datetime

    def shown(self, request_id: str, files: Iterable[tuple[int, Attachment]]) -> list[File]:
        """Files of a message, by their places in it, with their links."""
        return [
            {
                "name": plain_name(one.name),
                "media_type": one.media_type,
                "size": one.size,
                "url": link_to(
                    attachment_id(request_id, place), self.now, self.public_url, self.key
                ),
            }
            for place, one in files
        ]


def handed(desk: AnyDesk, settings: Settings, now: datetime) -> Handed:
    """How pages get files of a desk."""
    key = desk.intake.resolver.key_for(PURPOSE)
    return Handed(settings.gateway.public_url or "", key, now)


def said(desk: AnyDesk, handles: Sequence[str], files: Handed) -> list[dict[str, Any]]:
    """What was said before, the latest at the end.

    Args:
        desk: The desk.
        handles: The addresses of one visitor.
        files: How the page gets files.
    """
    rows = desk.query(
        "SELECT message_id, handle, direction, at, text, buttons, kind, provider_id, delivery"
        f" FROM v1_messages WHERE handle IN ({', '.join('?' * len(handles))}) AND channel = ?"
        f" ORDER BY at DESC, direction DESC, message_id LIMIT {MOST}",
        (*handles, chat.NAME),
    )
    enclosed = _enclosed(desk, [str(row["message_id"]) for row in rows], files)
    return [_row(row, enclosed.get(row["message_id"], [])) for row in reversed(rows)]


def _enclosed(desk: AnyDesk, messages: Sequence[str], files: Handed) -> dict[str, list[File]]:
    """The files of those of these messages that are ours."""
    found: dict[str, list[File]] = {}
    if messages:
        rows = desk.query(
            "SELECT interaction_id, place, name, media_type, size FROM v1_attachments"
            f" WHERE direction = 'out' AND interaction_id IN ({', '.join('?' * len(messages))})"
            " ORDER BY interaction_id, place",
            messages,
        )
        for row in rows:
            about = {name: row[name] for name in ("name", "media_type", "size")}
            shown = files.shown(row["interaction_id"], [(row["place"], Attachment(**about))])
            found.setdefault(row["interaction_id"], []).extend(shown)
    return found


def _row(row: dict[str, Any], files: list[File]) -> dict[str, Any]:
    if row["direction"] == "in":
        return _in(row["message_id"], row["handle"], row["provider_id"], row["text"], row["at"])
    shown = _out(row["message_id"], row["kind"], row["text"], row["buttons"], row["at"], files)
    return shown | {"state": row["delivery"]}


def of_record(record: Record, handed_out: Handed) -> dict[str, Any]:
    """A message as its record says it.

    Args:
        record: The record.
        handed_out: How the page gets files.
    """
    event, at = record.event, rfc3339(record.at)
    if isinstance(event, ContactReceived):
        return _in(record.id, event.handle or "", event.provider_id, event.message, at)
    assert isinstance(event, ReplyRequested)
    files = handed_out.shown(record.id, enumerate(event.attachments))
    return _out(record.id, event.kind, "\n".join(event.parts), event.buttons, at, files)


def _in(number: str, handle: str, provider_id: str, text: str, at: str) -> dict[str, Any]:
    return {
        "id": number,
        "message_id": chat.number_of(handle, provider_id),
        "direction": "in",
        "at": at,
        "text": text,
        "state": "sent",
    }


def _out(
    number: str, kind: str, text: str, buttons: list[str], at: str, files: list[File]
) -> dict[str, Any]:
    return {
        "id": number,
        "direction": "out",
        "at": at,
        "text": text,
        "by": "person" if kind in BY_PEOPLE else "desk",
        "kind": kind,
        "buttons": buttons,
        "files": files,
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


def customer_of(desk: AnyDesk, ticket_id: str) -> str:
    """Whose a ticket is that the tables show."""
    rows = desk.query("SELECT customer_id FROM v1_tickets WHERE ticket_id = ?", [ticket_id])
    return str(rows[0]["customer_id"])
