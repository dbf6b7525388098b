"""Which articles answer a message, each with a calibrated confidence.

Title, title with body, and every example question are fields of their own; an article is as good
as its best field by BM25. Likely articles are then compared by character and word n-grams too,
which forgives typing mistakes, and by their category.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, pairwise, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.world import ArticleHit
from streams.understanding.bm25 import K1, Bm25, Scores
from streams.understanding.kernel import sigmoid
from streams.understanding.knowledge_items import Article
from streams.understanding.likeness import FieldLikeness
from streams.understanding.reading import Reading
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats, Lexicon, Vector, Vectoriser, Word

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
        self._column = [column.get(a.category or "", -1) for a in articles]
        questions = [
            [bounded(a.title), *(clean(bounded(text)) for text in a.examples[-EXAMPLES:])]
            for a in articles
        ]
        short = [text for texts in questions for text in texts]
        found = [lexicon.look_up(text) for text in short]
        sizes = np.array([len(texts) for texts in questions], dtype=np.intp)
        # all short fields article by article, then one long field an article
        self._first = np.concatenate(([0], np.cumsum(sizes)))
        self._span = [range(first, end) for first, end in pairwise(self._first.tolist())]
        bodies = [lexicon.terms(f"{a.title} {a.body[:BODY_CHARS]}") for a in articles]
        order = np.arange(len(articles))
        self._bm25 = Bm25(
            [[word.term for word in words] for words in found] + bodies,
            np.concatenate((np.repeat(order, sizes), order)),
            np.repeat(np.array([0, 1]), (len(short), len(articles))),
        )
        self._likeness = FieldLikeness([vectoriser.vector(words) for words in found])

    def search(
        self, reading: Reading, categories: Floats, language: str | None
    ) -> list[ArticleHit]:
        """The likeliest articles, each with the probability that it answers the message.

        Args:
            reading: The message.
            categories: Probabilities of the taught categories.
            language: The message's language; unknown counts as English.
        """
        found = self.candidates(reading.words, reading.vector, categories)
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
        places = (-best).argpartition(wanted - 1)[:wanted]
        places = places[best.take(places) > 0]
        places.sort()
        chosen = places.tolist()
        columns = [self._column[place] for place in chosen]
        norm = float(np.add.reduce(self._bm25.idf.take(known))) * (K1 + 1) / 2 + 1.0
        likeness, usual = self._compared(chosen, scores, vector)
        rows = zip(
            [value / norm for value in short.take(places).tolist()],
            [value / norm for value in long.take(places).tolist()],
            likeness,
            [categories[column] if column >= 0 else 0.0 for column in columns],
            [column >= 0 for column in columns],
            [value / 20 for value in best.take(places).tolist()],
            usual,
            strict=True,
        )
        features = np.array(list(rows), dtype=np.float32)
        return Candidates(places, features, len(known), 1.0 - len(known) / len(distinct))

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
        _lead(ranked),
        [value - mean for value in ranked],
        question,
        body,
        likeness,
        usual,
        _lead(question),
        _lead(likeness),
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


def _lead(values: Sequence[float]) -> list[float]:
    """Each value less the greatest of the others; of a single value, itself."""
    if len(values) == 1:
        return list(values)
    second, first = sorted(values)[-2:]
    return [value - (second if value == first else first) for value in values]
