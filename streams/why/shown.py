"""A record as a chain of causes shows it: who, when, what, and why it was decided so.

The keys are documented in docs/how-to/ask-why.md; they are only ever added to.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agents.otherwise import otherwise
from agents.policy import Policy
from schemas.event import Decision, Event, Intent
from schemas.events.decisions import MessageUnderstood
from schemas.record import Record
from schemas.vocabulary import rfc3339

Tree = dict[str, Any]  # JSON

_SHOWN_APART = frozenset(Decision.model_fields) | {"customer_id", "ticket_id"}

_FOR_LINKING = frozenset({"feature_terms", "feature_weights", "meaning"})
"""What only a machine compares; `pactdesk events` prints it."""

SAID = ("message", "text", "parts", "comment", "content", "description", "error")
"""Fields that hold what somebody said or wrote; the first that an event has is its text."""


def shown(record: Record) -> Tree:
    """A record with what it says, without its causes."""
    event = record.event
    tree: Tree = {
        "id": record.id,
        "type": record.type,
        "by": record.by,
        "at": rfc3339(record.at),
        "topic": record.topic,
        "customer_id": getattr(event, "customer_id", None),
        "ticket_id": getattr(event, "ticket_id", None),
    }
    if isinstance(event, Intent):
        tree["person"] = event.by
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
    text = _text(event)
    if text is not None:
        tree["text"] = text
    tree["says"] = event.model_dump(mode="json", exclude=set(_SHOWN_APART | _FOR_LINKING))
    return tree


def _text(event: Event) -> str | None:
    for name in SAID:
        found = getattr(event, name, None)
        if isinstance(found, list):
            found = "\n".join(str(one) for one in found)
        if isinstance(found, str) and found:
            return found
    return None


def with_otherwise(
    tree: Tree, event: Event, policy: Policy | None, understood: MessageUnderstood | None
) -> None:
    """Add to a decision what would have made it come out otherwise.

    Args:
        tree: The decision as it is shown.
        event: The decision.
        policy: The policy that it names, if that is known.
        understood: What was understood of its message.
    """
    if isinstance(event, Decision):
        found = otherwise(event, policy, understood)
        tree["policy_known"] = policy is not None
        tree["otherwise"] = [msgspec.to_builtins(one) for one in found]
