"""Fits the starter categories' columns and the out-of-scope model."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.understanding.categories import CategoryModel, Pretrained, ScopeModel
from streams.understanding.kernel import softmax
from streams.understanding.knowledge_items import Category
from streams.understanding.text import fingerprint
from streams.understanding.tfidf import Floats, Vectoriser
from training.corpus import Corpus, noisy
from training.linear import (
    best_factor,
    fit_binary,
    fit_softmax,
    head_of,
    matrix,
    packed,
    reading_of,
    vector_of,
)

FOLDS = 3
C = 10.0
RARE = 3
LEFT_OUT = 12
SCOPE_FEATURES = 6
BANKING_DOMAINS = frozenset({"banking", "credit_cards"})

Observed = list[tuple[Floats, bool]]
"""Out-of-scope features, and whether truly outside."""


class Fold(NamedTuple):
    """A model that has not seen the texts of its fold, nor some intents at all."""

    pretrained: Pretrained
    held: list[tuple[str, str]]
    left_out: frozenset[str]
    factor: float


class Banking(NamedTuple):
    """Banking77's texts and intents, and the starter categories over them."""

    texts: list[str]
    intents: list[str]
    starter: list[Category]


def banking(corpus: Corpus, starter: list[Category]) -> Banking:
    """The training texts in a fixed shuffled order."""
    rows = corpus.rows("intent_banking77_train")
    random.Random(1).shuffle(rows)
    return Banking([row["text"] for row in rows], [row["intent"] for row in rows], starter)


def fit_head(
    texts: Sequence[str],
    intents: Sequence[str],
    names: Sequence[str],
    vectoriser: Vectoriser,
    phrases: list[str],
) -> dict[str, NDArray[Any]]:
    """The columns of some intents from texts and a noisy copy of each, at temperature 1."""
    dice = random.Random(2)
    place = {name: i for i, name in enumerate(names)}
    both = [*texts, *(noisy(text, dice, phrases) for text in texts)]
    rows = matrix([vector_of(vectoriser, text) for text in both])
    labels = np.array([place[intent] for intent in intents] * 2)
    coefficients, intercepts = fit_softmax(rows, labels, c=C, rounds=60)
    keep = np.asarray((rows[: len(texts)] > 0).sum(axis=0)).ravel() >= RARE
    return packed(coefficients, intercepts, keep)


def sharpened(arrays: dict[str, NDArray[Any]], factor: float) -> dict[str, NDArray[Any]]:
    """The layer with its logits multiplied by an inverse temperature."""
    return arrays | {name: arrays[name] * np.float32(factor) for name in ("scale", "bias")}


def folds(data: Banking, vectoriser: Vectoriser, phrases: list[str]) -> list[Fold]:
    """One model that knows all intents, and further ones to which some intents are unknown."""
    dice = random.Random(3)
    names = [category.name for category in data.starter]
    prints = {c.name: frozenset(map(fingerprint, c.examples)) for c in data.starter}
    made = []
    for number in range(FOLDS):
        left_out = frozenset(dice.sample(names, LEFT_OUT)) if number else frozenset()
        kept = [name for name in names if name not in left_out]
        inside = [
            (text, intent)
            for i, (text, intent) in enumerate(zip(data.texts, data.intents, strict=True))
            if i % FOLDS != number and intent not in left_out
        ]
        held = [
            (text, intent)
            for i, (text, intent) in enumerate(zip(data.texts, data.intents, strict=True))
            if i % FOLDS == number
        ]
        arrays = fit_head(
            [text for text, _ in inside], [intent for _, intent in inside], kept,
            vectoriser, phrases,
        )  # fmt: skip
        place = {name: i for i, name in enumerate(kept)}
        known = [(place[i], vector_of(vectoriser, t)) for t, i in held if i in place]
        raw = np.stack([head_of(arrays).logits(vector) for _, vector in known])
        factor = best_factor(raw, np.array([label for label, _ in known]))
        print(f"fold {number}: inverse temperature {factor:.2f}", flush=True)
        head = head_of(sharpened(arrays, factor))
        pretrained = Pretrained(tuple(kept), tuple(prints[name] for name in kept), head)
        made.append(Fold(pretrained, held, left_out, factor))
    return made


