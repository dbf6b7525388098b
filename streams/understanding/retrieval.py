"""Which articles answer a message, each with a calibrated confidence; without the encoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.languages import spoken
from agents.world import ArticleHit
from streams.understanding.article_words import ArticleWords
from streams.understanding.kernel import sigmoid
from streams.understanding.knowledge_items import Article
from streams.understanding.lexical_fields import LexicalFields
from streams.understanding.reading import Reading
from streams.understanding.tfidf import Floats, Vector, Word

CANDIDATES = 10
LISTED = 5
OTHER_LANGUAGE = 0.5
"""The most that an article in another language than the message's can get."""

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
        features: What a tier's ranking reads, shape (places, its features).
        terms: How many of the query's terms some article has.
        unknown: The share of the query's terms that no article has.
        among: How many articles there are.
    """

    places: NDArray[np.intp]
    features: Floats
    terms: int
    unknown: float
    among: int


class ArticleIndex(LexicalFields):
    """The fields of all articles, ready for search.

    Args:
        articles: What was taught.
        categories: The names of the taught categories, in the order of their probabilities.
        model: Weights.
        words: What the words of each article come to.
    """

    def __init__(
        self,
        articles: Sequence[Article],
        categories: Sequence[str],
        model: RetrievalModel,
        words: Sequence[ArticleWords],
    ) -> None:
        super().__init__(articles, categories, words)
        self._model = model

    def search(
        self,
        reading: Reading,
        categories: Floats,
        language: str | None,
        among: NDArray[np.bool_] | None = None,
    ) -> list[ArticleHit]:
        """The likeliest articles, each with the probability that it answers the message.

        Args:
            reading: The message.
            categories: Probabilities of the taught categories.
            language: The message's language; unknown counts as English.
            among: Which articles may be found, shape (articles,); None lets all.
        """
        found = self.candidates(reading.words, reading.vector, categories, among)
        if found is None:
            return []
        places, features = listed(found, self._model.rank)
        return self.hits(places, confidence(features, self._model), language)

    def hits(
        self, places: NDArray[np.intp], confidences: Floats, language: str | None
    ) -> list[ArticleHit]:
        """Articles by confidence, those in another language than the message's never sure."""
        found = []
        for place, value in zip(places.tolist(), confidences.tolist(), strict=True):
            article = self._articles[place]
            foreign = spoken(article.language or "en") != spoken(language or "en")
            most = OTHER_LANGUAGE if foreign else 1.0
            found.append(ArticleHit(article.id, round(min(value, most), 4)))
        return sorted(found, key=lambda hit: -hit.confidence)

    def candidates(
        self,
        words: Sequence[Word],
        vector: Vector,
        categories: Floats,
        among: NDArray[np.bool_] | None = None,
    ) -> Candidates | None:
        """The articles worth a closer look; None when none has a word of the message."""
        found = self.lexical(words)
        if not found.known:
            return None
        best = found.best if among is None else found.best * among
        wanted = min(CANDIDATES, len(best))
        places = (-best).argpartition(wanted - 1)[:wanted]
        places = places[best.take(places) > 0]
        if not len(places):
            return None
        places.sort()
        features = self.features(places, found, vector, categories)
        return Candidates(places, features, len(found.known), found.unknown, len(best))


def listed(found: Candidates, rank: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The best candidates in order, with what the confidence reads.

    That is, shape (articles, CONFIDENCE_FEATURES): ranking score; its lead over the best other
    and over the mean; BM25 of the best question and of the body; likeness, greatest and mean;
    the leads of both over the best other; category's probability, and its shortfall; share of
    unknown terms; number of terms; BM25 by the root of the number of terms.
    """
    total = found.features @ rank
    order = (-total).argsort(kind="stable")[:LISTED]
    total = total.take(order)
    mean = float(np.add.reduce(total) / np.float32(len(total)))
    question, body, likeness, probability, filed, best, usual = found.features.take(
        order, axis=0
    ).T.tolist()
    ranked = total.tolist()
    root = math.sqrt(1 + found.terms)
    terms = float(np.log1p(found.terms)) / 4
    # each step rounds once only, so float64 gives what float32 would give
    columns = zip(
        ranked,
        lead(ranked),
        [value - mean for value in ranked],
        question,
        body,
        likeness,
        usual,
        lead(question),
        lead(likeness),
        probability,
        [yes * (1 - value) for yes, value in zip(filed, probability, strict=True)],
        repeat(found.unknown),
        repeat(terms),
        [value / root * 4 for value in best],
    )
    return found.places.take(order), np.array(list(columns), dtype=np.float32)


def confidence(rows: Floats, model: RetrievalModel) -> Floats:
    """The probability of each listed article that it answers the message."""
    logits: Floats = rows @ model.confidence[1] + model.bias[1]
    logits[0] = rows[0] @ model.confidence[0] + model.bias[0]
    return sigmoid(logits)


def lead(values: Sequence[float]) -> list[float]:
    """Each value less the greatest of the others; of a single value, itself."""
    if len(values) == 1:
        return list(values)
    second, first = sorted(values)[-2:]
    return [value - (second if value == first else first) for value in values]
