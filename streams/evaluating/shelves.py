"""Search over knowledge bases with questions to them."""

from __future__ import annotations

from collections.abc import Iterator

from streams.evaluating.answers import Found, ranking
from streams.evaluating.figures import Figure
from streams.evaluating.open_data import OpenData, Page, Question
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article
from streams.understanding.tier import Tier

PROTOCOL = "articles taught without categories; no question was in training"


def web_help(tier: Tier, data: OpenData) -> Iterator[Figure]:
    """Paraphrased questions to help pages, among the articles of a bank."""
    shelf = [*_articles(data, "kb_stackfaq_docs"), *_articles(data, "kb_tau2bank_docs")]
    yield from _asked("search, help pages", tier, shelf, data, "kb_stackfaq_queries")


def bank_scenarios(tier: Tier, data: OpenData) -> Iterator[Figure]:
    """Long scenarios that need several of a bank's articles."""
    shelf = _articles(data, "kb_tau2bank_docs")
    yield from _asked("search, bank scenarios", tier, shelf, data, "kb_tau2bank_queries")


def _articles(data: OpenData, name: str) -> list[Article]:
    return [Article(row.id, row.title, row.body) for row in data.rows(name, Page)]


def _asked(
    task: str, tier: Tier, shelf: list[Article], data: OpenData, questions: str
) -> Iterator[Figure]:
    index = KnowledgeIndex(shelf, (), (), (), task)
    found = [
        Found(
            tier.understand(row.query, index=index).solutions,
            frozenset(row.relevant),
        )
        for row in data.rows(questions, Question)
    ]
    yield from ranking(task, found, PROTOCOL)
