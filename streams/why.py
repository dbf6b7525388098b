"""Why: the chain of causes of anything, back to what came from outside."""

from __future__ import annotations

from typing import Any

from schemas.event import Decision
from schemas.record import Record, partition_of
from schemas.vocabulary import rfc3339
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.errors import NotFound

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
        return _chain(log, entry.record())
    changes = _changes(database, log, subject)
    if not changes:
        raise NotFound(
            f"no record, reply or ticket has the id {subject}",
            "take an id from `pactdesk events`, `tickets` or `decisions`",
        )
    return {"id": subject, "type": "Ticket", "changes": changes}


def _changes(database: Database, log: SqliteLog, ticket_id: str) -> list[Tree]:
    row = database.execute(
        "SELECT customer_id FROM p_tickets WHERE ticket_id = ?", (ticket_id,)
    ).fetchone()
    if row is None:
        return []
    return [
        _chain(log, record)
        for record in of_line(log, str(row[0]), "support.tickets.v1")
        if getattr(record.event, "ticket_id", None) == ticket_id
    ]


def of_line(log: SqliteLog, key: str, topic: str) -> list[Record]:
    """The records of one line on one topic, in order."""
    partition = partition_of(key)
    found, start = [], 0
    while batch := log.read(topic, partition, start, 500):
        found += [entry.record() for entry in batch if entry.key == key]
        start = batch[-1].offset + 1
    return found


def _chain(log: SqliteLog, record: Record) -> Tree:
    top: Tree = shown(record)
    at = top
    seen = {record.id}
    while record.cause is not None and record.cause not in seen:
        seen.add(record.cause)
        entry = log.find(record.cause)
        if entry is None:
            at["cause"] = {"id": record.cause, "type": "unknown"}
            break
        record = entry.record()
        at["cause"] = shown(record)
        at = at["cause"]
    return top


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
        for change in tree["changes"]:
            lines.append(as_text(change, 1))
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
