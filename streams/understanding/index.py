"""What the deployment has taught, and what is fitted from it when a message first needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from streams.understanding.categories import CategoryModel, Pretrained, ScopeModel
from streams.understanding.knowledge_items import Article, Category, Tag, ToneLabel
from streams.understanding.retrieval import ArticleIndex, RetrievalModel
from streams.understanding.tags import TagModel
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Lexicon, Vector, Vectoriser
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


class Fitted(NamedTuple):
    """What is computed from a knowledge index."""

    articles: ArticleIndex
    categories: CategoryModel
    tags: TagModel
    tone: ToneCalibration


class Fitter:
    """Fits indexes, and fits again only what changed since the last one.

    Args:
        lexicon: Looks words up.
        vectoriser: Makes vectors.
        pretrained: The starter categories' columns.
        scope: The out-of-scope model.
        retrieval: The weights of search.
        tone: The uncalibrated tone of a message.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        vectoriser: Vectoriser,
        pretrained: Pretrained,
        scope: ScopeModel,
        retrieval: RetrievalModel,
        tone: Callable[[str], float],
    ) -> None:
        self._lexicon = lexicon
        self._vectoriser = vectoriser
        self._pretrained = pretrained
        self._scope = scope
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
            categories = self._categories(index)
        if index.tags != before.tags:
            tags = TagModel(index.tags, [self._vectors(tag.examples) for tag in index.tags])
        if index.tone_labels != before.tone_labels:
            tone = self._calibration(index)
        result = Fitted(self._articles(index, categories), categories, tags, tone)
        self._last = (index, result)
        return result

    def _fresh(self, index: KnowledgeIndex) -> Fitted:
        categories = self._categories(index)
        articles = self._articles(index, categories)
        return Fitted(articles, categories, TagModel((), ()), ToneCalibration())

    def _categories(self, index: KnowledgeIndex) -> CategoryModel:
        vectors = [self._vectors(category.examples) for category in index.categories]
        return CategoryModel(index.categories, self._pretrained, self._scope, vectors)

    def _articles(self, index: KnowledgeIndex, categories: CategoryModel) -> ArticleIndex:
        return ArticleIndex(
            index.articles, categories.names, self._retrieval, self._lexicon, self._vectoriser
        )

    def _calibration(self, index: KnowledgeIndex) -> ToneCalibration:
        labels = index.tone_labels
        return recalibrated(
            [self._tone(label.text) for label in labels], [label.score for label in labels]
        )

    def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        return [
            self._vectoriser.vector(self._lexicon.look_up(clean(bounded(text)))) for text in texts
        ]
