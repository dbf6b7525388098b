"""Fits the own language model, with code-mixed Hindi as a language of its own."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.understanding.language import MIXED_HINDI, LanguageModel
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Vectoriser
from training.corpus import Corpus
from training.linear import char_half, fit_softmax, head_of, matrix, packed, vector_of

C = 30.0
ENGLISH = 500
Sample = tuple[str, str, str]
"""Text, language, and kind of text."""


def samples(corpus: Corpus) -> list[Sample]:
    """All texts with their languages, in a fixed shuffled order."""
    dice = random.Random(6)
    found = [(r["text"], r["lang"], r["kind"]) for r in corpus.rows("langid_lingua_open")]
    found += [(r["text"], r["lang"], "command") for r in corpus.rows("langid_xsid_open")]
    found += [(r["text"], MIXED_HINDI, "code-mixed") for r in corpus.rows("langid_hinglish_open")]
    for name in ("intent_banking77_train", "intent_clinc150_train", "sentiment_goemotions_open"):
        chosen = dice.sample(corpus.rows(name), ENGLISH)
        found += [(row["text"], "en", "English") for row in chosen]
    dice.shuffle(found)
    return found


def fit(rows: list[Sample], vectoriser: Vectoriser) -> dict[str, NDArray[Any]]:
    """The model's arrays."""
    names = sorted({language for _, language, _ in rows})
    place = {name: i for i, name in enumerate(names)}
    features = char_half(matrix([vector_of(vectoriser, text) for text, *_ in rows]))
    labels = np.array([place[language] for _, language, _ in rows])
    coefficients, intercepts = fit_softmax(features, labels, c=C, rounds=60)
    keep = np.abs(coefficients).max(axis=0) > 0.3
    arrays = packed(coefficients, intercepts, keep)
    return arrays | {"names": np.array(names)}


def model_of(arrays: dict[str, NDArray[Any]]) -> LanguageModel:
    """The running model."""
    return LanguageModel(tuple(arrays["names"].tolist()), head_of(arrays))


def report(corpus: Corpus, vectoriser: Vectoriser) -> None:
    """Accuracy by kind of text on a quarter that the model has not seen."""
    rows = samples(corpus)
    cut = len(rows) * 3 // 4
    model = model_of(fit(rows[:cut], vectoriser))
    hits: dict[str, list[bool]] = {}
    for text, language, kind in rows[cut:]:
        cleaned = clean(bounded(text))
        scores = model.scores(cleaned, vector_of(vectoriser, text))
        hits.setdefault(kind, []).append(model.languages[int(scores.argmax())] == language)
    for kind, found in sorted(hits.items()):
        print(f"language, {kind}, {len(found)} held out: accuracy {np.mean(found):.3f}")
