"""The knowledge index as of a moment: every worker folds `support.knowledge.v1` for itself.

A turn sees the knowledge records whose running maximum of time lies at or before its clock. What
was learned from a confirmed answer joins at the next full hour, and what is forgotten goes then,
so that the index is refitted once an hour at most and not at every confirmation; what people
teach counts at once.

Whether an article learns a confirmed question is the Knowledge agent's decision. The index takes
it with the agent's own rule (`agents.learning.learns`) on the same line of the same records, and
leaves out what the line has forgotten (`projections.article.forgotten`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping

import msgspec

from agents.learning import learns
from agents.world import ArticleText, CategoryRule, Understanding
from projections import article as lines
from schemas.event import Event
from schemas.events import knowledge as taught
from schemas.record import Record
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category, Tag, ToneLabel
from streams.understanding.tier import Tier

HOUR = 3600.0
"""Seconds after which what was learned joins the index, counted from full hours."""

TEACHES = (
    taught.ArticlePublished,
    taught.ArticleRetired,
    taught.ExampleProposed,
    taught.CategoryTaught,
    taught.TagTaught,
    taught.ToneLabelled,
)
"""What changes the index; a judgement does only where it makes an article forget."""

JUDGED = (
    taught.ArticlePublished,
    taught.ArticleRetired,
    taught.ExampleProposed,
    taught.SolutionAccepted,
    taught.SolutionRejected,
)
"""What decides what an article learns and forgets, as far as its line is read for it."""

OFTEN = (taught.ExampleProposed, taught.SolutionAccepted, taught.SolutionRejected)
"""What may come with every confirmation, and so joins with the next full hour."""


class Items:
    """What has been taught, folded record by record."""

    def __init__(self) -> None:
        self.articles: dict[str, Article] = {}
        self.learned: dict[str, tuple[str, ...]] = {}
        self.categories: dict[str, Category] = {}
        self.tags: dict[str, Tag] = {}
        self.tones: dict[str, ToneLabel] = {}
        self.forgotten: dict[str, tuple[int, frozenset[str]]] = {}
        self.offsets: dict[int, int] = {}

    def apply(self, record: Record, forgotten: frozenset[str]) -> None:
        """Take in one record that teaches something; of proposals only what is learned.

        Args:
            record: The record.
            forgotten: What its article no longer counts of what it learned.
        """
        if record.partition is not None and record.offset is not None:
            self.offsets[record.partition] = record.offset + 1
        if isinstance(record.event, JUDGED):
            # what joins with the hour comes after what was taught since: the latest word stands
            said, name = record.offset or 0, record.event.article_id
            if said >= self.forgotten.get(name, (0, forgotten))[0]:
                self.forgotten[name] = said, forgotten
        self._event(record.event)

    def _event(self, event: Event) -> None:
        match event:
            case taught.ArticlePublished():
                self.articles[event.article_id] = Article(
                    id=event.article_id,
                    title=event.title,
                    body=event.body,
                    examples=self._with_learned(event),
                    category=event.category,
                    language=event.language,
                )
            case taught.ArticleRetired():
                self.articles.pop(event.article_id, None)
            case taught.ExampleProposed():
                self._learn(event)
            case taught.CategoryTaught():
                self.categories[event.name] = Category(
                    name=event.name,
                    examples=tuple(event.examples),
                    priority=event.priority,
                    team=event.team,
                )
            case taught.TagTaught():
                self.tags[event.name] = Tag(name=event.name, examples=tuple(event.examples))
            case taught.ToneLabelled():
                self.tones[event.text] = ToneLabel(text=event.text, score=event.score)
            case _:
                pass

    def _with_learned(self, event: taught.ArticlePublished) -> tuple[str, ...]:
        """The examples of a new version: those it came with, then what the article learned."""
        learned = self.learned.get(event.article_id, ())
        return tuple(dict.fromkeys((*event.examples, *learned)))

    def _learn(self, event: taught.ExampleProposed) -> None:
        known = self.learned.get(event.article_id, ())
        self.learned[event.article_id] = (*known, event.example)
        article = self.articles.get(event.article_id)
        if article is not None:
            examples = (*article.examples, event.example)
            self.articles[article.id] = msgspec.structs.replace(article, examples=examples)

    def _remembered(self, article: Article) -> Article:
        """The article without what it has forgotten."""
        _, forgotten = self.forgotten.get(article.id, (0, frozenset()))
        if not forgotten:
            return article
        kept = tuple(one for one in article.examples if lines.digest(one) not in forgotten)
        return msgspec.structs.replace(article, examples=kept)

    @property
    def version(self) -> str:
        """The vector of offsets that has been folded, of what teaches something."""
        return ",".join(f"{p}:{n}" for p, n in sorted(self.offsets.items())) or "empty"

    def index(self) -> KnowledgeIndex:
        """The index over what has been taught by now."""
        return KnowledgeIndex(
            articles=tuple(map(self._remembered, self.articles.values())),
            categories=tuple(self.categories.values()),
            tags=tuple(self.tags.values()),
            tone_labels=tuple(self.tones.values()),
            version=self.version,
        )


class IndexedModels:
    """The models over one version of the index: what a turn's world holds.

    Args:
        tier: The models.
        items: What has been taught.

    Attributes:
        index: What the models search and choose from.
    """

    def __init__(self, tier: Tier, items: Items) -> None:
        self._tier = tier
        self._articles = dict(items.articles)
        self._categories = dict(items.categories)
        self.index = items.index()
        self.versions: Mapping[str, str] = {**tier.versions, "index": items.version}

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """What the models make of one message."""
        return self._tier.understand(
            message, subject=subject, known_language=known_language, index=self.index
        )

    def article(self, article_id: str) -> ArticleText | None:
        """An article of this version of the index."""
        found = self._articles.get(article_id)
        if found is None:
            return None
        return ArticleText(found.id, found.title, found.body, found.language)

    def category(self, name: str) -> CategoryRule | None:
        """A taught category of this version of the index."""
        found = self._categories.get(name)
        return None if found is None else CategoryRule(found.name, found.priority, found.team)


class KnowledgeHistory:
    """All knowledge records in the order in which turns come to see them.

    Args:
        tier: The models that every version shares.
    """

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self._order: list[tuple[float, int, int]] = []
        self._records: list[tuple[Record, frozenset[str]]] = []
        self._clocks: dict[int, float] = {}
        self._lines: dict[str, lines.ArticleLine] = {}
        self._seen: set[str] = set()
        self._items = Items()
        self._applied = 0
        self._models: IndexedModels | None = None

    def add(self, record: Record) -> None:
        """Take in the next record of a knowledge partition."""
        partition, offset = record.partition or 0, record.offset or 0
        clock = max(self._clocks.get(partition, 0.0), record.at.timestamp())
        self._clocks[partition] = clock
        if not self._teaches(record):
            return
        event = record.event
        forgotten = frozenset[str]()
        if isinstance(event, JUDGED):
            forgotten = lines.forgotten(self._lines[event.article_id])
        effective = clock
        if isinstance(event, OFTEN):
            effective = math.ceil(clock / HOUR) * HOUR
        place = (effective, partition, offset)
        at = bisect_right(self._order, place)
        self._order.insert(at, place)
        self._records.insert(at, (record, forgotten))
        if at < self._applied:
            self._restart()

    def _teaches(self, record: Record) -> bool:
        """Whether a record changes the index; follows the lines that decide what is learned."""
        event = record.event
        if isinstance(event, JUDGED):
            if record.id in self._seen:  # a repeat counts once, on the agent's line too
                return False
            self._seen.add(record.id)
            before = self._lines.get(event.article_id, lines.ArticleLine())
            after = lines.evolve(before, record)
            if isinstance(event, taught.ExampleProposed):
                if not learns(after, event.example):
                    return False
                after = lines.learned(after, event.example)
            self._lines[event.article_id] = after
            if lines.forgotten(after) != lines.forgotten(before):
                return True
        return isinstance(event, TEACHES)

    def at(self, clock: float) -> IndexedModels:
        """The models over what a turn at this clock sees."""
        count = bisect_right(self._order, (clock, math.inf, math.inf))
        if count < self._applied:
            self._restart()
        if self._models is None or count > self._applied:
            for record, forgotten in self._records[self._applied : count]:
                self._items.apply(record, forgotten)
            self._applied = count
            self._models = IndexedModels(self._tier, self._items)
        return self._models

    def _restart(self) -> None:
        self._items = Items()
        self._applied = 0
        self._models = None
