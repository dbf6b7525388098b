"""Which articles answer a message, each with a calibrated confidence.

Title, title with body, and every example question are fields of their own; an article is as good
as its best field by BM25. Likely articles are then compared by character and word n-grams too,
which forgives typing mistakes, and by their category.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.world import ArticleHit
from streams.understanding.bm25 import K1, Bm25, Scores
from streams.understanding.kernel import sigmoid
from streams.understanding.knowledge_items import Article
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import SPACE, Floats, Lexicon, Vector, Vectoriser, Word

BODY_CHARS = 1500
CANDIDATES = 10
LISTED = 5
EXAMPLES = 64
"""The newest so many examples of an article are searched."""

COMPARED_FIELDS = 48
"""At most so many fields of the candidates are compared by n-grams."""

OTHER_LANGUAGE = 0.5
"""The most that an article in another language than the message's can get."""

RANK_FEATURES = 7
CONFIDENCE_FEATURES = 14


class RetrievalModel(NamedTuple):
    """Weights of the ranking (linear), and of the confidences (logistic).

    Attributes:
        rank: Shape (RANK_FEATURES,).
        confidence: Of the first article and of the others, shape (2, CONFIDENCE_FEATURES).
        bias: Shape (2,).
    """

    rank: Floats
    confidence: Floats
    bias: Floats


class Candidates(NamedTuple):
    """Likely articles, and what the query is like.

    Attributes:
        places: Places of the articles in the index.
        features: What the ranking reads, shape (places, RANK_FEATURES).
        terms: How many of the query's terms some article has.
        unknown: The share of the query's terms that no article has.
    """

    places: NDArray[np.intp]
    features: Floats
    terms: int
    unknown: float


