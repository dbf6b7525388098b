"""Which articles answer a message: BM25 over their fields, and a calibrated confidence.

Title, title with body, and every example question are fields of their own; an article is as good
as its best field (Robertson and Zaragoza 2009, "The probabilistic relevance framework"). Likely
articles are then compared by character and word n-grams too, which forgives typing mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.world import ArticleHit
from streams.understanding.kernel import sigmoid
from streams.understanding.knowledge_items import Article
from streams.understanding.tfidf import SPACE, Floats, Lexicon, Postings, Vector, Vectoriser, Word
from streams.understanding.text import clean

K1 = 1.2
B = 0.6
BODY_CHARS = 2000
CANDIDATES = 10
LISTED = 5
COMPARED_FIELDS = 32
"""At most so many fields of the candidates are compared by n-grams."""

OTHER_LANGUAGE = 0.5
"""The most that an article in another language than the message's can get."""

RANK_FEATURES = 6
CONFIDENCE_FEATURES = 13

Scores = NDArray[np.float64]


class RetrievalModel(NamedTuple):
    """Weights of the ranking (linear) and of the confidence (logistic)."""

    rank: Floats
    confidence: Floats
    bias: float


class ArticleIndex:
    """The fields of all articles, turned over for search.

    Args:
        articles: What was taught.
        categories: The names of the taught categories, in the order of their probabilities.
        model: Weights.
        lexicon: Looks words up.
        vectoriser: Makes the vectors of titles and examples.
    """

    def __init__(
        self,
        articles: Sequence[Article],
        categories: Sequence[str],
        model: RetrievalModel,
        lexicon: Lexicon,
        vectoriser: Vectoriser,
    ) -> None:
        self._articles = articles
        self._model = model
        column = {name: i for i, name in enumerate(categories)}
        self._column = np.array(
            [column.get(article.category or "", -1) for article in articles], dtype=np.intp
        )
        fields: list[list[Word]] = []
        self._vectors: list[Vector] = []
        self._short: list[bool] = []
        first: list[int] = []
        for article in articles:
            first.append(len(fields))
            title = lexicon.look_up(article.title)
            body = lexicon.look_up(article.body[:BODY_CHARS])
            examples = [lexicon.look_up(clean(text[:BODY_CHARS])) for text in article.examples]
            for words in (title, *examples):
                fields.append(words)
                self._vectors.append(vectoriser.vector(words))
                self._short.append(True)
            fields.append(title + body)
            self._vectors.append(vectoriser.vector([]))
            self._short.append(False)
        self._first = np.array(first, dtype=np.int64)
        self._owner = np.repeat(
            np.arange(len(articles)), np.diff([*first, len(fields)]) if first else 0
        )
        self._is_short = np.array(self._short, dtype=bool)
        self._terms: dict[int, int] = {}
        self._idf = np.empty(0)
        self._postings = self._weigh(fields)
        self._query = np.zeros(SPACE, dtype=np.float32)

    def _weigh(self, fields: Sequence[Sequence[Word]]) -> Postings:
        """BM25's weight of every term in every field."""
        owners: list[set[int]] = []
        counted: list[tuple[list[int], list[int]]] = []
        for field, words in enumerate(fields):
            counts: dict[int, int] = {}
            for word in words:
                term = self._terms.setdefault(word.term, len(self._terms))
                counts[term] = counts.get(term, 0) + 1
            while len(owners) < len(self._terms):
                owners.append(set())
            for term in counts:
                owners[term].add(int(self._owner[field]))
            counted.append((list(counts), list(counts.values())))
        frequency = np.array([len(owner) for owner in owners], dtype=np.float64)
        total = len(self._articles)
        self._idf = np.log1p((total - frequency + 0.5) / (frequency + 0.5))
        lengths = np.array([len(words) for words in fields], dtype=np.float64)
        usual = np.where(
            self._is_short,
            max(1.0, float(lengths[self._is_short].mean()) if self._is_short.any() else 1.0),
            max(1.0, float(lengths[~self._is_short].mean()) if total else 1.0),
        )
        rows: list[Vector] = []
        for field, (terms, counts_) in enumerate(counted):
            ids = np.array(terms, dtype=np.int32)
            tf = np.array(counts_, dtype=np.float64)
            norm = K1 * (1 - B + B * lengths[field] / usual[field])
            weights = self._idf[ids] * tf * (K1 + 1) / (tf + norm) if len(ids) else tf
            rows.append(Vector(ids, weights.astype(np.float32)))
        return Postings(rows, len(self._terms))

    def search(
        self,
        words: Sequence[Word],
        vector: Vector,
        categories: Floats,
        language: str | None,
    ) -> list[ArticleHit]:
        """The likeliest articles, each with the probability that it answers the message.

        Args:
            words: The message's words.
            vector: The message's vector.
            categories: Probabilities of the taught categories.
            language: The message's language; unknown counts as English.
        """
        found = self.observe(words, vector, categories)
        if found is None:
            return []
        places, features = found
        confidence = sigmoid(features @ self._model.confidence + np.float32(self._model.bias))
        hits = []
        for place, value in zip(places, confidence.tolist(), strict=True):
            article = self._articles[place]
            if (article.language or "en") != (language or "en"):
                value = min(value, OTHER_LANGUAGE)
            hits.append(ArticleHit(article.id, round(value, 4)))
        return sorted(hits, key=lambda hit: -hit.confidence)

    def candidates(
        self, words: Sequence[Word], vector: Vector, categories: Floats
    ) -> tuple[NDArray[np.intp], Floats, Scores, float] | None:
        """Places of likely articles with the ranking's features, the idf matched, and the rest.

        Returns:
            Places; features of shape (places, RANK_FEATURES); the idf of the known query terms;
            the share of the query's terms that no article has. None when nothing matches.
        """
        distinct = {word.term for word in words}
        known = sorted(self._terms[term] for term in distinct if term in self._terms)
        if not known:
            return None
        ids = np.array(known, dtype=np.int32)
        scores = self._postings.dot(Vector(ids, np.ones(len(ids), dtype=np.float32)))
        short = np.maximum.reduceat(np.where(self._is_short, scores, 0.0), self._first)
        long = np.maximum.reduceat(np.where(self._is_short, 0.0, scores), self._first)
        best = np.maximum(short, 0.8 * long)
        wanted = min(CANDIDATES, len(best))
        places = np.argpartition(-best, wanted - 1)[:wanted]
        places = np.sort(places[best[places] > 0])
        likeness = self._likeness(places, scores, vector)
        idf = self._idf[ids]
        norm = float(idf.sum()) * (K1 + 1) / 2 + 1.0
        columns = self._column[places]
        has_category = columns >= 0
        of_category = np.zeros(len(places))
        of_category[has_category] = categories[columns[has_category]]
        features = np.stack(
            [
                short[places] / norm,
                long[places] / norm,
                likeness,
                of_category,
                has_category,
                best[places] / 20,
            ],
            axis=1,
        )
        unknown = 1.0 - len(known) / len(distinct)
        return places, features.astype(np.float32), idf, unknown

    def _likeness(self, places: NDArray[np.intp], scores: Scores, vector: Vector) -> Scores:
        """The greatest inner product of the message with a title or example of each place."""
        fields = np.flatnonzero(np.isin(self._owner, places) & self._is_short)
        if len(fields) > COMPARED_FIELDS:
            order = np.argsort(-scores[fields], kind="stable")
            fields = np.sort(fields[order[:COMPARED_FIELDS]])
        self._query[vector.ids] = vector.weights
        likeness = np.zeros(len(places))
        for field in fields.tolist():
            row = self._vectors[field]
            place = int(np.searchsorted(places, self._owner[field]))
            likeness[place] = max(likeness[place], float(self._query[row.ids] @ row.weights))
        self._query[vector.ids] = 0.0
        return likeness

    def observe(
        self, words: Sequence[Word], vector: Vector, categories: Floats
    ) -> tuple[list[int], Floats] | None:
        """Places of the best articles in order, with the confidence's features."""
        found = self.candidates(words, vector, categories)
        if found is None:
            return None
        places, rank, idf, unknown = found
        total = rank @ self._model.rank
        order = np.argsort(-total, kind="stable")[:LISTED]
        return places[order].tolist(), confidence_features(rank[order], total[order], idf, unknown)


def confidence_features(rank: Floats, total: Floats, idf: Scores, unknown: float) -> Floats:
    """What tells a right article from a wrong one, shape (articles, CONFIDENCE_FEATURES).

    Args:
        rank: The ranking's features of the listed articles, best first.
        total: Their ranking scores.
        idf: Inverse document frequencies of the query's known terms.
        unknown: Share of the query's terms that no article has.
    """
    rows = []
    for i in range(len(total)):
        others = np.delete(total, i)
        rest = np.delete(rank, i, axis=0)
        best_other = float(others.max()) if len(others) else 0.0
        short, long, likeness, category, _, _ = rank[i].tolist()
        rows.append(
            [
                total[i],
                total[i] - best_other,
                total[i] - float(total.mean()),
                short,
                long,
                likeness,
                likeness - (float(rest[:, 2].max()) if len(rest) else 0.0),
                short - (float(rest[:, 0].max()) if len(rest) else 0.0),
                category,
                float(rank[i, 4]) * (1.0 - category),
                unknown,
                np.log1p(len(idf)) / 4,
                rank[i, 5] / np.sqrt(1 + len(idf)) * 4,
            ]
        )
    return np.array(rows, dtype=np.float32)
