"""A simulated support week: first messages, the knowledge base they are asked of, their facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streams.evaluating.answers import Found, answering, ranking
from streams.evaluating.figures import Figure, share
from streams.evaluating.open_data import (
    OpenData,
    WeekArticle,
    WeekIssue,
    WeekMessage,
    WeekSource,
    known,
)
from streams.understanding import facts
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article
from streams.understanding.text import bounded, words
from streams.understanding.tier import Tier

ASKED = "first messages of all issues; articles with their examples, no categories"
OPENING = "first messages of all issues"


class Opening(NamedTuple):
    """The first message of an issue, and the issue's truth."""

    text: str
    issue: WeekIssue


def openings(data: OpenData) -> list[Opening]:
    """The first message of every issue.

    Raises:
        NotThere: The week is not in the folder.
    """
    issues = {row.issue: row for row in data.rows("workload_truth_issues", WeekIssue)}
    of = _sources(data)
    found: dict[str, Opening] = {}
    for row in data.rows("workload_messages", WeekMessage):
        issue = known(of, row.provider_id, "message").issue
        found.setdefault(issue, Opening(row.text, known(issues, issue, "issue")))
    return list(found.values())


def _sources(data: OpenData) -> dict[str, WeekSource]:
    return {row.provider_id: row for row in data.rows("workload_truth_messages", WeekSource)}


def shelf(data: OpenData) -> list[Article]:
    """The week's knowledge base."""
    return [
        Article(row.id, row.title, row.body, tuple(row.examples))
        for row in data.rows("workload_kb", WeekArticle)
    ]


def answers(tier: Tier, data: OpenData) -> Iterator[Figure]:
    """Search and automatic answers over the week."""
    index = KnowledgeIndex(shelf(data), (), (), (), "week")
    found = []
    for one in openings(data):
        gold = one.issue.gold_article
        hits = tier.understand(one.text, index=index).solutions
        found.append(Found(hits, frozenset(() if gold is None else (gold,))))
    yield from ranking("search, support week", found, ASKED)
    yield from answering("automatic answers, support week", found, ASKED)


def languages(tier: Tier, data: OpenData) -> Iterator[Figure]:
    """The language of the week's first messages, where one is long enough to be judged."""
    nothing = KnowledgeIndex((), (), (), (), "")
    judged = []
    for one in openings(data):
        language = tier.understand(one.text, index=nothing).language
        if language is not None:
            judged.append(language == one.issue.lang)
    yield share("language, support week", "right, where judged", judged, OPENING)


def quoted(_tier: Tier, data: OpenData) -> Iterator[Figure]:
    """The facts that customers gave, as far as they are found in their messages."""
    of = _sources(data)
    said: dict[str, list[str]] = {}
    for row in data.rows("workload_messages", WeekMessage):
        said.setdefault(known(of, row.provider_id, "message").issue, []).append(row.text)
    kept = []
    for issue in data.rows("workload_truth_issues", WeekIssue):
        texts = said.get(issue.issue, [])
        found = {
            " ".join(words(fact.text))
            for text in map(bounded, texts)
            for fact in facts.facts(facts.found(text), text)
        }
        whole = [" ".join(words(text)) for text in texts]
        for _, value in issue.facts:
            wanted = " ".join(words(str(value)))
            if any(wanted in text for text in whole):
                kept.append(any(wanted in one or one in wanted for one in found))
    yield share("facts, support week", "found of those said", kept, "all messages of all issues")
