"""Fits the ranking of articles and the confidence with the encoder, on the light tier's desks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from streams.understanding.article_words import WordsOfArticles
from streams.understanding.lexical_fields import RANK_FEATURES
from streams.understanding.meanings import Meanings
from streams.understanding.reading import Reader
from streams.understanding.retrieval import (
    CONFIDENCE_FEATURES as WORDS_CONFIDENCE_FEATURES,
)
from streams.understanding.retrieval import (
    ArticleIndex,
    Candidates,
    RetrievalModel,
)
from streams.understanding.retrieval_encoded import (
    CONFIDENCE_FEATURES,
    FEATURES,
    FEW,
    EncodedArticles,
    EncodedModel,
    EncodedModels,
    confidence,
    weighed,
)
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats, Vectoriser
from training.encoding import Encoding
from training.fit_retrieval import WITHOUT_CATEGORIES, Desk, Outcome
from training.linear import LEXICON

BARE = (3, 5, 8, 11)
"""The desks that are asked a second time, with three examples an article and more."""

SETS = ("banking", "insurance", "orders")
"""How the ids of a desk's articles begin, by the set that they are of."""

RIDGE = 1e-3
C = 1.0

Seen = tuple[Candidates | None, list[bool], bool]
"""A question's candidates, which of them are right, and whether there is a right article."""

_NO_WORDS = RetrievalModel(
    np.zeros(RANK_FEATURES, dtype=np.float32),
    np.zeros((2, WORDS_CONFIDENCE_FEATURES), dtype=np.float32),
    np.zeros(2, dtype=np.float32),
)
_NOTHING = EncodedModel(
    np.zeros(FEATURES, dtype=np.float32),
    np.zeros((2, CONFIDENCE_FEATURES), dtype=np.float32),
    np.zeros(2, dtype=np.float32),
    np.ones(2, dtype=np.float32),
)


def look(desk: Desk, vectoriser: Vectoriser, encoding: Encoding) -> list[Seen]:
    """The candidates of every question."""
    looked_up = WordsOfArticles(LEXICON, vectoriser).of(desk.articles)
    words = ArticleIndex(desk.articles, desk.categories, _NO_WORDS, looked_up)
    index = EncodedArticles(
        desk.articles, words, EncodedModels(_NOTHING, _NOTHING), Meanings(encoding)
    )
    reader = Reader(LEXICON, vectoriser, encoding)
    seen: list[Seen] = []
    for query in desk.queries:
        found = index.look(reader.read(clean(bounded(query.text))), query.categories)
        places = found.places.tolist() if found else []
        right = [desk.articles[place].id == query.answer for place in places]
        seen.append((found, right, query.answer is not None))
    return seen


def fit(
    made: Sequence[Desk], vectoriser: Vectoriser, encoding: Encoding
) -> tuple[EncodedModels, list[list[Outcome]]]:
    """The models, and for every desk what one that has not seen it makes of its questions.

    Desks whose articles are filed under categories have a model of their own: where a category
    is known, it says more than all else. Some desks are asked a second time, as if nobody had
    written examples.
    """
    dice = random.Random(11)
    seen = [look(desk, vectoriser, encoding) for desk in made]
    for number in BARE:
        seen[number] += look(bare(made[number], dice), vectoriser, encoding)
    strange = [look(elsewhere(desk, dice), vectoriser, encoding) for desk in made]
    results: list[list[Outcome]] = []
    models: list[EncodedModel] = []
    for group in (slice(WITHOUT_CATEGORIES), slice(WITHOUT_CATEGORIES, None)):
        own, others = seen[group], [row for rows in strange[group] for row in rows]
        for held in range(len(own)):
            model = _fit([row for i, rows in enumerate(own) if i != held for row in rows], others)
            results.append([outcome(row, model) for row in own[held]])
        models.append(_fit([row for rows in own for row in rows], others))
    return EncodedModels(*models), results


def bare(desk: Desk, dice: random.Random) -> Desk:
    """The same desk with most articles as people write them: only the body says what it is for.

    Half of the articles with examples lose them, and a quarter lose their title as well.
    """
    articles = []
    for number, article in enumerate(desk.articles):
        turn = dice.random() if article.examples else 1.0
        title = f"Help page {number}" if turn < 0.25 else article.title
        examples = () if turn < 0.75 else article.examples
        articles.append(msgspec.structs.replace(article, title=title, examples=examples))
    return Desk(articles, desk.categories, desk.queries)


