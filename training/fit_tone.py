"""Fits the tone model on sentences and calibrates it on messages."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import roc_auc_score

from streams.understanding.cues import spotted
from streams.understanding.tfidf import Head, Vectoriser
from streams.understanding.tone import DENSE, ToneModel, recalibrated
from training.corpus import Corpus
from training.linear import LEXICON, fit_softmax, head_of, matrix, packed, reading_of

LABELS = {"negative": 0, "neutral": 1, "positive": 2}
TRUTH = {"negative": 0.0, "neutral": 0.5, "positive": 1.0}
PHRASE_WEIGHT = 8.0
SHOUTED_WEIGHT = 2.0
REQUESTS = 2500
Sample = tuple[str, int, float]
"""A sentence, its label, and its weight."""


def general(corpus: Corpus) -> list[Sample]:
    """Sentences of other fields, and banking questions, which are neutral in tone."""
    rows = corpus.rows("sentiment_goemotions_open") + corpus.rows("sentiment_uci_open")
    found = [(r["text"], LABELS[r["label"]], 1.0) for r in rows if r["label"] in LABELS]
    questions = random.Random(7).sample(corpus.rows("intent_banking77_train"), REQUESTS)
    return found + [(row["text"], LABELS["neutral"], 1.0) for row in questions]


def support(phrases: dict[str, str]) -> list[Sample]:
    """Support-tone sentences, as said and shouted."""
    return [(text, LABELS[label], PHRASE_WEIGHT) for text, label in phrases.items()] + [
        (text.upper(), LABELS[label], SHOUTED_WEIGHT) for text, label in phrases.items()
    ]


def fit(rows: Sequence[Sample], vectoriser: Vectoriser) -> dict[str, NDArray[Any]]:
    """The model's arrays, not calibrated yet."""
    blank = ToneModel(_blank(), np.zeros((DENSE, 3), dtype=np.float32), 1.0, 0.0)
    words = matrix([vectoriser.word_vector(LEXICON.look_up(text)) for text, *_ in rows])
    features = [blank.dense_features(text, spotted(text)) for text, *_ in rows]
    dense = sparse.csr_matrix(np.stack(features))
    labels = np.array([label for _, label, _ in rows])
    weights = np.array([weight for *_, weight in rows])
    coefficients, intercepts = fit_softmax(
        sparse.hstack([words, dense]).tocsr(), labels, c=1.0, weights=weights, rounds=300
    )
    split = words.shape[1]
    keep = np.asarray((words > 0).sum(axis=0)).ravel() >= 2
    arrays = packed(coefficients[:, :split], intercepts, keep)
    return arrays | {
        "dense": coefficients[:, split:].T.astype(np.float32),
        "slope": np.array(1.0),
        "offset": np.array(0.0),
    }


def _blank() -> Head:
    return Head(
        np.empty(0, dtype=np.int32),
        np.empty((0, 3), dtype=np.int8),
        np.ones(3, dtype=np.float32),
        np.zeros(3, dtype=np.float32),
    )


def model_of(arrays: Mapping[str, NDArray[Any]]) -> ToneModel:
    """The running model."""
    return ToneModel(
        head_of(arrays), arrays["dense"], float(arrays["slope"]), float(arrays["offset"])
    )


def score(model: ToneModel, text: str, vectoriser: Vectoriser) -> float:
    """The tone of a message as the running models compute it."""
    return model.score(reading_of(vectoriser, text))


def unaware(
    corpus: Corpus, phrases: dict[str, str], vectoriser: Vectoriser
) -> tuple[ToneModel, list[Sample], list[Sample]]:
    """The model without the open set's tone sentences and without a tenth of the general ones.

    Returns:
        The model, the general sentences that it has seen, and those that it has not.
    """
    dice = random.Random(8)
    own = set(corpus.document("tone_phrases.json")["negative"])
    own |= {p for k in ("neutral", "positive") for p in corpus.document("tone_phrases.json")[k]}
    others = general(corpus)
    dice.shuffle(others)
    cut = len(others) * 9 // 10
    model = model_of(
        fit(others[:cut] + support({p: v for p, v in phrases.items() if p in own}), vectoriser)
    )
    return model, others[:cut], others[cut:]


def held_out(
    corpus: Corpus, model: ToneModel, others: Sequence[Sample], vectoriser: Vectoriser
) -> dict[str, list[tuple[float, str]]]:
    """Scores and labels of messages whose tone sentences the model has not seen, by set."""
    names = {number: label for label, number in LABELS.items()}
    return {
        "support messages": [
            (score(model, row["text"], vectoriser), row["label"])
            for row in corpus.rows("tone_support_open")
        ],
        "other sentences": [
            (score(model, text, vectoriser), names[label]) for text, label, _ in others
        ],
    }


def calibration(found: dict[str, list[tuple[float, str]]]) -> tuple[float, float]:
    """Slope and offset from the held-out support messages."""
    rows = found["support messages"]
    fitted = recalibrated([s for s, _ in rows], [TRUTH[label] for _, label in rows])
    return fitted.slope, fitted.offset


def report(found: dict[str, list[tuple[float, str]]], slope: float, offset: float) -> None:
    """Area under the curve for unhappy against the rest, and what the 0.3 trigger finds."""
    for name, rows in found.items():
        odds = np.array([np.log(s / (1 - s)) for s, _ in rows]) * slope + offset
        scores = 1 / (1 + np.exp(-odds))
        unhappy = np.array([label == "negative" for _, label in rows])
        flagged = scores < 0.3
        print(
            f"tone, {name}, {len(rows)} held out: AUC {roc_auc_score(unhappy, -scores):.3f}, "
            f"under 0.3 precision {(unhappy & flagged).sum() / flagged.sum():.3f}, "
            f"recall {(unhappy & flagged).sum() / unhappy.sum():.3f}"
        )