def taught(
    categories: Sequence[Category],
    pretrained: Pretrained,
    vectoriser: Vectoriser,
    scope: ScopeModel,
) -> CategoryModel:
    """The running category model with categories taught."""
    vectors = [[vector_of(vectoriser, text) for text in c.examples] for c in categories]
    return CategoryModel(categories, pretrained, scope, vectors)


NO_SCOPE = ScopeModel(np.zeros(SCOPE_FEATURES, dtype=np.float32), 0.0)


def fit_scope(
    corpus: Corpus, data: Banking, made: Sequence[Fold], vectoriser: Vectoriser
) -> tuple[ScopeModel, Observed]:
    """The out-of-scope model over starter and few-shot taxonomies of many sizes."""
    dice = random.Random(4)
    clinc = [
        (row["text"], row["intent"])
        for row in corpus.rows("intent_clinc150_train")
        if row["domain"] not in BANKING_DOMAINS
    ]
    strangers = [row["text"] for row in corpus.rows("intent_clinc150_oos_trainval")]
    observed: Observed = []

    def look(model: CategoryModel, texts: Sequence[str], *, outside: bool) -> None:
        for text in texts:
            vector = vector_of(vectoriser, text)
            observed.append((model.observe(vector)[1], outside))

    for fold in made:
        model = taught(
            [c for c in data.starter if c.name not in fold.left_out],
            fold.pretrained, vectoriser, NO_SCOPE,
        )  # fmt: skip
        inside = [text for text, intent in fold.held if intent not in fold.left_out]
        near = [text for text, intent in fold.held if intent in fold.left_out]
        look(model, dice.sample(inside, 900), outside=False)
        look(model, dice.sample(near, min(150, len(near))), outside=True)
        look(model, dice.sample(strangers, 60), outside=True)
        look(model, [text for text, _ in dice.sample(clinc, 100)], outside=True)
    nobody = Pretrained((), (), made[0].pretrained.head)
    intents = sorted({intent for _, intent in clinc})
    for size, shots in ((1, 5), (2, 5), (4, 10), (10, 5), (25, 10), (60, 5), (100, 8)):
        chosen = dice.sample(intents, size)
        by_intent = {name: [t for t, i in clinc if i == name] for name in chosen}
        categories = [Category(name, tuple(texts[:shots])) for name, texts in by_intent.items()]
        model = taught(categories, nobody, vectoriser, NO_SCOPE)
        inside = [text for texts in by_intent.values() for text in texts[shots:]]
        outside = [text for text, intent in clinc if intent not in by_intent]
        look(model, dice.sample(inside, min(200, len(inside))), outside=False)
        look(model, dice.sample(outside, 40) + dice.sample(strangers, 20), outside=True)
    rows = np.stack([features for features, _ in observed])
    labels = np.array([outside for _, outside in observed])
    weights, bias = fit_binary(rows, labels)
    return ScopeModel(weights, bias), observed


def report(
    data: Banking, fold: Fold, vectoriser: Vectoriser, scope: ScopeModel, phrases: list[str]
) -> None:
    """Accuracy and calibration on the fold that the model has not seen."""
    model = taught(data.starter, fold.pretrained, vectoriser, scope)
    dice = random.Random(5)
    for title, change in (("clean", False), ("noisy", True)):
        right, sure, sure_right, gaps = 0, 0, 0, np.zeros((15, 3))
        for text, intent in fold.held:
            said = noisy(text, dice, phrases) if change else text
            judged = model.judge(reading_of(vectoriser, said))
            best = int(judged.probabilities.argmax())
            confidence = float(softmax(model.observe(vector_of(vectoriser, said))[0]).max())
            hit = model.names[best] == intent
            right += hit
            sure += confidence > 0.8
            sure_right += hit and confidence > 0.8
            gaps[min(14, int(confidence * 15))] += (1, confidence, hit)
        n = len(fold.held)
        ece = float(np.abs(gaps[:, 1] - gaps[:, 2]).sum() / n)
        print(
            f"categories, {title} Banking77, {n} held out: accuracy {right / n:.3f}, "
            f"over 0.8 {sure_right / sure:.3f} right on {sure / n:.3f}, ECE {ece:.3f}"
        )
