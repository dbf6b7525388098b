"""Records and messages as every surface shows them: the command line, HTTP, the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.deadletters import letter_line
from streams.entry import Entry
from streams.errors import Unreadable

if TYPE_CHECKING:
    from streams.asof import View
    from streams.engines import AnyDesk
    from streams.query import Rows


def record_line(entry: Entry, position: str) -> dict[str, Any]:
    """A record as JSON; of what is none, where it lies and what its headers say.

    Args:
        entry: Where it lies.
        position: The position behind it.
    """
    try:
        record = entry.record()
    except Unreadable:
        return letter_line(entry, position)
    return {
        "id": record.id,
        "type": record.type,
        "topic": entry.topic,
        "partition": entry.partition,
        "offset": entry.offset,
        "key": record.key,
        "at": record.at,
        "by": record.by,
        "cause": record.cause,
        "correlation": record.correlation,
        "sequence": record.sequence,
        "previous": record.previous,
        "position": position,
        "event": record.event.model_dump(mode="json"),
    }


def with_files(view: AnyDesk | View, ticket_id: str, said: Rows) -> Rows:
    """A ticket's messages, each with the files that came with it, in their order.

    Args:
        view: Where the files are looked for.
        ticket_id: The ticket.
        said: Its messages.
    """
    files = view.query(
        "SELECT * FROM v1_attachments WHERE ticket_id = ? ORDER BY interaction_id, place",
        (ticket_id,),
    )
    by_message: dict[str, Rows] = {}
    for one in files:
        by_message.setdefault(one["interaction_id"], []).append(one)
    return [{**one, "attachments": by_message.get(one["interaction_id"], [])} for one in said]


def drafts_of(view: AnyDesk | View, ticket_id: str) -> Rows:
    """What a language model proposed for a ticket, in its order."""
    return view.query(
        "SELECT * FROM v1_drafts WHERE ticket_id = ? ORDER BY ended_at, draft_id", (ticket_id,)
    )
