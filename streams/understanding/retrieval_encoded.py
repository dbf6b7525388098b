"""Which articles answer a message, each with a calibrated confidence; with the encoder.

Articles near in meaning or in words are looked at closely: their nearest title, example and
piece of the body, the middle of their questions, BM25, n-grams, and their category. One linear
ranking weighs all of it (weighted scores, not ranks: one side is much the better one, and a fusion
of ranks would forget by how much). The confidence is the logistic of what is known of the ranking:
the score and its leads, its share among the candidates, and whether words and meaning agree.

The encoder reads English only. A message in another language is searched for by words, among that
language's articles where any has one of its words, and no article is ever surer than
`OTHER_LANGUAGE`: how sure such a match is has been measured for no other language.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.languages import spoken
from agents.world import ArticleHit
from streams.understanding.artefacts import Arrays
from streams.understanding.dense_fields import ENCODED, NEAR_FEATURES, DenseFields
from streams.understanding.kernel import sigmoid, softmax
from streams.understanding.knowledge_items import Article
from streams.understanding.lexical_fields import RANK_FEATURES
from streams.understanding.meanings import Meanings
from streams.understanding.reading import Reading
from streams.understanding.retrieval import (
    LISTED,
    OTHER_LANGUAGE,
    ArticleIndex,
    Candidates,
    lead,
)
from streams.understanding.tfidf import Floats

CANDIDATES = 16
DENSE_SHARE, BM25_SHARE = np.float32(0.85), np.float32(0.15)
"""By what candidates are chosen; the ranking has weights of its own."""

FEATURES = RANK_FEATURES + NEAR_FEATURES
CONFIDENCE_FEATURES = 22
FEW = 24
"""A base of fewer articles is weighed as though articles on other matters made it up to so many.

The confidence was fitted on bases of hundreds, where a message always has some article that it
is a little like. Where there is but one, its lead over the others and its share among them would
say only that it is alone. On 264 bases of 1 to 12 articles in 11 domains, asked their own
questions, their neighbours' and strangers' in equal parts, 24 err by 3.3% in calibration, 12 by
5.6%; of what no article answers, 3.4% and 5.2% get an answer above 0.8.
"""

SHARE = 3
"""The column of an article's share among the candidates."""

OVER_SHARE = 1.25

ENGLISH = "en"


class EncodedModel(NamedTuple):
    """Weights of the ranking (linear), and of the confidences (logistic).

    Attributes:
        rank: Shape (FEATURES,).
        confidence: Of the first article and of the others, shape (2, CONFIDENCE_FEATURES).
        bias: Shape (2,).
        strangers: The mean and the spread of the ranking scores of articles about other matters
            than the message's, shape (2,).
    """

    rank: Floats
    confidence: Floats
    bias: Floats
    strangers: Floats


class EncodedModels(NamedTuple):
    """The weights for bases without categories, and for those with articles filed under some."""

    plain: EncodedModel
    filed: EncodedModel

    @classmethod
    def of(cls, arrays: Arrays) -> EncodedModels:
        """The models of an artefact: each array has those of both, in this order."""
        pairs = zip(*(arrays[name] for name in EncodedModel._fields), strict=True)
        return cls(*(EncodedModel(*parts) for parts in pairs))


