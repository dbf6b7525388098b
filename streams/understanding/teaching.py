"""From taught examples to columns: what every model of categories does, whatever it reads."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.understanding.kernel import SOFTMAX_CURVATURE, Matrix, fit_dual, softmax
from streams.understanding.knowledge_items import Category
from streams.understanding.text import fingerprint

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

Point = TypeVar("Point")


class Example(NamedTuple, Generic[Point]):
    """A taught example: the column it belongs to and what a model reads of it."""

    column: int
    point: Point
    pretrained: bool


class Arranged(NamedTuple, Generic[Point]):
    """Taught categories as columns.

    Attributes:
        names: The categories that have examples.
        starter: The columns that were fitted at training time.
        starter_columns: Their places among the pretrained columns.
        examples: The distinct examples of all columns.
    """

    names: tuple[str, ...]
    starter: NDArray[np.intp]
    starter_columns: NDArray[np.intp]
    examples: list[Example[Point]]

    def basis(self) -> list[int]:
        """The places of the examples that no pretrained column knows."""
        return [i for i, example in enumerate(self.examples) if not example.pretrained]


def arranged(
    categories: Sequence[Category],
    pretrained: Sequence[str],
    known: Sequence[AbstractSet[int]],
    points: Sequence[Sequence[Point]],
    most: int = EXAMPLES,
) -> Arranged[Point]:
    """Taught categories as columns; one with all its starter examples keeps its pretrained one.

    Args:
        categories: What was taught; names are distinct. One without examples has no column.
        pretrained: The names of the pretrained columns.
        known: The fingerprints of the starter examples of each.
        points: What the model reads of each category's examples, in order.
        most: So many examples at most, as many of each category.
    """
    taught = [pair for pair in zip(categories, points, strict=True) if pair[0].examples]
    place = {name: column for column, name in enumerate(pretrained)}
    per_category = max(1, most // max(1, len(taught)))
    columns = np.full(len(taught), -1, dtype=np.intp)
    found: list[Example[Point]] = []
    for column, (category, own) in enumerate(taught):
        prints = [fingerprint(text) for text in category.examples]
        starter = place.get(category.name)
        learnt: AbstractSet[int] = frozenset()
        if starter is not None and known[starter] <= set(prints):
            columns[column] = starter
            learnt = known[starter]
        # dict: of examples with equal text the last stands
        distinct = dict(zip(prints, own, strict=True))
        kept = list(distinct.items())[-per_category:]
        found += [Example(column, point, key in learnt) for key, point in kept]
    (starters,) = (columns >= 0).nonzero()
    names = tuple(category.name for category, _ in taught)
    return Arranged(names, starters, columns.take(starters), found)


def correction(
    kernel: Matrix, basis: NDArray[np.intp], labels: NDArray[np.intp], base: Matrix
) -> Matrix:
    """Dual weights that correct given logits, at the scale that makes held-out ones true.

    Args:
        kernel: Inner products of all examples with the basis examples, shape (n, m).
        basis: The places of the basis examples among all, ascending.
        labels: The column of each example.
        base: Logits before the correction, shape (n, columns).
    """
    scale = _scale(kernel, basis, labels, base)
    return _dual(kernel, basis, labels, base) * np.float32(scale)


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
        loss += losses(correction, labels[test], base[test])
    return SCALES[int(loss.argmin())]


def losses(correction: Matrix, labels: NDArray[np.intp], base: Matrix) -> NDArray[np.float64]:
    """The cross-entropy on held-out examples at each of SCALES, added up over the examples."""
    found = np.zeros(len(SCALES))
    for i, scale in enumerate(SCALES):
        chosen = softmax(base + correction * np.float32(scale))
        found[i] -= np.log(chosen[np.arange(len(labels)), labels] + 1e-9).sum()
    return found
