"""What the deployment has taught, and what is fitted from it when a message first needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from agents.world import ArticleHit, CategoryScore
from streams.understanding.categories import Judgement
from streams.understanding.knowledge_items import Article, Category, Judged, Tag, ToneLabel
from streams.understanding.reading import Reading
from streams.understanding.tfidf import Floats
from streams.understanding.tone import ToneCalibration, recalibrated
from streams.understanding.trust import NONE, Trust, earned


class KnowledgeIndex:
    """Articles, categories, tags and tone labels at one version. Building one is free.

    Args:
        articles: Articles with distinct ids, none retired.
        categories: Categories with distinct names.
        tags: Tags with distinct names.
        tone_labels: Labels of this deployment's messages.
        version: Names what was folded; goes into every record that the index took part in.
        judged: What customers made of the articles that were shown to them, the latest last.
    """

    def __init__(
        self,
        articles: Sequence[Article],
        categories: Sequence[Category],
        tags: Sequence[Tag],
        tone_labels: Sequence[ToneLabel],
        version: str,
        judged: Sequence[Judged] = (),
    ) -> None:
        self.articles = tuple(articles)
        self.categories = tuple(categories)
        self.tags = tuple(tags)
        self.tone_labels = tuple(tone_labels)
        self.version = version
        self.judged = tuple(judged)


class Categories(Protocol):
    """A tier's model of the taught categories."""

    names: tuple[str, ...]

    def judge(self, reading: Reading) -> Judgement:
        """Probabilities of the taught categories and of none of them; together they are 1."""

    def listed(self, judgement: Judgement) -> list[CategoryScore]:
        """The likeliest categories, likeliest first."""


class Tags(Protocol):
    """A tier's model of the taught tags."""

    def borne(self, reading: Reading) -> list[str]:
        """The tags that a message bears, in the order they were taught."""


class Search(Protocol):
    """Articles, ready for search."""

    def search(
        self, reading: Reading, categories: Floats, language: str | None
    ) -> list[ArticleHit]:
        """The likeliest articles, each with the probability that it answers the message.

        Args:
            reading: The message.
            categories: Probabilities of the taught categories.
            language: The message's language; unknown counts as English.
        """


class Makers(NamedTuple):
    """What a tier makes of what was taught.

    Attributes:
        categories: Makes a model of taught categories.
        tags: Makes a model of taught tags.
        articles: Makes articles ready for search, given the names of the categories.
        reading: Reads what these have of texts, a text a step, before they are made; gives how
            many are left. What was read is not read again.
    """

    categories: Callable[[Sequence[Category]], Categories]
    tags: Callable[[Sequence[Tag]], Tags]
    articles: Callable[[Sequence[Article], Sequence[str]], Search]
    reading: Callable[[Sequence[Category], Sequence[Tag], Sequence[Article]], Iterator[int]]


class Fitted(NamedTuple):
    """What is computed from a knowledge index."""

    articles: Search
    categories: Categories
    tags: Tags
    tone: ToneCalibration
    trust: Trust = NONE


class Fitter:
    """Fits indexes, and fits again only what changed since the last one.

    Args:
        makers: Make the models of what is taught.
        tone: The uncalibrated tone of a message.
    """

    def __init__(self, makers: Makers, tone: Callable[[str], float]) -> None:
        self._makers = makers
        self._tone = tone
        self._heard: dict[str, float] = {}
        empty = KnowledgeIndex((), (), (), (), "")
        self._last = (empty, self._fresh(empty))

    def prepare(self, index: KnowledgeIndex) -> Iterator[int]:
        """Fit an index step by step: its new texts are read first; gives how many are left.

        Whoever stops in between has lost nothing of what was read.
        """
        before, _ = self._last
        if index is before:
            return
        yield from self._makers.reading(
            () if index.categories == before.categories else index.categories,
            () if index.tags == before.tags else index.tags,
            () if index.articles == before.articles else index.articles,
        )
        yield from self._hear(index)
        self.fitted(index)

    def fitted(self, index: KnowledgeIndex) -> Fitted:
        """What an index gives rise to; parts that equal the last index's are taken over."""
        before, last = self._last
        if index is before:
            return last
        articles, categories, tags, tone, trust = last
        if index.categories != before.categories:
            categories = self._makers.categories(index.categories)
        if index.tags != before.tags:
            tags = self._makers.tags(index.tags)
        if index.tone_labels != before.tone_labels:
            tone = self._calibration(index)
        if index.articles != before.articles or categories.names != last.categories.names:
            articles = self._makers.articles(index.articles, categories.names)
        if index.judged != before.judged:
            trust = earned(index.judged)
        result = Fitted(articles, categories, tags, tone, trust)
        self._last = (index, result)
        return result

    def _fresh(self, index: KnowledgeIndex) -> Fitted:
        categories = self._makers.categories(index.categories)
        articles = self._makers.articles(index.articles, categories.names)
        return Fitted(articles, categories, self._makers.tags(index.tags), ToneCalibration())

    def _hear(self, index: KnowledgeIndex) -> Iterator[int]:
        """Judge the labelled texts that are new, a text a step; gives how many are left."""
        new = [one.text for one in index.tone_labels if one.text not in self._heard]
        for left, text in zip(range(len(new) - 1, -1, -1), new, strict=True):
            self._heard[text] = self._tone(text)
            yield left

    def _calibration(self, index: KnowledgeIndex) -> ToneCalibration:
        labels, known = index.tone_labels, self._heard
        heard = [known[one.text] if one.text in known else self._tone(one.text) for one in labels]
        self._heard = {one.text: score for one, score in zip(labels, heard, strict=True)}
        return recalibrated(heard, [one.score for one in labels])