class EncodedArticles:
    """The fields of all articles and their meanings, ready for search.

    Args:
        articles: What was taught.
        words: The same articles with the light tier's weights: for messages in other languages,
            and for bases of more articles than are encoded.
        models: Weights.
        meanings: Encodes titles, examples and bodies.
    """

    def __init__(
        self,
        articles: Sequence[Article],
        words: ArticleIndex,
        models: EncodedModels,
        meanings: Meanings,
    ) -> None:
        self._words = words
        self._model = models.filed if words.filed else models.plain
        self._size = len(articles)
        self._dense = DenseFields(articles, meanings) if 0 < self._size <= ENCODED else None
        written = np.array([spoken(article.language or ENGLISH) for article in articles])
        self._written = {str(one): written == one for one in np.unique(written)}

    def search(
        self, reading: Reading, categories: Floats, language: str | None
    ) -> list[ArticleHit]:
        """The likeliest articles, each with the probability that it answers the message.

        Args:
            reading: The message, with its meaning.
            categories: Probabilities of the taught categories.
            language: The message's language; unknown counts as English.
        """
        if not reading.words:
            return []
        if (language or ENGLISH) != ENGLISH:
            return self._by_words(reading, categories, language)
        found = self.look(reading, categories)
        if found is None:
            return self._words.search(reading, categories, language)
        places, features = weighed(found, self._model)
        return self._words.hits(places, confidence(features, self._model), language)

    def look(self, reading: Reading, categories: Floats) -> Candidates | None:
        """The articles worth a closer look; None when no article has a meaning."""
        if self._dense is None or reading.meaning is None:
            return None
        found = self._words.lexical(reading.words)
        near = self._dense.near(reading.meaning)
        close = np.maximum(near.question, near.body)
        score = DENSE_SHARE * close + BM25_SHARE * (found.best / found.norm)
        wanted = min(CANDIDATES, self._size)
        places = (-score).argpartition(wanted - 1)[:wanted]
        places.sort()
        features = np.concatenate(
            [
                self._words.features(places, found, reading.vector, categories),
                self._dense.features(places, near),
            ],
            axis=1,
        )
        return Candidates(places, features, len(found.known), found.unknown, self._size)

    def _by_words(
        self, reading: Reading, categories: Floats, language: str | None
    ) -> list[ArticleHit]:
        own = self._written.get(language or ENGLISH)
        found: list[ArticleHit] = []
        if own is not None:
            found = self._words.search(reading, categories, language, own)
        if not found:
            found = self._words.search(reading, categories, language)
        return [ArticleHit(one.id, min(one.confidence, OTHER_LANGUAGE)) for one in found]


def weighed(found: Candidates, model: EncodedModel) -> tuple[NDArray[np.intp], Floats]:
    """The best candidates in order, with what the confidence reads.

    That is, shape (articles, CONFIDENCE_FEATURES): ranking score; its lead over the best other,
    and over the last listed; its share among all candidates; nearness of the nearest question, of
    the body and of the middle; the leads of the first and of the last; BM25 of the best question,
    and its lead; likeness by n-grams, and its lead; category's probability, and its shortfall;
    share of unknown terms; number of terms; BM25 by the root of the number of terms; whether words
    and meaning agree; mean score of those listed; nearness of question or body, and its lead.
    """
    total = found.features @ model.rank
    mean, spread = model.strangers.tolist()
    others = strangers(found.among, mean, spread)
    shares = softmax(np.concatenate([total, np.array(others, dtype=np.float32)]))
    order = (-total).argsort(kind="stable")[:LISTED]
    rows = found.features.take(order, axis=0)
    question, _, likeness, category, filed, best, _, near, body, _, middle, _, close = rows.T
    score = total.take(order)
    ranked = sorted([*score.tolist(), *others], reverse=True)[:LISTED]
    same = np.ones_like(score)
    columns = [
        score,
        lead([*score.tolist(), *others])[: len(score)],
        score - np.float32(ranked[-1]),
        shares.take(order),
        near,
        body,
        middle,
        lead(near.tolist()),
        lead(middle.tolist()),
        question,
        lead(question.tolist()),
        likeness,
        lead(likeness.tolist()),
        category,
        filed * (1 - category),
        same * np.float32(found.unknown),
        same * np.float32(math.log1p(found.terms) / 4),
        best * np.float32(4 / math.sqrt(1 + found.terms)),
        question == found.features[:, 0].max(),
        same * np.array(ranked, dtype=np.float32).mean(),
        close,
        lead(close.tolist()),
    ]
    return found.places.take(order), np.stack(columns, axis=1).astype(np.float32)


@cache
def strangers(articles: int, mean: float, spread: float) -> tuple[float, ...]:
    """The scores of those that make a base of so many articles up to `FEW`: evenly likely ones."""
    missing, likely = max(0, FEW - articles), NormalDist(mean, spread)
    return tuple(likely.inv_cdf((place + 0.5) / missing) for place in range(missing))


def confidence(rows: Floats, model: EncodedModel) -> Floats:
    """The probability of each listed article that it answers the message.

    No article is much surer than its share among the candidates, whatever else speaks for it: of
    two equal articles at most one is right, and no desk that was trained on had equal ones.
    """
    logits: Floats = rows @ model.confidence[1] + model.bias[1]
    logits[0] = rows[0] @ model.confidence[0] + model.bias[0]
    most: Floats = rows[:, SHARE] * np.float32(OVER_SHARE)
    found: Floats = np.minimum(sigmoid(logits), most)
    return found
