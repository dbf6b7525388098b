"""Knowledge's actions that ask: what could answer, and what may be offered."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from agents.knowledge import Offer, offer, permitted
from agents.triage import triggers
from agents.triage_rules import is_critical
from streams.pact.action import Action, Answer, Call
from streams.pact.issue import Issue, weighed

DESCRIPTION = 300
"""Characters of an article that describe it."""


class Searched(Issue):
    """What to search for; `category` keeps to the articles of one."""

    limit: int = Field(default=5, ge=1, le=5)


def search_solutions(call: Call, params: Searched) -> Answer:
    """The articles that could answer, the likeliest first."""
    seen = weighed(call, params).seen
    found = [article(call, name, score) for name, score in seen.solutions]
    if params.category is not None:
        found = [one for one in found if one["category"] == params.category]
    found = found[: params.limit]
    return Answer({"solutions": found, "total_results": len(found)})


def suggest_articles(call: Call, params: Searched) -> Answer:
    """The articles that may be offered now, and whether the best one would answer by itself.

    Held against the same thresholds and bans as in the workflow; of a ticket, what was offered on
    it before is left out.
    """
    found = weighed(call, params, latest=True)
    seen, ticket = found.seen, found.ticket
    priority = params.priority or (ticket.priority if ticket is not None else found.priority)
    if is_critical(seen, call.policy, call.models):
        priority = "critical"
    offered: tuple[str, ...] = ()
    if ticket is not None:
        offered, fired = ticket.offered, ticket.triggers
    else:
        fired = tuple(triggers(seen, priority=priority, vip=found.vip, policy=call.policy))
    verdict = offer(seen, triggers=fired, priority=priority, offered=offered, policy=call.policy)
    verdict = permitted(verdict, seen, call.models)
    fitting = [
        article(call, name, score)
        for name, score in seen.solutions
        if score >= call.policy.thresholds.suggest and name not in offered
        if permitted(Offer("suggest", name, score, []), seen, call.models).outcome == "suggest"
    ]
    return Answer(
        {
            "suggested_articles": fitting[: params.limit],
            "outcome": verdict.outcome,
            "reasons": verdict.reasons,
        }
    )


def article(call: Call, article_id: str, confidence: float) -> dict[str, Any]:
    """An article as an answer shows it."""
    text = call.models.article(article_id)
    rows = call.rows("SELECT * FROM v1_articles WHERE article_id = ?", article_id)
    row = rows[0] if rows else {}
    body = "" if text is None else text.body.strip()
    return {
        "id": article_id,
        "title": row.get("title") if text is None else text.title,
        "description": body[:DESCRIPTION],
        "solution_text": body,
        "confidence": confidence,
        "category": row.get("category"),
        "language": row.get("language"),
        "success_rate": row.get("success_rate"),
    }


ACTIONS = (
    Action("knowledge.search_solutions", "read", ("solutions",), Searched, search_solutions),
    Action(
        "knowledge.suggest_articles", "read", ("suggested_articles",), Searched, suggest_articles
    ),
)
