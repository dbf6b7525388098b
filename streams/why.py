"""Why: the chain of causes of anything, back to what came from outside."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from schemas.event import Decision, Event
from schemas.events.contacts import SpecialistUnavailable, TimerDue
from schemas.events.decisions import FollowUpScheduled, ReplyRequested
from schemas.events.tickets import (
    SlaStarted,
    TicketAwaitsCustomer,
    TicketMoved,
    TicketResolved,
    TicketSnoozed,
)
from schemas.record import Record, partition_of
from schemas.topics import DEAD_LETTERS, TICKETS, TOPICS
from schemas.vocabulary import rfc3339
from streams.deadletters import letter_of
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry
from streams.errors import NotFound, Unreadable

Tree = dict[str, Any]  # JSON


def why(database: Database, subject: str) -> Tree:
    """The causes of a record, or of every change of a ticket.

    Args:
        database: The store's connection.
        subject: The id of a record, a reply or a ticket.

    Returns:
        A document with `id`, `type`, `by`, `at`, what was decided, and `cause`, which is the
        same shape, down to the outside record; for a ticket, `changes` with one such document
        each.

    Raises:
        NotFound: No record and no ticket has this id.
    """
    log = SqliteLog(database)
    entry = log.find(subject)
    if entry is not None:
        return _chain(log, database, entry)
    changes = _changes(database, subject)
    if not changes:
        raise NotFound(
            f"no record, reply or ticket has the id {subject}",
            "take an id from `pactdesk events`, `tickets` or `decisions`",
        )
    chains = [_chain(log, database, change) for change in changes]
    return {"id": subject, "type": "Ticket", "changes": chains}


def _changes(database: Database, ticket_id: str) -> list[Entry]:
    """The events of a ticket, on the line that it is on and on those that it came from."""
    row = database.execute(
        "SELECT customer_id FROM p_tickets WHERE ticket_id = ?", (ticket_id,)
    ).fetchone()
    ahead = [] if row is None else [str(row[0])]
    found: dict[str, Entry] = {}
    lines: set[str] = set()
    while ahead:
        line = ahead.pop()
        if line in lines:
            continue
        lines.add(line)
        for entry in _naming(database, TICKETS.name, line, ticket_id):
            event = entry.record().event
            if getattr(event, "ticket_id", None) == ticket_id:
                found[entry.id] = entry
                if isinstance(event, TicketMoved):
                    ahead.append(event.from_customer_id)
    return sorted(found.values(), key=lambda entry: entry.seq)


def _naming(
    database: Database, topic: str, line: str, name: str, before: int | None = None
) -> Iterator[Entry]:
    """The entries of a line's partition whose bytes hold a name, the latest first.

    SQLite looks through the bytes of the one partition; what does not match is never decoded.
    """
    columns = ", ".join(Entry._fields[:9])
    rows = database.execute(
        f"SELECT {columns} FROM log WHERE topic = ? AND partition = ? AND key = ?"
        " AND seq < ? AND instr(value, CAST(? AS BLOB)) ORDER BY offset DESC",
        (topic, partition_of(line), line, before or _LAST, name),
    )
    for row in rows:
        yield Entry(*row)


_LAST = 2**62

_SET_BY: dict[str, tuple[type[Event], ...]] = {
    "follow_up": (FollowUpScheduled,),
    "first_reply_warning": (SlaStarted,),
    "first_reply_breach": (SlaStarted,),
    "resolution_warning": (SlaStarted,),
    "resolution_breach": (SlaStarted,),
    "wake": (TicketSnoozed,),
    "assume_resolved": (TicketAwaitsCustomer,),
    "close": (TicketResolved,),
    "ask_again": (SpecialistUnavailable,),
    "offline": (ReplyRequested,),
}
"""Which fact sets a timer, by the timer's kind."""


def _setter(database: Database, entry: Entry, timer: TimerDue) -> Entry | None:
    """The fact that set a timer: the last of its kind about the ticket before it ran out."""
    for kind in _SET_BY[timer.kind]:
        named = _naming(database, kind.TOPIC, timer.customer_id, timer.ticket_id, entry.seq)
        for one in named:
            event = one.record().event
            same = getattr(event, "target", None) == timer.target or timer.target is None
            if isinstance(event, kind) and same:
                return one
    return None


