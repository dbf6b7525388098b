"""The knowledge index as of a moment: every worker folds `support.knowledge.v1` for itself.

A turn sees the knowledge records whose running maximum of time lies at or before its clock. What
was learned from a confirmed answer joins at the next full hour, and what is forgotten goes then,
so that the index is refitted once an hour at most and not at every confirmation; what people
teach counts at once.

Whether an article learns a confirmed question is the Knowledge agent's decision. The index takes
it with the agent's own rule (`agents.learning.learns`) on the same line of the same records, and
leaves out what the line has forgotten (`projections.article.forgotten`). What customers accept and
reject of answers that were shown corrects how sure the models are (`streams.understanding.trust`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple, cast, get_args

import msgspec

from agents.learning import learns
from agents.world import ArticleText, CategoryRule, Understanding
from projections import article as lines
from schemas.event import Event
from schemas.events import knowledge as taught
from schemas.record import Record
from streams.settings import TierName
from streams.understanding import tiers
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category, Judged, Tag, ToneLabel
from streams.understanding.tier import Tier
from streams.understanding.trust import LATEST, Trust, earned

HOUR = 3600.0
"""Seconds after which what was learned joins the index, counted from full hours."""

UNJUDGED = 65_536
"""So many shown answers wait for a judgement at most, the latest."""

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


class Shown(NamedTuple):
    """An answer that was shown: how sure it was, and when."""

    confidence: float
    at: float


class Beside(NamedTuple):
    """What is known beside a record.

    Attributes:
        effective: From when on it counts.
        forgotten: What its article no longer counts of what it learned.
        shown: The answer that it judges, if any.
    """

    effective: float
    forgotten: frozenset[str] = frozenset()
    shown: Shown | None = None


class Items:
    """What has been taught, folded record by record."""

    def __init__(self) -> None:
        self.articles: dict[str, Article] = {}
        self.learned: dict[str, tuple[str, ...]] = {}
        self.categories: dict[str, Category] = {}
        self.tags: dict[str, Tag] = {}
        self.tones: dict[str, ToneLabel] = {}
        self.forgotten: dict[str, tuple[int, frozenset[str]]] = {}
        self.judged: deque[tuple[float, Judged]] = deque(maxlen=LATEST)
        self._trusts: dict[float, Trust] = {}
        self.offsets: dict[int, int] = {}

    def apply(self, record: Record, beside: Beside) -> None:
        """Take in one record that changes the index; of proposals only what is learned."""
        event = record.event
        if record.partition is not None and record.offset is not None:
            self.offsets[record.partition] = record.offset + 1
        if isinstance(event, JUDGED):
            # what joins with the hour comes after what was taught since: the latest word stands
            said, name = record.offset or 0, event.article_id
            if said >= self.forgotten.get(name, (0, frozenset[str]()))[0]:
                self.forgotten[name] = said, beside.forgotten
        if beside.shown is not None:
            models = self._trust(beside.shown.at).uncorrected(beside.shown.confidence)
            judged = Judged(models, isinstance(event, taught.SolutionAccepted))
            self.judged.append((beside.effective, judged))
        self._event(event)

    def _trust(self, at: float) -> Trust:
        """The correction that was in force; it changes with full hours."""
        hour = math.floor(at / HOUR) * HOUR
        found = self._trusts.get(hour)
        if found is None:
            found = earned([one for effective, one in self.judged if effective <= hour])
            self._trusts[hour] = found
        return found

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
            judged=[one for _, one in self.judged],
        )


class IndexedModels:
    """The models over one version of the index: what a turn's world holds.

    Args:
        tier: The models.
        items: What has been taught.

    Attributes:
        tier: The models.
        index: What they search and choose from.
    """

    def __init__(self, tier: Tier, items: Items) -> None:
        self.tier = tier
        self._articles = dict(items.articles)
        self._categories = dict(items.categories)
        self.index = items.index()

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The versions of the models and of the index."""
        return {**self.tier.versions, "index": self.index.version}

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """What the models make of one message."""
        return self.tier.understand(
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
        tier: The models that every version shares, until others are activated.
        activated: Whether others may be.
    """

    def __init__(self, tier: Tier, *, activated: bool = True) -> None:
        self._loaded: dict[str | None, Tier] = {None: tier}
        self._since = [-math.inf]
        self._may_change = activated
        self._names: list[str | None] = [None]
        self._order: list[tuple[float, int, int]] = []
        self._records: list[tuple[Record, Beside]] = []
        self._shown: OrderedDict[tuple[str, str | None], Shown] = OrderedDict()
        self._clocks: dict[int, float] = {}
        self._lines: dict[str, lines.ArticleLine] = {}
        self._seen: set[str] = set()
        self._items = Items()
        self._applied = 0
        self._models: IndexedModels | None = None

    def activate(self, tier: str, clock: float) -> None:
        """The models of a tier read messages from a clock on, if there is one of this name."""
        if not self._may_change or tier not in get_args(TierName):
            return
        place = bisect_right(self._since, clock)
        self._since.insert(place, clock)
        self._names.insert(place, tier)

    def _tier(self, clock: float) -> Tier:
        """The models that read messages at a clock; loaded when they are first needed."""
        name = self._names[bisect_right(self._since, clock) - 1]
        if name not in self._loaded:
            self._loaded[name] = tiers.in_the_stead_of(self._loaded[None], cast("TierName", name))
        return self._loaded[name]

    def add(self, record: Record) -> None:
        """Take in the next record of a knowledge partition."""
        partition, offset = record.partition or 0, record.offset or 0
        clock = max(self._clocks.get(partition, 0.0), record.at.timestamp())
        self._clocks[partition] = clock
        event = record.event
        if isinstance(event, taught.SolutionShown):
            self._show(event, clock)
        elif self._teaches(record):
            self._insert(record, clock, partition, offset)

    def _show(self, event: taught.SolutionShown, clock: float) -> None:
        """Keep how sure an answer was until a customer judges it; of very many the latest."""
        if event.confidence is None:
            return
        self._shown[event.article_id, event.ticket_id] = Shown(event.confidence, clock)
        if len(self._shown) > UNJUDGED:
            self._shown.popitem(last=False)

    def _insert(self, record: Record, clock: float, partition: int, offset: int) -> None:
        event = record.event
        effective = math.ceil(clock / HOUR) * HOUR if isinstance(event, OFTEN) else clock
        beside = Beside(effective)
        if isinstance(event, JUDGED):
            shown = None
            if isinstance(event, taught.SolutionAccepted | taught.SolutionRejected):
                # the first word on each answer counts
                shown = self._shown.pop((event.article_id, event.ticket_id), None)
            beside = Beside(effective, lines.forgotten(self._lines[event.article_id]), shown)
        place = (effective, partition, offset)
        at = bisect_right(self._order, place)
        self._order.insert(at, place)
        self._records.insert(at, (record, beside))
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
            if isinstance(event, taught.SolutionAccepted | taught.SolutionRejected):
                return (event.article_id, event.ticket_id) in self._shown
        return isinstance(event, TEACHES)

    def at(self, clock: float) -> IndexedModels:
        """The models over what a turn at this clock sees."""
        count = bisect_right(self._order, (clock, math.inf, math.inf))
        if count < self._applied:
            self._restart()
        tier = self._tier(clock)
        if self._models is None or count > self._applied or self._models.tier is not tier:
            for record, beside in self._records[self._applied : count]:
                self._items.apply(record, beside)
            self._applied = count
            self._models = IndexedModels(tier, self._items)
        return self._models

    def _restart(self) -> None:
        self._items = Items()
        self._applied = 0
        self._models = None
