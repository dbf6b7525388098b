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
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeVar, cast, get_args

from agents.learning import learns
from agents.world import ArticleText, CategoryRule, Understanding
from projections import article as lines
from projections.case.words import LONGEST_NAME, clip
from schemas.events import knowledge as taught
from schemas.record import Record
from streams.folded_knowledge import (
    HOUR,
    JUDGED,
    LATE_SECONDS,
    Beside,
    Items,
    Kept,
    Shown,
    offsets_in,
)
from streams.settings import TierName
from streams.understanding import tiers
from streams.understanding.tier import Tier

Taught = TypeVar("Taught")

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

OFTEN = (taught.ExampleProposed, taught.SolutionAccepted, taught.SolutionRejected)
"""What may come with every confirmation, and so joins with the next full hour."""


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
        self._articles = _by_name(items.articles)
        self._categories = _by_name(items.categories)
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


def _by_name(taught: Mapping[str, Taught]) -> dict[str, Taught]:
    """What was taught by its name, and by what a case remembers of one that is very long."""
    cut = {
        short: one
        for name, one in taught.items()
        if (short := clip(name, LONGEST_NAME)) is not name
    }
    return {**cut, **taught}


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
        self._kept = Kept()
        self._applied, self._items = self._kept.until(0)
        self._furthest = 0
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
        if at < self._furthest:
            self._kept.forget(at)
            self._furthest = at
        if at < self._applied:
            self._go_to(at)

    def _teaches(self, record: Record) -> bool:
        """Whether a record changes the index; follows the lines that decide what is learned."""
        event = record.event
        if not isinstance(event, (*TEACHES, *JUDGED)):
            return False
        if record.id in self._seen:  # a repeat counts once, on the agent's line too
            return False
        self._seen.add(record.id)
        if isinstance(event, JUDGED):
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

    def at(self, clock: float, index: str | None = None) -> IndexedModels:
        """The models over what a turn at this clock sees.

        Args:
            clock: The clock.
            index: The version of the index that the turn is known to have seen: what was taught
                just before may have come to its worker after it.
        """
        models = self._by(clock)
        if index is None or models.index.version == index:
            return models
        return self._without_late(models, clock, index)

    def _without_late(self, models: IndexedModels, clock: float, index: str) -> IndexedModels:
        """The models over an index of a version, if what came late explains it."""
        ends = offsets_in(index)
        if ends is None:
            return models
        start = bisect_right(self._order, (clock - LATE_SECONDS, math.inf, math.inf))
        folded, items = self._kept.until(start)
        items = items.apart()
        for record, beside in self._records[folded:start]:
            items.apply(record, beside)
        for record, beside in self._records[start : self._applied]:
            if (record.offset or 0) < ends.get(record.partition or 0, 0):
                items.apply(record, beside)
        return IndexedModels(models.tier, items) if items.version == index else models

    def _by(self, clock: float) -> IndexedModels:
        """The models over all that was taught by a clock."""
        count = bisect_right(self._order, (clock, math.inf, math.inf))
        if count != self._applied and (
            count < self._applied or self._kept.nearest(count) > self._applied
        ):
            self._go_to(count)
        tier = self._tier(clock)
        if self._models is None or count > self._applied or self._models.tier is not tier:
            for record, beside in self._records[self._applied : count]:
                self._items.apply(record, beside)
                self._applied += 1
                self._kept.keep(self._applied, self._items)
            self._furthest = max(self._furthest, count)
            self._models = IndexedModels(tier, self._items)
        return self._models

    def prepare(self, clock: float) -> Iterator[int]:
        """Fit what a turn at this clock sees, before it does; gives how many texts are left."""
        models = self.at(clock)
        return models.tier.prepare(models.index)

    def _go_to(self, count: int) -> None:
        """Turns of several partitions do not come in the order of their clocks."""
        self._applied, self._items = self._kept.until(count)
        self._models = None
