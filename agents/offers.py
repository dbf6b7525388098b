"""Whether an article may answer a message: the one judgement, pure.

The confidence is the models' calibrated probability that the article answers the message, as
`MessageUnderstood` recorded it.
"""

from __future__ import annotations

import msgspec

from agents.languages import same
from agents.policy import Policy
from agents.world import ArticleText, Models
from projections.case.state import Seen

BANS = frozenset(
    {"critical_priority", "complaint", "asked_for_person", "negative_sentiment", "workflow_failure"}
)
"""Triggers after which a person answers, never an article.

A VIP is not among them: they get the answer at once, and somebody senior all the same.
"""


class Offer(msgspec.Struct, frozen=True):
    """Whether an article may answer.

    Attributes:
        outcome: answer, suggest or none.
        article_id: The article, unless none.
        confidence: The probability that it answers.
        reasons: Why it is so.
    """

    outcome: str
    article_id: str | None
    confidence: float | None
    reasons: list[str]


def offer(
    seen: Seen,
    *,
    triggers: tuple[str, ...],
    priority: str,
    offered: tuple[str, ...],
    policy: Policy,
) -> Offer:
    """Whether the best article answers by itself, is suggested, or neither.

    Args:
        seen: What was understood of the message.
        triggers: The escalation triggers that fired on the ticket.
        priority: The ticket's priority.
        offered: Articles that were offered on this ticket before.
        policy: The policy in force.
    """
    fresh = [(name, score) for name, score in seen.solutions if name not in offered]
    if not fresh:
        reason = "offered_before" if seen.solutions else "nothing_found"
        return Offer("none", None, None, [reason])
    name, score = fresh[0]
    limits = policy.thresholds
    banned = sorted(BANS.intersection(triggers))
    if priority == "critical" and "critical_priority" not in banned:
        banned.append("critical_priority")
    if banned:
        return Offer("none", name, score, [f"banned_{one}" for one in banned])
    if len(offered) >= policy.limits.automatic_answers_per_ticket:
        return Offer("none", name, score, ["enough_answers"])
    if score > limits.auto_answer:
        return Offer("answer", name, score, ["above_auto_answer"])
    if score >= limits.suggest:
        return Offer("suggest", name, score, ["above_suggest"])
    return Offer("none", name, score, ["too_unsure"])


def permitted(verdict: Offer, seen: Seen, models: Models) -> Offer:
    """The same verdict, if its article is still there and in the customer's language."""
    if verdict.outcome == "none" or verdict.article_id is None:
        return verdict
    article = models.article(verdict.article_id)
    if article is None:
        return Offer("none", verdict.article_id, verdict.confidence, ["article_is_gone"])
    if not same_language(article, seen):
        return Offer("none", article.id, verdict.confidence, ["other_language"])
    return verdict


def same_language(article: ArticleText, seen: Seen) -> bool:
    """Whether an article is in a message's language, as far as that is known."""
    return seen.language is None or same(article.language or "en", seen.language)
