"""Who speaks on which domain's lines, in speaking order.

The order counts where several agents answer one record: what an earlier one says is folded before
what a later one says. The lifecycle comes before whoever speaks about its tickets, and what goes
out to customers comes last.
"""

from __future__ import annotations

from agents import (
    analytics,
    channel,
    customer,
    drafting,
    escalation,
    handover,
    identity,
    knowledge,
    learning,
    lifecycle,
    notification,
    offline,
    outbound,
    triage,
)
from agents.agent import Agent
from schemas.topics import Domain

ROSTERS: dict[Domain, tuple[Agent, ...]] = {
    "customer": (
        channel.RECEIVED,
        channel.ACCEPTED,
        *identity.AGENTS,
        *customer.AGENTS,
        *lifecycle.AGENTS,
        *triage.AGENTS,
        *knowledge.AGENTS,
        drafting.ASKED,
        *handover.AGENTS,
        *notification.AGENTS,
        outbound.SAID,
        outbound.WRITTEN,
        outbound.FAILED,
        offline.UNREAD,
    ),
    "desk": escalation.AGENTS,
    "knowledge": learning.AGENTS,
    "analytics": analytics.AGENTS,
}
"""The rosters by domain."""