class ArticleIndex:
    """The fields of all articles, ready for search.

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
        self._column = np.array([column.get(a.category or "", -1) for a in articles], np.intp)
        questions = [
            [bounded(a.title), *(clean(bounded(text)) for text in a.examples[-EXAMPLES:])]
            for a in articles
        ]
        short = [text for texts in questions for text in texts]
        found = [lexicon.look_up(text) for text in short]
        sizes = np.array([len(texts) for texts in questions], dtype=np.intp)
        # all short fields article by article, then one long field an article
        self._sizes = sizes
        self._first = np.concatenate(([0], np.cumsum(sizes)))
        bodies = [lexicon.terms(f"{a.title} {a.body[:BODY_CHARS]}") for a in articles]
        order = np.arange(len(articles))
        self._bm25 = Bm25(
            [[word.term for word in words] for words in found] + bodies,
            np.concatenate((np.repeat(order, sizes), order)),
            np.repeat(np.array([0, 1]), (len(short), len(articles))),
        )
        vectors = [vectoriser.vector(words) for words in found]
        self._start = np.concatenate(([0], np.cumsum([len(v.ids) for v in vectors], dtype=np.intp)))
        self._ids = _joined([v.ids for v in vectors], np.int32)
        self._weights = _joined([v.weights for v in vectors], np.float32)
        self._query = np.zeros(SPACE, dtype=np.float32)

    def search(
        self, words: Sequence[Word], vector: Vector, categories: Floats, language: str | None
    ) -> list[ArticleHit]:
        """The likeliest articles, each with the probability that it answers the message.

        Args:
            words: The message's words.
            vector: The message's vector.
            categories: Probabilities of the taught categories.
            language: The message's language; unknown counts as English.
        """
        found = self.candidates(words, vector, categories)
        if found is None:
            return []
        places, features = listed(found, self._model.rank)
        hits = []
        confidences = confidence(features, self._model)
        for place, value in zip(places.tolist(), confidences.tolist(), strict=True):
            article = self._articles[place]
            foreign = (article.language or "en") != (language or "en")
            most = OTHER_LANGUAGE if foreign else 1.0
            hits.append(ArticleHit(article.id, round(min(value, most), 4)))
        return sorted(hits, key=lambda hit: -hit.confidence)

    def candidates(
        self, words: Sequence[Word], vector: Vector, categories: Floats
    ) -> Candidates | None:
        """The articles worth a closer look; None when no article has a word of the message."""
        distinct = {word.term for word in words}
        known = self._bm25.known(distinct)
        if not known:
            return None
        scores = self._bm25.scores(known)
        fields = int(self._first[-1])
        short = np.maximum.reduceat(scores[:fields], self._first[:-1])
        long = scores[fields:]
        best = np.maximum(short, 0.8 * long)
        wanted = min(CANDIDATES, len(best))
        places = np.argpartition(-best, wanted - 1)[:wanted]
        places = np.sort(places[best[places] > 0])
        likeness, usual = self._likeness(places, scores, vector)
        columns = self._column[places]
        has_category = columns >= 0
        of_category = np.zeros(len(places))
        of_category[has_category] = categories[columns[has_category]]
        norm = float(self._bm25.idf[known].sum()) * (K1 + 1) / 2 + 1.0
        features = np.empty((len(places), RANK_FEATURES), dtype=np.float32)
        features[:, 0] = short[places] / norm
        features[:, 1] = long[places] / norm
        features[:, 2] = likeness
        features[:, 3] = of_category
        features[:, 4] = has_category
        features[:, 5] = best[places] / 20
        features[:, 6] = usual
        return Candidates(places, features, len(known), 1.0 - len(known) / len(distinct))

    def _likeness(
        self, places: NDArray[np.intp], scores: Scores, vector: Vector
    ) -> tuple[Scores, Scores]:
        """The greatest and the mean inner product of the message with each place's fields.

        Of articles with many examples the best fields by BM25 are compared.
        """
        fields = _ranges(self._first[places], self._sizes[places])
        owners = np.repeat(np.arange(len(places)), self._sizes[places])
        if len(fields) > COMPARED_FIELDS:
            keep = np.argsort(-scores[fields], kind="stable")[:COMPARED_FIELDS]
            keep.sort()
            fields, owners = fields[keep], owners[keep]
        sizes = self._start[fields + 1] - self._start[fields]
        spots = _ranges(self._start[fields], sizes)
        self._query[vector.ids] = vector.weights
        products = self._query[self._ids[spots]] * self._weights[spots]
        self._query[vector.ids] = 0.0
        likeness = np.bincount(
            np.repeat(np.arange(len(fields)), sizes), weights=products, minlength=len(fields)
        )
        most = np.zeros(len(places))
        np.maximum.at(most, owners, likeness)
        total = np.bincount(owners, weights=likeness, minlength=len(places))
        return most, total / np.maximum(np.bincount(owners, minlength=len(places)), 1)


def listed(found: Candidates, rank: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The best candidates in order, with what the confidence reads.

    That is, shape (articles, CONFIDENCE_FEATURES): ranking score; its lead over the best other
    and over the mean; BM25 of the best question and of the body; likeness, greatest and mean;
    the leads of both over the best other; category's probability, and its shortfall; share of
    unknown terms; number of terms; BM25 by the root of the number of terms.
    """
    total = found.features @ rank
    order = np.argsort(-total, kind="stable")[:LISTED]
    total = total[order]
    features = found.features[order]
    root = np.sqrt(1 + found.terms)
    rows = np.empty((len(order), CONFIDENCE_FEATURES), dtype=np.float32)
    rows[:, 0] = total
    rows[:, 1] = _lead(total)
    rows[:, 2] = total - total.mean()
    rows[:, 3:5] = features[:, :2]
    rows[:, 5] = features[:, 2]
    rows[:, 6] = features[:, 6]
    rows[:, 7] = _lead(features[:, 0])
    rows[:, 8] = _lead(features[:, 2])
    rows[:, 9] = features[:, 3]
    rows[:, 10] = features[:, 4] * (1 - features[:, 3])
    rows[:, 11] = found.unknown
    rows[:, 12] = np.log1p(found.terms) / 4
    rows[:, 13] = features[:, 5] / root * 4
    return found.places[order], rows


def confidence(rows: Floats, model: RetrievalModel) -> Floats:
    """The probability of each listed article that it answers the message."""
    logits: Floats = rows @ model.confidence[1] + model.bias[1]
    logits[0] = rows[0] @ model.confidence[0] + model.bias[0]
    return sigmoid(logits)


def _lead(values: Floats) -> Floats:
    """Each value less the greatest of the others; of a single value, itself."""
    if len(values) == 1:
        return values
    last = np.partition(values, -2)
    lead: Floats = values - np.where(values == last[-1], last[-2], last[-1])
    return lead


def _ranges(starts: NDArray[np.intp], sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    """The numbers of several ranges, one after another."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    result: NDArray[np.intp] = np.repeat(starts - ends + sizes, sizes) + np.arange(total)
    return result


def _joined(parts: Sequence[NDArray[np.generic]], kind: type) -> NDArray[np.generic]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)
