"""Which of the taught categories a message belongs to, and whether any fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.world import CategoryScore
from streams.understanding.kernel import SOFTMAX_CURVATURE, Matrix, fit_dual, sigmoid, softmax
from streams.understanding.knowledge_items import Category
from streams.understanding.reading import Reading
from streams.understanding.text import fingerprint
from streams.understanding.tfidf import SPACE, Floats, Head, Postings, Vector, primal

RIDGE = 0.2
STEPS = 20
"""Both chosen by few-shot cross-validation on Banking77 and CLINC150."""

EXAMPLES = 1600
"""At most so many examples are fitted, as many of each category, so that time is bounded."""

FOLDS = 3
ONE_FOLD_FROM = 600
SCALES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
SCALE_WITHOUT_FOLDS = 3.0
"""The correction's scale when no category has two examples to hold one out."""

LISTED = 5

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
        logits: Of the taught categories.
        features: What `ScopeModel` reads.
        probabilities: Of the taught categories, as if one of them were right.
    """

    logits: Floats
    features: Floats
    probabilities: Floats


class Example(NamedTuple):
    """A taught example: the column it belongs to and its vector."""

    column: int
    vector: Vector
    pretrained: bool


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
        taught = [pair for pair in zip(categories, vectors, strict=True) if pair[0].examples]
        categories, vectors = [pair[0] for pair in taught], [pair[1] for pair in taught]
        self.names = tuple(category.name for category in categories)
        self._scope = scope
        self._head = pretrained.head
        self._columns = np.full(len(categories), -1, dtype=np.intp)
        examples = self._examples(categories, pretrained, vectors)
        (self._starter,) = (self._columns >= 0).nonzero()
        self._starter_columns = self._columns.take(self._starter)
        self._words = Postings([_words_alone(example.vector) for example in examples], SPACE)
        self._correction: Head | None = None
        basis = [i for i, example in enumerate(examples) if not example.pretrained]
        if basis:
            self._correction = self._fit(examples, basis)

    def _examples(
        self,
        categories: Sequence[Category],
        pretrained: Pretrained,
        vectors: Sequence[Sequence[Vector]],
    ) -> list[Example]:
        place = {name: column for column, name in enumerate(pretrained.names)}
        per_category = max(1, EXAMPLES // max(1, len(categories)))
        found: list[Example] = []
        for column, category in enumerate(categories):
            prints = [fingerprint(text) for text in category.examples]
            starter = place.get(category.name)
            known: frozenset[int] = frozenset()
            if starter is not None and pretrained.examples[starter] <= set(prints):
                self._columns[column] = starter
                known = pretrained.examples[starter]
            # dict: of examples with equal text the last stands
            distinct = dict(zip(prints, vectors[column], strict=True))
            kept = list(distinct.items())[-per_category:]
            found += [Example(column, vector, key in known) for key, vector in kept]
        return found

    def _base(self, vector: Vector) -> Floats:
        base = np.zeros(len(self.names), dtype=np.float32)
        if len(self._starter):
            base[self._starter] = self._head.logits(vector).take(self._starter_columns)
        return base

    def _fit(self, examples: Sequence[Example], basis: Sequence[int]) -> Head:
        postings = Postings([examples[i].vector for i in basis], SPACE)
        kernel: Matrix = np.stack(
            [postings.dot(example.vector).astype(np.float32) for example in examples]
        )
        base = np.stack([self._base(example.vector) for example in examples])
        labels = np.array([example.column for example in examples])
        rows = np.array(basis, dtype=np.intp)
        scale = _scale(kernel, rows, labels, base)
        dual = _dual(kernel, rows, labels, base) * np.float32(scale)
        return primal([examples[i].vector for i in basis], dual)

    def judge(self, reading: Reading) -> Judgement:
        """Probabilities of the taught categories and of none of them; together they are 1."""
        if not self.names:
            return Judgement(np.empty(0, dtype=np.float32), 1.0)
        _, features, probabilities = self.observe(reading.vector)
        outside = float(sigmoid(features @ self._scope.weights + np.float32(self._scope.bias)))
        return Judgement(probabilities * np.float32(1.0 - outside), outside)

    def observe(self, vector: Vector) -> Observed:
        """What the judgement of a vector rests on; there must be categories."""
        logits = self._base(vector)
        if self._correction is not None:
            logits += self._correction.logits(vector)
        probabilities = softmax(logits)
        nearest = float(self._words.dot(_words_alone(vector)).max(initial=0.0))
        return Observed(logits, scope_features(logits, probabilities, nearest), probabilities)

    def listed(self, judgement: Judgement) -> list[CategoryScore]:
        """The likeliest categories, likeliest first."""
        order = (-judgement.probabilities).argsort(kind="stable")[:LISTED]
        likeliest = zip(order.tolist(), judgement.probabilities.take(order).tolist(), strict=True)
        return [CategoryScore(self.names[i], round(value, 4)) for i, value in likeliest]


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


def _words_alone(vector: Vector) -> Vector:
    ids, weights = vector.words()
    return Vector(ids, weights * np.float32(1.4142136))


def _dual(
    kernel: Matrix, basis: NDArray[np.intp], labels: NDArray[np.intp], base: Matrix
) -> Matrix:
    target = np.zeros_like(base)
    target[np.arange(len(labels)), labels] = 1.0
    return fit_dual(
        kernel, kernel[basis], target, base, softmax, SOFTMAX_CURVATURE, ridge=RIDGE, steps=STEPS
    )


def _scale(
    kernel: Matrix, basis: NDArray[np.intp], labels: NDArray[np.intp], base: Matrix
) -> float:
    """The factor of the correction that makes held-out probabilities true."""
    seen: dict[int, int] = {}
    fold = np.full(len(labels), -1)
    for row in basis.tolist():
        turn = seen[labels[row]] = seen.get(labels[row], -1) + 1
        fold[row] = turn % FOLDS
    if max(seen.values()) < 1:
        return SCALE_WITHOUT_FOLDS
    loss = np.zeros(len(SCALES))
    for held in range(1 if len(basis) >= ONE_FOLD_FROM else FOLDS):
        out = np.flatnonzero(fold == held)
        kept = np.flatnonzero(fold != held)
        inner = np.flatnonzero(fold[basis] != held)
        if not len(out) or not len(inner):
            continue
        position = np.searchsorted(kept, basis[inner])
        dual = _dual(kernel[np.ix_(kept, inner)], position, labels[kept], base[kept])
        test = np.concatenate([out, np.flatnonzero(fold == -1)])
        correction = kernel[np.ix_(test, inner)] @ dual
        for i, scale in enumerate(SCALES):
            chosen = softmax(base[test] + correction * np.float32(scale))
            loss[i] -= np.log(chosen[np.arange(len(test)), labels[test]] + 1e-9).sum()
    return SCALES[int(loss.argmin())]
