"""Lifecycle: opens, moves, merges and closes tickets, and nobody else does.

It has several ears, one for each kind of thing that it reacts to, so that what it reads never
depends within a turn on what it wrote. They share a name and never the same record.
"""

from __future__ import annotations

from agents.agent import Agent
from agents.lifecycle_contacts import LINK, TAKE
from agents.lifecycle_intents import ASKED
from agents.lifecycle_merges import MOVED
from agents.lifecycle_replies import ASSIGNED, REPLIED
from agents.lifecycle_signals import FAILED, NOTICED
from agents.lifecycle_timers import RATED, TIMED
from agents.lifecycle_triage import SEARCHED, TRIAGED, TRIGGERED
from agents.lifecycle_vips import RECOGNISED

AGENTS: tuple[Agent, ...] = (
    LINK,
    TAKE,
    TRIAGED,
    SEARCHED,
    TRIGGERED,
    REPLIED,
    ASSIGNED,
    ASKED,
    TIMED,
    RATED,
    NOTICED,
    FAILED,
    MOVED,
    RECOGNISED,
)
"""The lifecycle's ears, each with its reads and writes."""

EDGES: dict[str, frozenset[str]] = {
    "new": frozenset(
        {"triaged", "in_progress", "waiting_customer", "escalated", "resolved", "closed"}
    ),
    "triaged": frozenset({"in_progress", "waiting_customer", "escalated", "resolved", "closed"}),
    "in_progress": frozenset({"triaged", "waiting_customer", "escalated", "resolved", "closed"}),
    "waiting_customer": frozenset({"triaged", "in_progress", "escalated", "resolved", "closed"}),
    "escalated": frozenset({"in_progress", "waiting_customer", "resolved", "closed"}),
    "resolved": frozenset({"triaged", "closed"}),
    "closed": frozenset({"triaged"}),
}
"""Along which edges a ticket's status moves; from resolved and closed back only by reopening."""
