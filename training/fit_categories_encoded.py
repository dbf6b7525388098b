"""Fits the starter categories' columns over meanings, and the encoder tier's out-of-scope model."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from streams.understanding.categories import Pretrained, ScopeModel
from streams.understanding.categories_encoded import (
    EncodedCategories,
    Known,
    MeantColumns,
    as_read,
)
from streams.understanding.knowledge_items import Category
from streams.understanding.points import Point
from streams.understanding.text import fingerprint
from streams.understanding.tfidf import Floats, Head, Vectoriser
from training.corpus import Corpus, noisy
from training.encoding import Encoding
from training.fit_categories import BANKING_DOMAINS, FOLDS, Banking, Fold, Observed
from training.linear import best_factor, fit_binary, vector_of

C = 10.0
SCOPE_FEATURES = 8
NO_SCOPE = ScopeModel(np.zeros(SCOPE_FEATURES, dtype=np.float32), 0.0)
_NONE = np.empty(0, dtype=np.float32)
NOTHING_KNOWN = Known(
    Pretrained((), (), Head(np.empty(0, dtype=np.int32), _NONE, _NONE, _NONE)),
    MeantColumns(_NONE, _NONE, 1.0),
    NO_SCOPE,
)
"""Of a desk that was taught everything by itself."""


class Texts:
    """Points of training texts, as the running models would make them.

    Args:
        vectoriser: Makes vectors of words.
        encoding: Makes vectors of meanings.
    """

    def __init__(self, vectoriser: Vectoriser, encoding: Encoding) -> None:
        self._vectoriser = vectoriser
        self.encoding = encoding

    def of(self, texts: Sequence[str]) -> list[Point]:
        """The points of messages."""
        meanings = self.encoding.of(texts)
        return [
            Point(vector_of(self._vectoriser, text), meaning)
            for text, meaning in zip(texts, meanings, strict=True)
        ]

    def meanings(self, texts: Sequence[str]) -> Floats:
        """The meanings of messages, shape (texts, WIDTH)."""
        return self.encoding.of(texts)


def misspelt(texts: Sequence[str], phrases: list[str]) -> list[str]:
    """A noisy copy of each text, the same one whatever it is fitted with."""
    return [noisy(text, random.Random(fingerprint(text)), phrases) for text in texts]


def fit_columns(
    texts: Sequence[str], labels: NDArray[np.intp], encoding: Encoding, phrases: list[str]
) -> dict[str, NDArray[Any]]:
    """The columns over meanings from texts and a noisy copy of each, as eight-bit rows."""
    rows = np.concatenate([encoding.of(texts), encoding.of(misspelt(texts, phrases))])
    model = LogisticRegression(C=C, max_iter=80, tol=1e-3)
    model.fit(rows, np.concatenate([labels, labels]))
    scale = np.abs(model.coef_).max(axis=1) / 127
    return {
        "rows": np.ascontiguousarray(np.round(model.coef_ / scale[:, None]).astype(np.int8).T),
        "scale": scale.astype(np.float32),
        "bias": model.intercept_.astype(np.float32),
    }


def columns_of(arrays: Mapping[str, NDArray[Any]], sharpness: float) -> MeantColumns:
    """The columns that the arrays of `fit_columns` describe."""
    rows: Floats = arrays["rows"].astype(np.float32) * arrays["scale"]
    return MeantColumns(rows, arrays["bias"], sharpness)


class EncodedFold(NamedTuple):
    """A fold's light model beside columns over meanings that have seen the same texts."""

    known: Known
    held: list[tuple[str, str]]
    left_out: frozenset[str]


def folds(
    data: Banking, light: Sequence[Fold], texts: Texts, phrases: list[str]
) -> list[EncodedFold]:
    """The encoder tier's models of the light tier's folds."""
    made = []
    for number, fold in enumerate(light):
        place = {name: i for i, name in enumerate(fold.pretrained.names)}
        inside = [
            (text, place[intent])
            for i, (text, intent) in enumerate(zip(data.texts, data.intents, strict=True))
            if i % FOLDS != number and intent in place
        ]
        arrays = fit_columns(
            [text for text, _ in inside], np.array([label for _, label in inside]),
            texts.encoding, phrases,
        )  # fmt: skip
        known = [(text, place[intent]) for text, intent in fold.held if intent in place]
        sharpness = sharpest(fold.pretrained, columns_of(arrays, 1.0), known, texts)
        print(f"fold {number}: sharpness of the geometric mean {sharpness:.2f}", flush=True)
        columns = columns_of(arrays, sharpness)
        made.append(
            EncodedFold(Known(fold.pretrained, columns, NO_SCOPE), fold.held, fold.left_out)
        )
    return made


