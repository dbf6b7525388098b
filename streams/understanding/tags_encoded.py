"""Which of the taught tags a message bears, by its words and by its meaning.

One logistic regression a tag over the sum of both kernels. Tags are rare, so probabilities over
one half miss most of them: the threshold is the one with the best micro-F1 on held-out examples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.understanding.kernel import Matrix, fit_sigmoids, sigmoid
from streams.understanding.knowledge_items import Tag
from streams.understanding.points import Point, point_of
from streams.understanding.reading import Reading
from streams.understanding.tags import THRESHOLD, borne_by
from streams.understanding.tfidf import SPACE, Floats, Postings, primal

BY_MEANING = np.float32(0.6)
RIDGE = 0.005
STEPS = 60
UNLIKELY = -4.0
"""The log-odds of a tag for a text that is like no example. All by the folds of NLU++."""

FOLDS = 5
TWO_FOLDS_FROM = 600
ENOUGH = 60
"""With fewer examples held-out ones say nothing of a threshold."""

THRESHOLDS = [percent / 1000 for percent in range(75, 601, 25)]


class EncodedTags:
    """Columns for exactly the taught tags that have examples.

    A tag's name is an example too, as it mostly says what the tag is for: worth three points of
    micro-F1 where tags have a handful of examples.

    Args:
        tags: What was taught.
        points: The points of each tag's examples, in order.
        called: The points of the tags' names.
    """

    def __init__(
        self, tags: Sequence[Tag], points: Sequence[Sequence[Point]], called: Sequence[Point]
    ) -> None:
        self._names, examples, target = borne_by(tags, points)
        self._words = None
        if not examples:
            return
        examples += [point for tag, point in zip(tags, called, strict=True) if tag.examples]
        names = np.eye(len(self._names), dtype=np.float32)
        vectors = [point.vector for point in examples]
        meanings = np.stack([point.meaning for point in examples])
        postings = Postings(vectors, SPACE)
        kernel: Matrix = BY_MEANING * (meanings @ meanings.T)
        for place, vector in enumerate(vectors):
            kernel[place] += (1 - BY_MEANING) * postings.dot(vector).astype(np.float32)
        self._threshold = _threshold(kernel, np.concatenate([target, names]), len(target))
        dual = _dual(kernel, np.concatenate([target, names]))
        self._words = primal(vectors, (1 - BY_MEANING) * dual)
        self._meanings: Floats = meanings.T @ (BY_MEANING * dual)

    def borne(self, reading: Reading) -> list[str]:
        """The tags that the message bears, in the order they were taught."""
        return self.borne_at(point_of(reading))

    def borne_at(self, point: Point) -> list[str]:
        """The tags that a text bears, in the order they were taught."""
        if self._words is None:
            return []
        logits = self._words.logits(point.vector) + point.meaning @ self._meanings
        likely = sigmoid(logits + np.float32(UNLIKELY)) > self._threshold
        return [name for name, yes in zip(self._names, likely.tolist(), strict=True) if yes]


def _dual(kernel: Matrix, target: Matrix) -> Matrix:
    return fit_sigmoids(kernel, target, UNLIKELY, ridge=RIDGE, steps=STEPS)


def _threshold(kernel: Matrix, target: Matrix, examples: int) -> float:
    """The threshold with the best micro-F1 on examples that were held out; names never are."""
    if examples < ENOUGH:
        return THRESHOLD
    said, true = [], []
    turn = np.arange(len(target)) % FOLDS
    turn[examples:] = -1
    for fold in range(FOLDS if examples < TWO_FOLDS_FROM else 2):
        (out,), (kept,) = (turn == fold).nonzero(), (turn != fold).nonzero()
        dual = _dual(kernel[np.ix_(kept, kept)], target[kept])
        said.append(sigmoid(kernel[np.ix_(out, kept)] @ dual + np.float32(UNLIKELY)))
        true.append(target[out] > 0)
    held, bears = np.concatenate(said), np.concatenate(true)
    return max(THRESHOLDS, key=lambda threshold: _micro_f1(held > threshold, bears))


def _micro_f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(2 * (said & true).sum() / max(1, said.sum() + true.sum()))
