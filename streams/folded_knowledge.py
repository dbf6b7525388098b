"""What has been taught, folded record by record: what an index is made of."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple, Self

import msgspec

from projections import article as lines
from schemas.event import Event
from schemas.events import knowledge as taught
from schemas.record import Record
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category, Judged, Tag, ToneLabel
from streams.understanding.trust import LATEST, Trust, earned

HOUR = 3600.0
"""Seconds after which what was learned joins the index, counted from full hours."""

EVERY = 32
"""After so many records what was folded is kept; after more where the history is long."""

MOST = 64
"""So many foldings are kept."""

JUDGED = (
    taught.ArticlePublished,
    taught.ArticleRetired,
    taught.ExampleProposed,
    taught.SolutionAccepted,
    taught.SolutionRejected,
)
"""What decides what an article learns and forgets, as far as its line is read for it."""


LATE_SECONDS = 60.0
"""How long after its moment something taught may have reached a worker."""


def offsets_in(version: str | None) -> dict[int, int] | None:
    """The vector of offsets that an index's version names; None where it names none."""
    if version is None or version == "empty":
        return None if version is None else {}
    try:
        pairs = [one.split(":") for one in version.split(",")]
        return {int(partition): int(end) for partition, end in pairs}
    except ValueError:
        return None


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
    """What has been taught, folded record by record.

    Args:
        trusts: The corrections by the hour, as far as they were asked for, each with how many
            records were folded then: those who fold the same records share them, for each takes
            a fit.
    """

    def __init__(self, trusts: dict[float, tuple[int, Trust]]) -> None:
        self.articles: dict[str, Article] = {}
        self.learned: dict[str, tuple[str, ...]] = {}
        self.categories: dict[str, Category] = {}
        self.tags: dict[str, Tag] = {}
        self.tones: dict[str, ToneLabel] = {}
        self.forgotten: dict[str, tuple[int, frozenset[str]]] = {}
        self.judged: deque[tuple[float, Judged]] = deque(maxlen=LATEST)
        self._trusts = trusts
        self.folded = 0
        self.offsets: dict[int, int] = {}

    def copy(self) -> Self:
        """The same by now, to be folded further beside this."""
        other = type(self)(self._trusts)
        other.articles = dict(self.articles)
        other.learned = dict(self.learned)
        other.categories = dict(self.categories)
        other.tags = dict(self.tags)
        other.tones = dict(self.tones)
        other.forgotten = dict(self.forgotten)
        other.judged = self.judged.copy()
        other.offsets = dict(self.offsets)
        other.folded = self.folded
        return other

    def apart(self) -> Self:
        """The same by now, to be folded otherwise: it shares no corrections."""
        other = self.copy()
        other._trusts = dict(self._trusts)  # noqa: SLF001  # of its own kind
        return other

    def apply(self, record: Record, beside: Beside) -> None:
        """Take in one record that changes the index; of proposals only what is learned."""
        self.folded += 1
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
            trust = earned([one for effective, one in self.judged if effective <= hour])
            found = self._trusts[hour] = self.folded, trust
        return found[1]

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
            case taught.ToneLabelled() if lines.is_tone(event.score):  # else it is put aside
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
            examples = tuple(dict.fromkeys((*article.examples, event.example)))
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


class Kept:
    """What was folded by some places, so that going back folds little anew.

    What was asked for in the order of time costs a copy now and then; where partitions take turns,
    each at a time of its own, every turn would fold everything again.
    """

    def __init__(self) -> None:
        self._trusts: dict[float, tuple[int, Trust]] = {}
        self._every = EVERY
        self._by: dict[int, Items] = {}

    def keep(self, count: int, items: Items) -> None:
        """Keep what so many records came to, if it is a place to be kept."""
        if count % self._every or count in self._by:
            return
        self._by[count] = items.copy()
        if len(self._by) > MOST:
            self._every *= 2
            self._by = {n: one for n, one in self._by.items() if n % self._every == 0}

    def nearest(self, count: int) -> int:
        """The furthest place that is kept up to so many records; 0 for none."""
        return max((n for n in self._by if n <= count), default=0)

    def until(self, count: int) -> tuple[int, Items]:
        """The furthest that is kept up to so many records, and how many those are."""
        nearest = self.nearest(count)
        return nearest, self._by[nearest].copy() if nearest else Items(self._trusts)

    def forget(self, count: int) -> None:
        """Something else came behind so many records: what follows was of no avail."""
        self._by = {n: one for n, one in self._by.items() if n <= count}
        for hour in [one for one, (folded, _) in self._trusts.items() if folded > count]:
            del self._trusts[hour]