def _chain(log: SqliteLog, database: Database, entry: Entry) -> Tree:
    nodes: list[Tree] = []
    seen: set[str] = set()
    cause: Entry | str | None = entry
    while isinstance(cause, Entry) and cause.id not in seen:
        seen.add(cause.id)
        node, cause = _node(log, database, cause)
        nodes.append(node)
    if isinstance(cause, str):
        nodes.append({"id": cause, "type": "unknown"})
    for effect, because in pairwise(nodes):
        effect["cause"] = because
    return nodes[0]


def _node(log: SqliteLog, database: Database, entry: Entry) -> tuple[Tree, Entry | str | None]:
    """An entry as the chain shows it, and its cause: another one, or an id that is not there."""
    if entry.topic == DEAD_LETTERS.name:
        return _letter(log, entry)
    try:
        record = entry.record()
    except Unreadable as error:
        return {
            "id": entry.id,
            "type": "unreadable",
            "topic": entry.topic,
            "error": error.what,
        }, None
    if record.cause is not None:
        return shown(record), log.find(record.cause) or record.cause
    if isinstance(record.event, TimerDue):
        return shown(record), _setter(database, entry, record.event)
    return shown(record), None


def _letter(log: SqliteLog, entry: Entry) -> tuple[Tree, Entry | None]:
    letter = letter_of(entry)
    tree: Tree = {
        "id": entry.id,
        "type": "DeadLetter",
        "by": letter.handler,
        "at": letter.at,
        "topic": entry.topic,
        "origin": letter.origin,
        "error": letter.error,
        "remedy": letter.remedy,
    }
    topic, _, place = letter.origin.partition("/")
    if topic not in TOPICS or not place:
        return tree, None
    partition, _, offset = place.partition("/")
    found = log.read(topic, int(partition), int(offset), 1)
    return tree, found[0] if found else None


def shown(record: Record) -> Tree:
    """A record as the chain shows it: who, when, what, and why it was decided so."""
    event = record.event
    tree: Tree = {
        "id": record.id,
        "type": record.type,
        "by": record.by,
        "at": rfc3339(record.at),
        "topic": record.topic,
    }
    if isinstance(event, Decision):
        tree |= {
            "action": event.ACTION,
            "outcome": event.outcome,
            "confidence": event.confidence,
            "threshold": event.threshold,
            "reasons": event.reasons,
            "candidates": [c.model_dump(exclude_none=True) for c in event.candidates],
            "policy_version": event.policy_version,
            "model_versions": event.model_versions,
        }
    return tree


def as_text(tree: Tree, indent: int = 0) -> str:
    """The tree in lines, the effect first and each cause below it."""
    lines = []
    if "changes" in tree:
        lines.append(f"ticket {tree['id']}")
        lines += [as_text(change, 1) for change in tree["changes"]]
        return "\n".join(lines)
    node: Tree | None = tree
    depth = indent
    while node is not None:
        lead = "  " * depth + ("" if depth == indent else "<- ")
        told = node.get("outcome")
        score = node.get("confidence")
        more = f" = {told}" if told else ""
        if score is not None:
            more += f" ({score:.2f}"
            limit = node.get("threshold")
            more += f", threshold {limit:.2f})" if limit is not None else ")"
        reasons = node.get("reasons")
        if reasons:
            more += " because " + ", ".join(reasons)
        lines.append(
            f"{lead}{node['type']} by {node.get('by', '?')} at {node.get('at', '?')}{more}"
        )
        node = node.get("cause")
        depth += 1
    return "\n".join(lines)


def as_mermaid(tree: Tree) -> str:
    """The tree as a Mermaid flowchart, causes above effects."""
    lines = ["flowchart TD"]
    drawn: set[str] = set()
    for top in tree.get("changes", [tree]):
        node: Tree | None = top
        while node is not None:
            name = "r" + node["id"][:12]
            if name not in drawn:
                drawn.add(name)
                lines.append(f'  {name}["{node["type"]}<br/>{node.get("by", "")}"]')
            cause = node.get("cause")
            if cause is not None:
                edge = f"  r{cause['id'][:12]} --> {name}"
                if edge not in drawn:
                    drawn.add(edge)
                    lines.append(edge)
            node = cause
    return "\n".join(dict.fromkeys(lines))
