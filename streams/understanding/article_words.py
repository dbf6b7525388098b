"""The words of articles, looked up once as long as an article stays as it is.

A base of thousands changes one article at a time, and learns an example now and then: what the
others' words come to is taken over from the last fit. With 50,000 articles that holds 896 MB where
862 did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.understanding.knowledge_items import Article
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Lexicon, Vector, Vectoriser

BODY_CHARS = 1500
EXAMPLES = 64
"""The newest so many examples of an article are searched."""

Terms = NDArray[np.uint32]
"""Hashed stems, in the order of the text."""


class ArticleWords(NamedTuple):
    """What the words of an article come to.

    Attributes:
        short: The terms of the title and of each example.
        vectors: The vector of each of these.
        long: The terms of title and body together.
    """

    short: list[Terms]
    vectors: list[Vector]
    long: Terms


class WordsOfArticles:
    """Looks the words of articles up.

    Args:
        lexicon: Looks words up.
        vectoriser: Makes the vectors of titles and examples.
    """

    def __init__(self, lexicon: Lexicon, vectoriser: Vectoriser) -> None:
        self._lexicon = lexicon
        self._vectoriser = vectoriser
        self._last: dict[Article, ArticleWords] = {}

    def of(self, articles: Sequence[Article]) -> list[ArticleWords]:
        """The words of each; only the articles of the last call are remembered."""
        last = self._last
        self._last = {one: last.get(one) or self._looked_up(one) for one in articles}
        return [self._last[one] for one in articles]

    def _looked_up(self, article: Article) -> ArticleWords:
        examples = article.examples[-EXAMPLES:]
        questions = [bounded(article.title), *(clean(bounded(one)) for one in examples)]
        found = [self._lexicon.look_up(text) for text in questions]
        long = self._lexicon.terms(f"{article.title} {article.body[:BODY_CHARS]}")
        return ArticleWords(
            [np.array([word.term for word in words], dtype=np.uint32) for words in found],
            [self._vectoriser.vector(words) for words in found],
            np.array(long, dtype=np.uint32),
        )
