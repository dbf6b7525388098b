"""The lines that a customer or a ticket has been on, and what lies on them.

One customer's line is a small part of a log; where lines were merged or tickets went over from one
to another, all of those lines belong together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from schemas.record import Record, partition_of
from schemas.topics import CONTACTS, DECISIONS, TICKETS
from streams.directory import Directory
from streams.embedded.database import Database
from streams.entry import Entry
from streams.errors import Unreadable

TOPICS = (CONTACTS.name, DECISIONS.name, TICKETS.name)
"""Where what is on a line lies."""

_OTHERS = ("from_customer_id", "to_customer_id", "other_customer_id", "into")
"""Fields of events that name another line."""

_NAMING = frozenset(
    {
        "LinkAsked",
        "UnlinkAsked",
        "RecordForwarded",
        "TicketHandedOver",
        "IdentityLinked",
        "IdentityUnlinked",
        "CustomersMerged",
        "CustomersUnmerged",
        "TicketMoved",
    }
)
"""The events that have such a field."""

_MARKS = tuple(f'"ce_type":"{name}"' for name in sorted(_NAMING))


def together(
    database: Database, *, customer: str | None = None, ticket: str | None = None
) -> set[str]:
    """The lines that a customer or a ticket has been on, with all that were merged with them.

    Args:
        database: The store.
        customer: The customer's id.
        ticket: The ticket's id; no line where there is no such ticket.
    """
    first = customer if ticket is None else Directory(database).owner_of(ticket)
    found: set[str] = set()
    waiting = [] if first is None else [first]
    while waiting:
        line = waiting.pop()
        if line not in found:
            found.add(line)
            waiting += _others(entries(database, [line], TOPICS))
    return found


def entries(database: Database, lines: Collection[str], topics: Iterable[str]) -> Iterator[Entry]:
    """What lies on some lines, in the order of appending; of each topic after the other's."""
    marks = ", ".join("?" * len(lines))
    partitions = sorted({partition_of(line) for line in lines})
    places = ", ".join("?" * len(partitions))
    for topic in topics:
        rows = database.execute(
            "SELECT seq, topic, partition, offset, key, headers, value, appended_at, id FROM log"
            f" WHERE topic = ? AND partition IN ({places}) AND key IN ({marks}) ORDER BY seq",
            (topic, *partitions, *lines),
        )
        for row in rows:
            yield Entry(*row)


def _others(some: Iterable[Entry]) -> Iterator[str]:
    """The lines that some records name."""
    for entry in some:
        if any(mark in entry.headers for mark in _MARKS):
            try:
                yield from _named(entry.record())
            except Unreadable:
                continue


def _named(record: Record) -> Iterator[str]:
    for field in _OTHERS:
        named = getattr(record.event, field, None)
        if isinstance(named, str):
            yield named
