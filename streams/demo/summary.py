"""One screen's worth of what a desk holds after the demo."""

from __future__ import annotations

import resource
import sys
import textwrap
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from projections.tables import TABLES
from streams.embedded.rebuild import digest_of

if TYPE_CHECKING:
    from streams.desk import Desk

Summary = dict[str, Any]  # JSON

WIDTH = 100
"""Columns of the screen."""

_TOTALS = """
SELECT (SELECT count(*) FROM v1_tickets) AS tickets,
       (SELECT count(*) FROM v1_customers) AS customers,
       (SELECT count(*) FROM v1_interactions WHERE direction = 'in') AS contacts,
       (SELECT count(*) FROM v1_interactions WHERE kind = 'agent_reply') AS replies,
       (SELECT count(*) FROM v1_decisions) AS decisions,
       (SELECT count(DISTINCT action) FROM v1_decisions) AS actions,
       (SELECT count(*) FROM v1_interactions WHERE kind = 'answer') AS automatic_answers,
       (SELECT count(*) FROM v1_interactions WHERE kind = 'suggestion') AS suggestions,
       (SELECT count(*) FROM v1_tickets WHERE escalated_at IS NOT NULL) AS escalated,
       (SELECT count(*) FROM v1_tickets WHERE json_array_length(channels) > 1) AS switched_channel
"""

_COUNTS = {
    "statuses": "SELECT status AS name, count(*) AS n FROM v1_tickets GROUP BY 1",
    "channels": "SELECT channel AS name, count(*) AS n FROM v1_interactions"
    " WHERE direction = 'in' GROUP BY 1",
    "escalations": "SELECT j.value AS name, count(*) AS n"
    " FROM v1_tickets, json_each(escalation_reasons) j GROUP BY 1",
}

_FIRST_REPLIES = """
SELECT (julianday(first_replied_at) - julianday(created_at)) * 1440.0 AS minutes
FROM v1_tickets WHERE first_replied_at IS NOT NULL ORDER BY minutes
"""

# A ticket worth looking at: a customer who changed the channel and was answered by a person.
_TICKET = """
SELECT t.ticket_id
FROM v1_tickets t JOIN v1_interactions i ON i.ticket_id = t.ticket_id AND i.kind = 'agent_reply'
GROUP BY 1
ORDER BY json_array_length(t.channels) > 1 DESC, t.escalated_at IS NOT NULL DESC,
         abs(t.contacts - 5), t.ticket_id LIMIT 1
"""

# An answer worth asking about: the surest automatic one.
_ANSWER = """
SELECT interaction_id FROM v1_interactions WHERE kind = 'answer'
ORDER BY confidence DESC, interaction_id LIMIT 1
"""


def summed_up(desk: Desk, seconds: float, added: int) -> Summary:
    """The summary.

    Args:
        desk: The desk.
        seconds: How long it took.
        added: Records that came into the log in that time.
    """
    metrics = {
        row["metric"]: row["value"]
        for row in desk.query(
            "SELECT metric, value FROM v1_metrics"
            " WHERE period = 'all' AND segment = 'all' AND definition = 'v1'"
        )
    }
    replies = [row["minutes"] for row in desk.query(_FIRST_REPLIES)]
    counts = {
        name: {
            str(row["name"]): int(row["n"]) for row in desk.query(f"{sql} ORDER BY n DESC, name")
        }
        for name, sql in _COUNTS.items()
    }
    return {
        **desk.query(_TOTALS)[0],
        **counts,
        "first_contact_resolution": metrics.get("first_contact_resolution"),
        "median_first_reply_minutes": replies[len(replies) // 2] if replies else None,
        "records": desk.log.last_seq(),
        "records_added": added,
        "seconds": round(seconds, 2),
        "records_per_second": round(added / seconds) if seconds else None,
        "peak_memory_mb": _peak_memory(),
        "digest": tables_digest(desk),
        "ticket": _first(desk, _TICKET),
        "answer": _first(desk, _ANSWER),
    }


def _peak_memory() -> int:
    """The most memory that this process has held so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)  # bytes there, KiB elsewhere


def tables_digest(desk: Desk) -> str:
    """One hash over the rows of every table."""
    digest = sha256()
    for table in TABLES:
        digest.update(digest_of(desk.database, table.sql_name, table)[0].encode())
    return digest.hexdigest()[:16]


def summary_text(summary: Summary, command: str) -> str:
    """The summary as one screen, with three commands to try next.

    Args:
        summary: The summary.
        command: How the user calls this program, with the options that lead to this store.
    """
    share, reply = summary["first_contact_resolution"], summary["median_first_reply_minutes"]
    added = summary["records_added"]
    told = (
        f"{added} records in {summary['seconds']} s: {summary['records_per_second']} a second,"
        f" {summary['peak_memory_mb']} MB of memory at most"
        if added
        else "The store held all of it already: nothing was added"
    )
    head = (
        f"{summary['contacts']} contacts of {summary['customers']} customers and"
        f" {summary['replies']} replies of specialists became {summary['tickets']} tickets"
    )
    parts = [
        head,
        _line("tickets by status", _listed(summary["statuses"])),
        _line("contacts came by", _listed(summary["channels"])),
        _line("changed channel", f"{summary['switched_channel']} tickets"),
        _line(
            "automatic answers",
            f"{summary['automatic_answers']}, and {summary['suggestions']} suggestions",
        ),
        _line("escalated", f"{summary['escalated']} ({_listed(summary['escalations'])})"),
        _line("first-contact resolution", "-" if share is None else f"{share:.1%} of all tickets"),
        _line("median first reply", "-" if reply is None else f"{reply:.1f} minutes"),
        _line("decisions", f"{summary['decisions']} by {summary['actions']} kinds of action"),
        "",
        f"{told}; digest {summary['digest']}",
        "",
        "Try next:",
        *(f"  {line}" for line in commands(summary, command)),
    ]
    return "\n".join(parts)


def commands(summary: Summary, command: str) -> list[str]:
    """The three commands to try next; plainer ones where there is nothing to look at yet."""
    ticket, answer = summary["ticket"], summary["answer"] or summary["ticket"]
    return [
        f"{command} ticket {ticket}" if ticket else f"{command} tickets",
        f"{command} why {answer}" if answer else f"{command} metrics",
        f'{command} query "SELECT action, count(*) AS n FROM v1_decisions GROUP BY 1 ORDER BY 2"',
    ]


def _first(desk: Desk, sql: str) -> str | None:
    return next((str(value) for row in desk.query(sql) for value in row.values()), None)


def _line(name: str, value: str) -> str:
    head = f"  {name:<25}"
    return textwrap.fill(
        value, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
