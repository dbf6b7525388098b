"""Fits linear layers with scikit-learn and packs them small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from streams.understanding.reading import Reader, Reading
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import (
    HALF,
    SPACE,
    Floats,
    Head,
    Lexicon,
    Vector,
    Vectoriser,
    document_frequency_to_idf,
)

LEXICON = Lexicon()


def vector_of(vectoriser: Vectoriser, text: str) -> Vector:
    """The vector that the running models would make of a message."""
    return vectoriser.vector(LEXICON.look_up(clean(bounded(text))))


def reading_of(vectoriser: Vectoriser, text: str) -> Reading:
    """The reading that the running models would make of a message, without its meaning."""
    return Reader(LEXICON, vectoriser).read(clean(bounded(text)))


def matrix(vectors: Sequence[Vector]) -> sparse.csr_matrix:
    """Vectors as rows."""
    starts = np.cumsum([0] + [len(v.ids) for v in vectors])
    return sparse.csr_matrix(
        (
            np.concatenate([v.weights for v in vectors]),
            np.concatenate([v.ids for v in vectors]),
            starts,
        ),
        shape=(len(vectors), SPACE),
    )


def fit_idf(texts: Sequence[str]) -> Floats:
    """Inverse document frequencies over texts."""
    flat = Vectoriser(np.ones(SPACE, dtype=np.float32))
    frequency = np.zeros(SPACE, dtype=np.intp)
    for text in texts:
        frequency[vector_of(flat, text).ids] += 1
    return document_frequency_to_idf(frequency, len(texts))


def fit_softmax(
    rows: sparse.csr_matrix | NDArray[np.floating],
    labels: NDArray[np.intp],
    *,
    c: float,
    weights: NDArray[np.float64] | None = None,
    rounds: int = 80,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients (columns, features) and intercepts of a multinomial logistic regression."""
    model = LogisticRegression(C=c, max_iter=rounds, tol=1e-3)
    model.fit(rows, labels, sample_weight=weights)
    return model.coef_, model.intercept_


def fit_binary(rows: NDArray[np.float32], labels: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Weights and bias of a logistic regression over dense features."""
    model = LogisticRegression(C=3.0, max_iter=2000, tol=1e-6)
    model.fit(rows, labels)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def packed(
    coefficients: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    keep: NDArray[np.bool_],
) -> dict[str, NDArray[Any]]:
    """A layer as eight-bit rows with a scale a column.

    Args:
        coefficients: Shape (columns, features).
        intercepts: Shape (columns,).
        keep: Which features get a row.
    """
    features = np.flatnonzero(keep).astype(np.int32)
    scale = np.abs(coefficients).max(axis=1) / 127
    rows = np.round(coefficients[:, features] / scale[:, None]).astype(np.int8).T
    used = np.any(rows != 0, axis=1)
    return {
        "features": features[used],
        "rows": np.ascontiguousarray(rows[used]),
        "scale": scale.astype(np.float32),
        "bias": intercepts.astype(np.float32),
    }


def head_of(arrays: Mapping[str, Any]) -> Head:
    """The layer that the arrays of `packed` describe."""
    return Head(arrays["features"], arrays["rows"], arrays["scale"], arrays["bias"])


def char_half(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """The character n-grams' columns, the words' columns empty."""
    return _masked(rows, np.arange(SPACE) < HALF)


def _masked(rows: sparse.csr_matrix, mask: NDArray[np.bool_]) -> sparse.csr_matrix:
    kept = rows.copy()
    kept.data = kept.data * mask[kept.indices]
    kept.eliminate_zeros()
    return kept


def best_factor(logits: Floats, labels: NDArray[np.intp]) -> float:
    """The inverse temperature with the least cross-entropy on held-out logits."""
    factors = np.arange(0.5, 4.01, 0.05)
    losses = []
    for factor in factors:
        scaled = logits * factor
        top = scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        losses.append(float((total - scaled[np.arange(len(labels)), labels]).mean()))
    return float(factors[int(np.argmin(losses))])