def elsewhere(desk: Desk, dice: random.Random) -> Desk:
    """A few of a desk's articles, all on one set's matters, with questions on the other sets'."""
    about = dice.choice(SETS)
    articles = [article for article in desk.articles if article.id.startswith(about)]
    others = [one for one in desk.queries if one.answer and not one.answer.startswith(about)]
    return Desk(dice.sample(articles, min(FEW, len(articles))), desk.categories, others)


def packed(models: EncodedModels) -> dict[str, NDArray[Any]]:
    """The models as arrays, as `EncodedModels.of` takes them."""
    return {
        name: np.stack([getattr(model, name) for model in models]) for name in EncodedModel._fields
    }


def outcome(row: Seen, model: EncodedModel) -> Outcome:
    """Confidence of the first article, whether it is right, whether there is a right one."""
    found, right, answerable = row
    if found is None:
        return 0.0, False, answerable
    places, features = weighed(found, model)
    truth = dict(zip(found.places.tolist(), right, strict=True))
    return float(confidence(features, model)[0]), truth[int(places[0])], answerable


def _fit(rows: Sequence[Seen], strange: Sequence[Seen]) -> EncodedModel:
    pairs = [(found, right) for found, right, _ in rows if found is not None]
    rank = _ranking([(found.features, right) for found, right in pairs if any(right)])
    scores = np.concatenate([found.features @ rank for found, _, _ in strange if found is not None])
    strangers = np.array([scores.mean(), scores.std()], dtype=np.float32)
    ranked = _NOTHING._replace(rank=rank, strangers=strangers)
    first: list[tuple[Floats, bool]] = []
    others: list[tuple[Floats, bool]] = []
    for found, right in pairs:
        places, features = weighed(found, ranked)
        truth = dict(zip(found.places.tolist(), right, strict=True))
        for turn, place in enumerate(places.tolist()):
            (others if turn else first).append((features[turn], truth[place]))
    fitted = [_logistic(part) for part in (first, others)]
    return ranked._replace(
        confidence=np.stack([weights for weights, _ in fitted]),
        bias=np.array([bias for _, bias in fitted], dtype=np.float32),
    )


def _ranking(rows: Sequence[tuple[Floats, list[bool]]]) -> Floats:
    """The weights by which the right article leads the candidates of its question most surely.

    That is a softmax over each question's candidates, so only differences within one count.
    """
    most = max(len(features) for features, _ in rows)
    table = np.zeros((len(rows), most, FEATURES))
    none = np.full((len(rows), most), -1e9)
    for place, (features, _) in enumerate(rows):
        table[place, : len(features)] = features
        none[place, : len(features)] = 0.0
    true = np.array([right.index(True) for _, right in rows])
    every = np.arange(len(rows))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = table @ weights + none
        logits -= logits.max(axis=1, keepdims=True)
        powers = np.exp(logits)
        shares = powers / powers.sum(axis=1, keepdims=True)
        cost = -np.log(shares[every, true] + 1e-12).mean() + RIDGE * (weights @ weights)
        expected = np.einsum("nk,nkd->nd", shares, table)
        slope = (expected - table[every, true]).mean(axis=0) + 2 * RIDGE * weights
        return float(cost), slope

    found = minimize(loss, np.zeros(FEATURES), jac=True, method="L-BFGS-B")
    weights: Floats = found.x.astype(np.float32)
    return weights


def _logistic(part: Sequence[tuple[Floats, bool]]) -> tuple[Floats, float]:
    """Weights and bias; features are brought to one size first, so that all are pulled alike."""
    rows = np.stack([features for features, _ in part]).astype(np.float64)
    middle, size = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    model = LogisticRegression(C=C, max_iter=3000, tol=1e-6)
    model.fit((rows - middle) / size, np.array([right for _, right in part]))
    weights = model.coef_[0] / size
    return weights.astype(np.float32), float(model.intercept_[0] - weights @ middle)
