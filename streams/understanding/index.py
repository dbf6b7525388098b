"""What the deployment has taught, and what is fitted from it when a message first needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from agents.world import CategoryScore
from streams.understanding.categories import Judgement
from streams.understanding.knowledge_items import Article, Category, Tag, ToneLabel
from streams.understanding.reading import Reading
from streams.understanding.retrieval import ArticleIndex, RetrievalModel
from streams.understanding.tfidf import Lexicon, Vectoriser
from streams.understanding.tone import ToneCalibration, recalibrated


class KnowledgeIndex:
    """Articles, categories, tags and tone labels at one version. Building one is free.

    Args:
        articles: Articles with distinct ids, none retired.
        categories: Categories with distinct names.
        tags: Tags with distinct names.
        tone_labels: Labels of this deployment's messages.
        version: Names what was folded; goes into every record that the index took part in.
    """

    def __init__(
        self,
        articles: Sequence[Article],
        categories: Sequence[Category],
        tags: Sequence[Tag],
        tone_labels: Sequence[ToneLabel],
        version: str,
    ) -> None:
        self.articles = tuple(articles)
        self.categories = tuple(categories)
        self.tags = tuple(tags)
        self.tone_labels = tuple(tone_labels)
        self.version = version


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


class Makers(NamedTuple):
    """What a tier makes of taught examples.

    Attributes:
        categories: Makes a model of taught categories.
        tags: Makes a model of taught tags.
    """

    categories: Callable[[Sequence[Category]], Categories]
    tags: Callable[[Sequence[Tag]], Tags]


class Fitted(NamedTuple):
    """What is computed from a knowledge index."""

    articles: ArticleIndex
    categories: Categories
    tags: Tags
    tone: ToneCalibration


class Fitter:
    """Fits indexes, and fits again only what changed since the last one.

    Args:
        lexicon: Looks words up.
        vectoriser: Makes vectors.
        makers: Make the models of what is taught by examples.
        retrieval: The weights of search.
        tone: The uncalibrated tone of a message.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        vectoriser: Vectoriser,
        makers: Makers,
        retrieval: RetrievalModel,
        tone: Callable[[str], float],
    ) -> None:
        self._lexicon = lexicon
        self._vectoriser = vectoriser
        self._makers = makers
        self._retrieval = retrieval
        self._tone = tone
        empty = KnowledgeIndex((), (), (), (), "")
        self._last = (empty, self._fresh(empty))

    def fitted(self, index: KnowledgeIndex) -> Fitted:
        """What an index gives rise to; parts that equal the last index's are taken over."""
        before, last = self._last
        if index is before:
            return last
        categories, tags, tone = last.categories, last.tags, last.tone
        if index.categories != before.categories:
            categories = self._makers.categories(index.categories)
        if index.tags != before.tags:
            tags = self._makers.tags(index.tags)
        if index.tone_labels != before.tone_labels:
            tone = self._calibration(index)
        result = Fitted(self._articles(index, categories), categories, tags, tone)
        self._last = (index, result)
        return result

    def _fresh(self, index: KnowledgeIndex) -> Fitted:
        categories = self._makers.categories(index.categories)
        articles = self._articles(index, categories)
        return Fitted(articles, categories, self._makers.tags(index.tags), ToneCalibration())

    def _articles(self, index: KnowledgeIndex, categories: Categories) -> ArticleIndex:
        return ArticleIndex(
            index.articles, categories.names, self._retrieval, self._lexicon, self._vectoriser
        )

    def _calibration(self, index: KnowledgeIndex) -> ToneCalibration:
        labels = index.tone_labels
        return recalibrated(
            [self._tone(label.text) for label in labels], [label.score for label in labels]
        )
