"""What set a field of a ticket: the ticket's own fold, looked at after each of its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from projections.tables import TABLES
from projections.tables.table import Json
from schemas.event import Event
from schemas.events.tickets import TicketMoved, TicketOpened, TicketTriaged
from schemas.record import Record
from schemas.topics import TICKETS
from schemas.vocabulary import rfc3339
from streams.entry import Entry
from streams.errors import NotFound
from streams.why.shown import Tree

_TABLE = next(one for one in TABLES if one.topic == TICKETS.name and one.name == "tickets")

DECIDED_BY_TRIAGE = frozenset(
    {
        "priority",
        "category",
        "category_confidence",
        "team",
        "tags",
        "estimated_resolution_minutes",
        "language",
        "sentiment_score",
        "vip_status",
    }
)
"""Fields that triage decides, even where it comes to what stood there before."""


def keys(record: Record) -> Sequence[str]:
    """The tickets that a record touches."""
    return _TABLE.keys(record)


def moved_from(record: Record, ticket_id: str) -> str | None:
    """From which line a ticket came with a record, if it came with this one."""
    event = record.event
    if isinstance(event, TicketMoved) and event.ticket_id == ticket_id:
        return event.from_customer_id
    return None


def of_field(
    ticket_id: str,
    field: str,
    changes: Iterable[Entry],
    chain: Callable[[Entry], Tree],
    wrote: Callable[[str, Entry], str | None],
) -> Tree:
    """What set a field of a ticket to what it is now, with the values that it had before.

    Args:
        ticket_id: The ticket.
        field: A column of v1_tickets.
        changes: What touched the ticket, in its order.
        chain: Gives an entry with its causes.
        wrote: Gives the text of a contact that an entry names, as far as the log has it.

    Raises:
        NotFound: There is no such ticket, or it has no such field.
    """
    if field not in _TABLE.columns:
        raise NotFound(
            f"a ticket has no field {field}", "use one of " + ", ".join(sorted(_TABLE.columns))
        )
    row: Any = None  # a table's row
    steps: list[tuple[Entry, Any]] = []
    for entry in changes:
        record = entry.record()
        after = _TABLE.evolve(row, record, ticket_id)
        if after is None:
            continue
        decided = isinstance(record.event, TicketTriaged) and field in DECIDED_BY_TRIAGE
        if row is None or decided or getattr(row, field) != getattr(after, field):
            first = _first_message(field, record.event)
            text = None if first is None else wrote(first, entry)
            steps.append((entry, _value(getattr(after, field)) if text is None else text))
        row = after
    if not steps:
        raise NotFound(f"there is no ticket {ticket_id}", "see `pactdesk tickets`")
    last, value = steps[-1]
    return {
        "id": ticket_id,
        "type": "TicketField",
        "field": field,
        "value": value,
        "set_by": chain(last),
        "earlier": [
            {"value": was, "at": rfc3339(one.record().at), "id": one.id} for one, was in steps[:-1]
        ],
    }


def _first_message(field: str, event: Event) -> str | None:
    """The contact in which the description of a ticket that was split off stands, as in the view.

    The agent that opens such a ticket knows what the messages are, and no text of them.
    """
    if field == "description" and isinstance(event, TicketOpened) and event.origin == "split":
        return event.contact_id
    return None


def _value(held: Any) -> Any:  # Any: a column's value
    return msgspec.json.decode(str(held)) if isinstance(held, Json) else held
