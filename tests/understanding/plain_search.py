"""Categories and search written plainly, as they were before they were made quick."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.understanding.article_words import EXAMPLES
from streams.understanding.bm25 import K1
from streams.understanding.lexical_fields import COMPARED_FIELDS, RANK_FEATURES
from streams.understanding.retrieval import (
    CANDIDATES,
    CONFIDENCE_FEATURES,
    LISTED,
    ArticleIndex,
    Candidates,
    RetrievalModel,
)
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats, Vector, Word
from tests.understanding import plain


def scope_features(logits: Floats, probabilities: Floats, nearest: float) -> Floats:
    best = np.sort(probabilities)[::-1]
    first = float(np.clip(best[0], 1e-6, 1 - 1e-6))
    second = float(best[1]) if len(best) > 1 else 0.0
    spread = float(-(probabilities * np.log(probabilities + 1e-12)).sum())
    most = float(np.log(len(probabilities))) or 1.0
    return np.array(
        [
            np.log(first / (1 - first)) / 5,
            first - second,
            spread / most,
            float(logits.max()) / 10,
            nearest,
            float(np.log(len(probabilities))) / 5,
        ],
        dtype=np.float32,
    )


class PlainArticles(ArticleIndex):
    """The same index, asked plainly."""

    def closer(
        self, words: Sequence[Word], vector: Vector, categories: Floats, idf: Floats
    ) -> Candidates | None:
        """What `candidates` gives."""
        distinct = {word.term for word in words}
        known = self._bm25.known(distinct)
        if not known:
            return None
        scores = self._bm25.scores(known)
        short = np.maximum.reduceat(scores[: self._first[-1]], self._first[:-1])
        long = scores[self._first[-1] :]
        best = np.maximum(short, 0.8 * long)
        wanted = min(CANDIDATES, len(best))
        places = np.argpartition(-best, wanted - 1)[:wanted]
        places = np.sort(places[best[places] > 0])
        owners = [(one, f) for one, place in enumerate(places) for f in self._span[place]]
        if len(owners) > COMPARED_FIELDS:
            order = np.argsort([-scores[field] for _, field in owners], kind="stable")
            owners = [owners[one] for one in sorted(order[:COMPARED_FIELDS].tolist())]
        texts = [
            text
            for article in self._articles
            for text in (
                bounded(article.title),
                *(clean(bounded(one)) for one in article.examples[-EXAMPLES:]),
            )
        ]
        likeness = plain.dot([plain.vector(texts[field], idf) for _, field in owners], vector)
        own = np.array([one for one, _ in owners])
        most = np.zeros(len(places))
        np.maximum.at(most, own, likeness)
        total = np.bincount(own, weights=likeness, minlength=len(places))
        columns = np.array([self._column[place] for place in places])
        filed = columns >= 0
        of_category = np.zeros(len(places))
        of_category[filed] = categories[columns[filed]]
        norm = float(self._bm25.idf[known].sum()) * (K1 + 1) / 2 + 1.0
        features = np.empty((len(places), RANK_FEATURES), dtype=np.float32)
        features[:, 0] = short[places] / norm
        features[:, 1] = long[places] / norm
        features[:, 2] = most
        features[:, 3] = of_category
        features[:, 4] = filed
        features[:, 5] = best[places] / 20
        features[:, 6] = total / np.maximum(np.bincount(own, minlength=len(places)), 1)
        return Candidates(places, features, len(known), 1.0 - len(known) / len(distinct), len(best))


def listed(found: Candidates, rank: Floats) -> tuple[NDArray[np.intp], Floats]:
    total = found.features @ rank
    order = np.argsort(-total, kind="stable")[:LISTED]
    total = total[order]
    features = found.features[order]
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
    rows[:, 13] = features[:, 5] / np.sqrt(1 + found.terms) * 4
    return found.places[order], rows


def confidence(rows: Floats, model: RetrievalModel) -> Floats:
    logits: Floats = rows @ model.confidence[1] + model.bias[1]
    logits[0] = rows[0] @ model.confidence[0] + model.bias[0]
    return plain.sigmoid(logits)


def _lead(values: Floats) -> Floats:
    if len(values) == 1:
        return values
    last = np.partition(values, -2)
    lead: Floats = values - np.where(values == last[-1], last[-2], last[-1])
    return lead