def sharpest(
    words: Pretrained, columns: MeantColumns, held: Sequence[tuple[str, int]], texts: Texts
) -> float:
    """The inverse temperature at which the geometric mean of both is true on held-out texts."""
    points = texts.of([text for text, _ in held])
    both: Floats = np.stack([words.head.logits(point.vector) for point in points])
    both += np.stack([point.meaning for point in points]) @ columns.rows + columns.bias
    return best_factor(both * np.float32(0.5), np.array([label for _, label in held]))


def taught(categories: Sequence[Category], known: Known, texts: Texts) -> EncodedCategories:
    """The running model with categories taught."""
    read = as_read(categories, known)
    return EncodedCategories(read, known, [texts.of(one.examples) for one in read])


def fit_scope(
    corpus: Corpus,
    starter: Sequence[Category],
    made: Sequence[EncodedFold],
    texts: Texts,
    strangers: list[str],
) -> ScopeModel:
    """The out-of-scope model over starter and few-shot taxonomies of many trades and sizes.

    Args:
        corpus: The open data.
        starter: The starter categories.
        made: Models of them; may be none.
        texts: Makes points.
        strangers: What belongs to no taxonomy.
    """
    dice = random.Random(4)
    observed: Observed = []

    def look(model: EncodedCategories, said: Sequence[str], *, outside: bool) -> None:
        observed.extend((model.observe(point).features, outside) for point in texts.of(said))

    others = [
        (row["text"], row["intent"])
        for row in corpus.rows("intent_clinc150_train")
        if row["domain"] not in BANKING_DOMAINS
    ]
    for fold in made:
        kept = [c for c in starter if c.name not in fold.left_out]
        model = taught(kept, fold.known, texts)
        inside = [text for text, intent in fold.held if intent not in fold.left_out]
        near = [text for text, intent in fold.held if intent in fold.left_out]
        look(model, dice.sample(inside, 900), outside=False)
        look(model, dice.sample(near, min(150, len(near))), outside=True)
        look(model, dice.sample(strangers, 60), outside=True)
        look(model, [text for text, _ in dice.sample(others, 100)], outside=True)
    insurance = [(row["text"], row["intent"]) for row in corpus.rows("intent_natcs_insurance")]
    for rows, size, shots in (
        (others, 1, 5), (others, 2, 5), (others, 4, 10), (others, 10, 5), (others, 25, 10),
        (others, 60, 5), (others, 100, 8), (insurance, 5, 5), (insurance, 12, 5),
        (insurance, 18, 10),
    ):  # fmt: skip
        chosen = dice.sample(sorted({intent for _, intent in rows}), size)
        by_intent = {name: [t for t, i in rows if i == name] for name in chosen}
        categories = [Category(name, tuple(said[:shots])) for name, said in by_intent.items()]
        model = taught(categories, NOTHING_KNOWN, texts)
        inside = [text for said in by_intent.values() for text in said[shots:]]
        outside = [text for text, intent in rows if intent not in by_intent]
        look(model, dice.sample(inside, min(200, len(inside))), outside=False)
        look(model, dice.sample(outside, 40) + dice.sample(strangers, 20), outside=True)
    weights, bias = fit_binary(
        np.stack([features for features, _ in observed]),
        np.array([outside for _, outside in observed]),
    )
    return ScopeModel(weights, bias)


def fit(
    corpus: Corpus, data: Banking, light: Sequence[Fold], texts: Texts, phrases: list[str]
) -> dict[str, NDArray[Any]]:
    """The arrays of the artefact `categories_encoded`."""
    made = folds(data, light, texts, phrases)
    strangers = [row["text"] for row in corpus.rows("intent_clinc150_oos_trainval")]
    scope = fit_scope(corpus, data.starter, made, texts, strangers)
    place = {category.name: i for i, category in enumerate(data.starter)}
    labels = np.array([place[intent] for intent in data.intents])
    return fit_columns(data.texts, labels, texts.encoding, phrases) | {
        "sharpness": np.array(made[0].known.meanings.sharpness, dtype=np.float32),
        "scope": scope.weights,
        "scope_bias": np.array(scope.bias),
    }
