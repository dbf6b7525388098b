"""The decision to which open ticket a message belongs: one judgement, with its reasons.

A thread, a reply reference or a ticket's own id decides alone. Otherwise each candidate gets the
weighted sum of its signals (`agents.linking_signals`) and a new issue gets 0; a softmax over them
gives probabilities that add up to one (conditional logit: McFadden 1974, "Conditional logit
analysis of qualitative choice behavior"). A message that surely follows up on something is thus
linked to the likeliest ticket even when no single ticket is certain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from agents.linking_signals import SIGNALS, Candidate, Features, Message, signals
from agents.linking_weights import WEIGHTS, WITH_MEANING

__all__ = ["WEIGHTS", "WITH_MEANING", "Candidate", "Features", "Link", "Message", "link", "shipped"]


class Link(msgspec.Struct, frozen=True):
    """Where a message belongs.

    Attributes:
        ticket_id: The ticket; None for a new issue.
        confidence: Probability of this outcome, 0 to 1.
        rule: What decided: thread, reply_reference, ticket_reference, score, or new.
        candidates: Ticket ids with their probabilities, likeliest first.
    """

    ticket_id: str | None
    confidence: float
    rule: str
    candidates: list[tuple[str, float]]


def shipped(message: Message) -> Mapping[str, float]:
    """The weights that came with the system for a message, with a meaning or without."""
    return WEIGHTS if message.meaning is None else WITH_MEANING


def link(message: Message, candidates: Sequence[Candidate], weights: Mapping[str, float]) -> Link:
    """Decide to which candidate the message belongs, if to any.

    Ties go to the ticket with the later message, then to the smaller id, whatever the order of the
    candidates. `weights` holds one weight per signal, `bias`, and `threshold`: the probability of
    belonging to some candidate above which the likeliest one is taken. A missing weight is 0.
    """
    if not candidates:
        return Link(None, 1.0, "new", [])
    ordered = sorted(candidates, key=lambda c: (-c.last_customer_at, c.ticket_id))
    certain = _certain(message, ordered)
    if certain is not None:
        ticket_id, rule = certain
        return Link(ticket_id, 1.0, rule, [(ticket_id, 1.0)])

    weighed = [weights.get(name, 0.0) for name in SIGNALS]
    bias = weights.get("bias", 0.0)
    scores = [
        bias + sum(w * v for w, v in zip(weighed, row, strict=True))
        for row in signals(message, ordered)
    ]
    top = max(0.0, *scores)
    odds = [math.exp(score - top) for score in scores]
    new = math.exp(-top)
    total = new + math.fsum(odds)
    ranked = sorted(
        ((c.ticket_id, round(o / total, 4)) for c, o in zip(ordered, odds, strict=True)),
        key=lambda pair: -pair[1],
    )
    fresh = new / total
    if 1.0 - fresh <= weights.get("threshold", 0.5):
        return Link(None, round(fresh, 4), "new", ranked)
    ticket_id, probability = ranked[0]
    return Link(ticket_id, probability, "score", ranked)


def _certain(message: Message, candidates: Sequence[Candidate]) -> tuple[str, str] | None:
    """The ticket that the message names itself, with the rule; the most recent when several."""
    if message.in_reply_to is not None:
        for c in candidates:
            if message.in_reply_to in c.references or message.in_reply_to in c.threads:
                return c.ticket_id, "reply_reference"
    if message.thread is not None:
        for c in candidates:
            if message.thread in c.threads:
                return c.ticket_id, "thread"
    said = {reference.lstrip("#").casefold() for reference in message.references}
    for c in candidates:
        if not said.isdisjoint(one.casefold() for one in (c.ticket_id, *c.absorbed)):
            return c.ticket_id, "ticket_reference"
    return None
