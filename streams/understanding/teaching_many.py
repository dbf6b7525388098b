"""Fits what was taught by thousands of examples, where a kernel over all of them is too large.

Meanings are short enough to be used as they are. Words are used by their likeness to a few hundred
of the examples, whitened (Williams and Seeger 2001, "Using the Nyström method to speed up kernel
machines"). One example in ten is not fitted, and says how sharp the logits have to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.understanding.kernel import SOFTMAX_CURVATURE, Matrix, softmax
from streams.understanding.knowledge_items import Category
from streams.understanding.teaching import SCALES, losses
from streams.understanding.tfidf import SPACE, Floats, Head, Postings, Vector, primal

MANY = 1600
"""From more examples than this on they are fitted so."""

MOST = 16_000
"""At most so many examples are fitted, as many of each category, so that time is bounded."""

WORD_BASIS = 600
HELD = 10
RIDGE = 0.1
STEPS = 40
LEAST = 1e-4
"""Directions of words with a smaller share of the greatest variance are noise."""


def within(categories: Sequence[Category]) -> list[Category]:
    """Categories with the last of their examples, `MOST` in all: what is not fitted is not read."""
    most = max(1, MOST // max(1, len(categories)))
    return [
        one
        if len(one.examples) <= most
        else msgspec.structs.replace(one, examples=one.examples[-most:])
        for one in categories
    ]


class Correction(NamedTuple):
    """What was taught at run time, as weights of words and of meanings."""

    words: Head
    meanings: Floats


def fit_many(
    vectors: Sequence[Vector],
    meanings: Matrix,
    labels: NDArray[np.intp],
    base: Matrix,
    by_meaning: float,
) -> Correction:
    """A correction of given logits.

    Args:
        vectors: The examples' words.
        meanings: Their meanings, shape (n, WIDTH).
        labels: The column of each example.
        base: Logits before the correction, shape (n, columns).
        by_meaning: Share of meanings in the kernel; words have the rest.
    """
    chosen = np.linspace(0, len(vectors) - 1, WORD_BASIS).astype(np.intp)
    basis = [vectors[place] for place in chosen]
    postings = Postings(basis, SPACE)
    alike: Matrix = np.stack([postings.dot(vector).astype(np.float32) for vector in vectors])
    white = _whitening(alike[chosen])
    words, meant = np.float32((1 - by_meaning) ** 0.5), np.float32(by_meaning**0.5)
    rows: Matrix = np.concatenate([words * (alike @ white), meant * meanings], axis=1)
    held = np.arange(len(labels)) % HELD == HELD - 1
    weights = _fit(rows[~held], labels[~held], base[~held])
    lost = losses(rows[held] @ weights, labels[held], base[held])
    weights *= np.float32(SCALES[int(lost.argmin())])
    split = white.shape[1]
    return Correction(primal(basis, words * (white @ weights[:split])), meant * weights[split:])


def _whitening(kernel: Matrix) -> Matrix:
    """What makes likeness to basis points into features with the kernel as inner product."""
    values, vectors = np.linalg.eigh(kernel)
    kept = values > LEAST * values[-1]
    found: Matrix = vectors[:, kept] / np.sqrt(values[kept])
    return found


def _fit(rows: Matrix, labels: NDArray[np.intp], base: Matrix) -> Matrix:
    bound = SOFTMAX_CURVATURE * (rows.T @ rows)
    step = np.linalg.inv(bound + RIDGE * np.eye(len(bound), dtype=np.float32))
    weights: Matrix = np.zeros((rows.shape[1], base.shape[1]), dtype=np.float32)
    ahead: Matrix = weights
    places = np.arange(len(labels))
    for number in range(STEPS):
        gap = softmax(base + rows @ ahead)
        gap[places, labels] -= 1
        before = weights
        weights = ahead - (step @ (rows.T @ gap + RIDGE * ahead)).astype(np.float32, copy=False)
        ahead = weights + (weights - before) * np.float32(number / (number + 3))
    return weights
