"""Which of the taught categories a message belongs to, and whether any fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.world import CategoryScore
from streams.understanding.kernel import Matrix, sigmoid, softmax
from streams.understanding.knowledge_items import Category
from streams.understanding.reading import Reading
from streams.understanding.teaching import Example, arranged, correction
from streams.understanding.tfidf import SPACE, Floats, Head, Postings, Vector, primal

LISTED = 5
LEAST = 2

_SURELY_NOT, _SURELY = float(np.float32(1e-6)), float(np.float32(1 - 1e-6))


class Pretrained(NamedTuple):
    """Columns fitted at training time on many more examples than a desk would type.

    Attributes:
        names: The columns' names.
        examples: The fingerprints of each name's starter examples.
        head: The linear layer; its logits are calibrated.
    """

    names: tuple[str, ...]
    examples: tuple[frozenset[int], ...]
    head: Head


class ScopeModel(NamedTuple):
    """Logistic regression from the features of `_scope_features` to "no category fits"."""

    weights: Floats
    bias: float


class Judgement(NamedTuple):
    """Probabilities of the taught categories, shape (categories,), and of none of them."""

    probabilities: Floats
    outside: float


class Observed(NamedTuple):
    """What the judgement of a vector rests on.

    Attributes:
        logits: Of the columns: the taught categories, and an empty one beside one that is alone.
        features: What `ScopeModel` reads.
        probabilities: Of the columns, as if one of them were right.
    """

    logits: Floats
    features: Floats
    probabilities: Floats


class CategoryModel:
    """Columns for exactly the taught categories.

    A category with all its starter examples keeps its pretrained column. Every other example
    (of a new category, or added to a starter one) is a basis point of a correction that is
    fitted over all columns on top of the pretrained logits.

    Args:
        categories: What was taught; names are distinct. One without examples has no column.
        pretrained: Columns for the starter categories.
        scope: The out-of-scope model.
        vectors: The vectors of each category's examples, in order.
    """

    def __init__(
        self,
        categories: Sequence[Category],
        pretrained: Pretrained,
        scope: ScopeModel,
        vectors: Sequence[Sequence[Vector]],
    ) -> None:
        found = arranged(categories, pretrained.names, pretrained.examples, vectors)
        self.names = found.names
        self._scope = scope
        self._head = pretrained.head
        self._columns = columns_of(found.names)
        self._starter, self._starter_columns = found.starter, found.starter_columns
        examples = found.examples
        self._words = Postings([words_alone(example.point) for example in examples], SPACE)
        self._correction: Head | None = None
        basis = found.basis()
        if basis:
            self._correction = self._fit(examples, basis)

    def _base(self, vector: Vector) -> Floats:
        base = np.zeros(self._columns, dtype=np.float32)
        if len(self._starter):
            base[self._starter] = self._head.logits(vector).take(self._starter_columns)
        return base

    def _fit(self, examples: Sequence[Example[Vector]], basis: Sequence[int]) -> Head:
        postings = Postings([examples[i].point for i in basis], SPACE)
        kernel: Matrix = np.stack(
            [postings.dot(example.point).astype(np.float32) for example in examples]
        )
        base = np.stack([self._base(example.point) for example in examples])
        labels = np.array([example.column for example in examples])
        dual = correction(kernel, np.array(basis, dtype=np.intp), labels, base)
        return primal([examples[i].point for i in basis], dual)

    def judge(self, reading: Reading) -> Judgement:
        """Probabilities of the taught categories and of none of them; together they are 1."""
        if not self.names:
            return Judgement(np.empty(0, dtype=np.float32), 1.0)
        _, features, every = self.observe(reading.vector)
        outside = float(sigmoid(features @ self._scope.weights + np.float32(self._scope.bias)))
        return judged(every, len(self.names), outside)

    def observe(self, vector: Vector) -> Observed:
        """What the judgement of a vector rests on; there must be categories."""
        logits = self._base(vector)
        if self._correction is not None:
            logits += self._correction.logits(vector)
        probabilities = softmax(logits)
        nearest = float(self._words.dot(words_alone(vector)).max(initial=0.0))
        return Observed(logits, scope_features(logits, probabilities, nearest), probabilities)

    def listed(self, judgement: Judgement) -> list[CategoryScore]:
        """The likeliest categories, likeliest first."""
        return listed(self.names, judgement)


def columns_of(names: Sequence[str]) -> int:
    """How many columns some categories are fitted with, so that there is another to choose.

    A category that is alone would be certain of any message, and the more so of what is like none
    of its examples: it has an empty one beside it.
    """
    return max(len(names), LEAST)


def judged(probabilities: Floats, taught: int, outside: float) -> Judgement:
    """The judgement of a message.

    Args:
        probabilities: Of the columns, as if one of them were right.
        taught: How many of them are categories; an empty one is as good as none.
        outside: The probability that none is right.
    """
    found = probabilities[:taught] * np.float32(1.0 - outside)
    rest = float(np.add.reduce(probabilities[taught:]))
    return Judgement(found, outside + (1.0 - outside) * rest)


def listed(names: Sequence[str], judgement: Judgement) -> list[CategoryScore]:
    """The likeliest of some categories, likeliest first."""
    order = (-judgement.probabilities).argsort(kind="stable")[:LISTED]
    likeliest = zip(order.tolist(), judgement.probabilities.take(order).tolist(), strict=True)
    return [CategoryScore(names[i], round(value, 4)) for i, value in likeliest]


def scope_features(logits: Floats, probabilities: Floats, nearest: float) -> Floats:
    """What tells a message that fits from one that fits nowhere, shape (6,).

    Logit of the first probability, its lead over the second, entropy as a share of the greatest
    possible one, the highest logit, likeness in words to the nearest example, and log of the
    number of categories.
    """
    best = np.sort(probabilities)[-2:].tolist()
    first = min(max(best[-1], _SURELY_NOT), _SURELY)
    second = best[0] if len(best) > 1 else 0.0
    spread = -float(np.add.reduce(probabilities * np.log(probabilities + 1e-12)))
    most = float(np.log(len(probabilities)))
    return np.array(
        [
            np.log(first / (1 - first)) / 5,
            first - second,
            spread / (most or 1.0),
            float(np.maximum.reduce(logits)) / 10,
            nearest,
            most / 5,
        ],
        dtype=np.float32,
    )


def words_alone(vector: Vector) -> Vector:
    """The words' half of a vector at unit length, so that likeness in words is a cosine."""
    ids, weights = vector.words()
    return Vector(ids, weights * np.float32(1.4142136))
