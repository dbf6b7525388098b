"""Which of the taught categories a message belongs to, by its words and by its meaning.

Words and meanings fail on different messages: character n-grams forgive typing errors, meanings
forgive other words. The pretrained columns are the geometric mean of both models' probabilities,
which in logits is an arithmetic one. What is taught at run time is fitted once, over the sum of
both kernels: as right as two models in few-shot cross-validation, and calibrated by the same folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from agents.world import CategoryScore
from streams.understanding.categories import (
    Judgement,
    Pretrained,
    ScopeModel,
    columns_of,
    judged,
    listed,
    scope_features,
    words_alone,
)
from streams.understanding.kernel import Matrix, sigmoid, softmax
from streams.understanding.knowledge_items import Category
from streams.understanding.points import Point, point_of, spelled
from streams.understanding.reading import Reading
from streams.understanding.teaching import Example, arranged, correction
from streams.understanding.teaching_many import MANY, MOST, Correction, fit_many, within
from streams.understanding.tfidf import SPACE, Floats, Postings, primal

BY_MEANING = np.float32(0.8)
"""Share of meanings in the kernel, words have the rest; by few-shot draws on three open sets."""

TELLING = 3
"""A name without a word of so many letters says nothing."""

NEAR = 3
"""So many of the nearest examples tell whether a message is like any."""


class MeantColumns(NamedTuple):
    """The pretrained columns over meanings, in the order of the pretrained columns over words.

    Attributes:
        rows: Weights, shape (WIDTH, columns).
        bias: Shape (columns,).
        sharpness: The inverse temperature of the geometric mean.
    """

    rows: Floats
    bias: Floats
    sharpness: float


class Known(NamedTuple):
    """What was fitted at training time.

    Attributes:
        words: The columns over words.
        meanings: The same columns over meanings.
        scope: The out-of-scope model.
    """

    words: Pretrained
    meanings: MeantColumns
    scope: ScopeModel


class Observed(NamedTuple):
    """What a judgement rests on: probabilities as if one were right, and what `scope` reads."""

    probabilities: Floats
    features: Floats


class EncodedCategories:
    """Columns for exactly the taught categories, as `CategoryModel` has them.

    Args:
        categories: What was taught, `as_read`. One without examples has no column.
        known: What was fitted at training time.
        points: The points of each category's examples, in order.
    """

    def __init__(
        self,
        categories: Sequence[Category],
        known: Known,
        points: Sequence[Sequence[Point]],
    ) -> None:
        found = arranged(categories, known.words.names, known.words.examples, points, MOST)
        self.names = found.names
        self._columns = columns_of(found.names)
        self._known = known
        self._starter, self._starter_columns = found.starter, found.starter_columns
        self._correction: Correction | None = None
        basis = found.basis()
        if basis:
            self._correction = self._fit(found.examples, basis)
        near = [example.point for example in _thinned(found.examples)]
        self._words = Postings([words_alone(point.vector) for point in near], SPACE)
        self._meanings = _stacked(near)

    def _base(self, point: Point) -> Floats:
        base = np.zeros(self._columns, dtype=np.float32)
        if len(self._starter):
            words, meanings, _ = self._known
            logits = words.head.logits(point.vector)
            logits += point.meaning @ meanings.rows
            logits += meanings.bias
            logits *= np.float32(0.5 * meanings.sharpness)
            base[self._starter] = logits.take(self._starter_columns)
        return base

    def _fit(self, examples: Sequence[Example[Point]], basis: Sequence[int]) -> Correction:
        points = [example.point for example in examples]
        meanings = _stacked(points)
        base = np.stack([self._base(point) for point in points])
        labels = np.array([example.column for example in examples])
        if len(basis) > MANY:
            vectors = [point.vector for point in points]
            return fit_many(vectors, meanings, labels, base, float(BY_MEANING))
        rows = np.array(basis, dtype=np.intp)
        vectors = [points[i].vector for i in basis]
        postings = Postings(vectors, SPACE)
        kernel: Matrix = meanings @ (BY_MEANING * meanings[rows].T)
        for place, point in enumerate(points):
            alike = postings.dot(point.vector).astype(np.float32)
            kernel[place] += (1 - BY_MEANING) * alike
        dual = correction(kernel, rows, labels, base)
        return Correction(
            primal(vectors, (1 - BY_MEANING) * dual), meanings[rows].T @ (BY_MEANING * dual)
        )

    def judge(self, reading: Reading) -> Judgement:
        """Probabilities of the taught categories and of none of them; together they are 1."""
        return self.judged(point_of(reading))

    def judged(self, point: Point) -> Judgement:
        """The judgement of a text."""
        if not self.names:
            return Judgement(np.empty(0, dtype=np.float32), 1.0)
        every, features = self.observe(point)
        scope = self._known.scope
        outside = float(sigmoid(features @ scope.weights + np.float32(scope.bias)))
        return judged(every, len(self.names), outside)

    def observe(self, point: Point) -> Observed:
        """What a judgement rests on; there must be categories."""
        logits = self._base(point)
        if self._correction is not None:
            logits += self._correction.words.logits(point.vector)
            logits += point.meaning @ self._correction.meanings
        probabilities = softmax(logits)
        nearest = float(self._words.dot(words_alone(point.vector)).max(initial=0.0))
        features = scope_features(logits, probabilities, nearest)
        return Observed(probabilities, np.concatenate((features, self._likeness(point.meaning))))

    def _likeness(self, meaning: Floats) -> Floats:
        """Likeness in meaning to the nearest example, and to the nearest few on average."""
        alike = self._meanings @ meaning
        few = min(NEAR, len(alike))
        nearest = np.partition(alike, len(alike) - few)[-few:]
        return np.array([nearest.max(), nearest.mean()], dtype=np.float32)

    def listed(self, judgement: Judgement) -> list[CategoryScore]:
        """The likeliest categories, likeliest first."""
        return listed(self.names, judgement)


def as_read(categories: Sequence[Category], known: Known) -> list[Category]:
    """What is read of taught categories: no more examples than are fitted, and the name.

    A name mostly says what the category is for. With one example a category it is worth ten
    points of accuracy, with five up to three. A starter category needs none, and `c17` says
    nothing.
    """
    return [
        msgspec.structs.replace(one, examples=(*one.examples, spelled(one.name)))
        if one.examples and one.name not in known.words.names and _tells(one.name)
        else one
        for one in within(categories)
    ]


def _tells(name: str) -> bool:
    return any(len(word) >= TELLING for word in spelled(name).split())


def _thinned(examples: Sequence[Example[Point]]) -> list[Example[Point]]:
    """As many as are compared with a message, evenly out of all, which lie by category."""
    places = np.linspace(0, len(examples) - 1, min(len(examples), MANY)).astype(np.intp)
    return [examples[place] for place in places.tolist()]


def _stacked(points: Sequence[Point]) -> Matrix:
    if not points:
        return np.empty((0, 0), dtype=np.float32)
    return np.stack([point.meaning for point in points])
