"""What BM25 and n-grams make of the fields of articles: title, title with body, every example.

An article is as good as its best field by BM25. Articles of interest are then compared by
character and word n-grams too, which forgives typing mistakes, and by their category.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.understanding.article_words import ArticleWords
from streams.understanding.bm25 import K1, Bm25, Scores
from streams.understanding.knowledge_items import Article
from streams.understanding.likeness import FieldLikeness
from streams.understanding.tfidf import Floats, Vector, Word

COMPARED_FIELDS = 48
"""At most so many fields of the candidates are compared by n-grams."""

RANK_FEATURES = 7


class Lexical(NamedTuple):
    """What BM25 makes of a message, for every article.

    Attributes:
        known: The numbers of the query's terms that some article has.
        scores: Of every field.
        short: Of the best short field of each article.
        long: Of its title and body together.
        best: The greater of the two, the long one counting less.
        unknown: The share of the query's terms that no article has.
        norm: What makes scores of short and of long queries alike.
    """

    known: list[int]
    scores: Scores
    short: Scores
    long: Scores
    best: Scores
    unknown: float
    norm: float


class LexicalFields:
    """The fields of all articles, ready to be compared with a message by words and n-grams.

    Args:
        articles: What was taught.
        categories: The names of the taught categories, in the order of their probabilities.
        words: What the words of each article come to.

    Attributes:
        filed: Whether any article belongs to one of the categories.
    """

    def __init__(
        self,
        articles: Sequence[Article],
        categories: Sequence[str],
        words: Sequence[ArticleWords],
    ) -> None:
        self._articles = articles
        column = {name: i for i, name in enumerate(categories)}
        self._column = [column.get(a.category or "", -1) for a in articles]
        self.filed = max(self._column, default=-1) >= 0
        short = [terms for one in words for terms in one.short]
        sizes = np.array([len(one.short) for one in words], dtype=np.intp)
        # all short fields article by article, then one long field an article
        self._first = np.concatenate(([0], np.cumsum(sizes)))
        self._span = [range(first, end) for first, end in pairwise(self._first.tolist())]
        order = np.arange(len(articles))
        self._bm25 = Bm25(
            [*short, *(one.long for one in words)],
            np.concatenate((np.repeat(order, sizes), order)),
            np.repeat(np.array([0, 1]), (len(short), len(articles))),
        )
        self._likeness = FieldLikeness([vector for one in words for vector in one.vectors])

    def lexical(self, words: Sequence[Word]) -> Lexical:
        """What BM25 makes of a message's words, for every article."""
        distinct = {word.term for word in words}
        known = self._bm25.known(distinct)
        scores = self._bm25.scores(known)
        fields = int(self._first[-1])
        short = np.maximum.reduceat(scores[:fields], self._first[:-1])
        long = scores[fields:]
        best = np.maximum(short, 0.8 * long)
        unknown = 1.0 - len(known) / max(len(distinct), 1)
        norm = float(np.add.reduce(self._bm25.idf.take(known))) * (K1 + 1) / 2 + 1.0
        return Lexical(known, scores, short, long, best, unknown, norm)

    def features(
        self, places: NDArray[np.intp], found: Lexical, vector: Vector, categories: Floats
    ) -> Floats:
        """What the ranking reads of some articles, ascending, shape (places, RANK_FEATURES)."""
        chosen = places.tolist()
        columns = [self._column[place] for place in chosen]
        likeness, usual = self._compared(chosen, found.scores, vector)
        rows = zip(
            [value / found.norm for value in found.short.take(places).tolist()],
            [value / found.norm for value in found.long.take(places).tolist()],
            likeness,
            [categories[column] if column >= 0 else 0.0 for column in columns],
            [column >= 0 for column in columns],
            [value / 20 for value in found.best.take(places).tolist()],
            usual,
            strict=True,
        )
        return np.array(list(rows), dtype=np.float32)

    def _compared(
        self, places: Sequence[int], scores: Scores, vector: Vector
    ) -> tuple[list[float], list[float]]:
        """The greatest and the mean inner product of the message with each place's fields.

        Of articles with many examples the best fields by BM25 are compared.
        """
        spans = [self._span[place] for place in places]
        fields = list(chain.from_iterable(spans))
        if len(fields) > COMPARED_FIELDS:
            keep = (-scores.take(fields)).argsort(kind="stable")[:COMPARED_FIELDS]
            fields = sorted(fields[one] for one in keep.tolist())
        likeness = self._likeness.of(vector, fields)
        most, mean = [], []
        end = 0
        for span in spans:
            first, end = end, bisect_left(fields, span.stop, end)
            own = likeness[first:end]
            most.append(max(own, default=0.0))
            # term by term: sum() itself rounds in another way since Python 3.12
            total = 0.0
            for value in own:
                total += value
            mean.append(total / max(len(own), 1))
        return most, mean
