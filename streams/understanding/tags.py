"""Which of the taught tags a message bears: one logistic regression a tag over a shared kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from streams.understanding.kernel import SIGMOID_CURVATURE, Matrix, fit_dual, sigmoid
from streams.understanding.knowledge_items import Tag
from streams.understanding.reading import Reading
from streams.understanding.text import fingerprint
from streams.understanding.tfidf import SPACE, Postings, Vector, primal

RIDGE = 0.05
STEPS = 25
EXAMPLES = 1600
UNLIKELY = -3.0
"""The log-odds of a tag for a message that is like no example."""

THRESHOLD = 0.5

Point = TypeVar("Point")


class TagModel:
    """Columns for exactly the taught tags that have examples.

    Args:
        tags: What was taught.
        vectors: The vectors of each tag's examples, in order.
    """

    def __init__(self, tags: Sequence[Tag], vectors: Sequence[Sequence[Vector]]) -> None:
        self._names, points, target = borne_by(tags, vectors)
        self._head = None
        if points:
            postings = Postings(points, SPACE)
            kernel = np.stack([postings.dot(vector) for vector in points]).astype(np.float32)
            base = np.full_like(target, UNLIKELY)
            dual = fit_dual(
                kernel, kernel, target, base, sigmoid, SIGMOID_CURVATURE, ridge=RIDGE, steps=STEPS
            )
            self._head = primal(points, dual)

    def borne(self, reading: Reading) -> list[str]:
        """The tags that the message more likely bears than not, in the order they were taught."""
        if self._head is None:
            return []
        likely = sigmoid(self._head.logits(reading.vector) + np.float32(UNLIKELY)) > THRESHOLD
        return [name for name, yes in zip(self._names, likely.tolist(), strict=True) if yes]


def borne_by(
    tags: Sequence[Tag], points: Sequence[Sequence[Point]]
) -> tuple[list[str], list[Point], Matrix]:
    """The tags that have examples, the distinct examples, and which bears which.

    Args:
        tags: What was taught.
        points: What a model reads of each tag's examples, in order.

    Returns:
        Names, points, and zeros and ones of shape (points, names).
    """
    names = [tag.name for tag in tags if tag.examples]
    bearers: dict[int, tuple[Point, list[int]]] = {}
    column = 0
    for tag, examples in zip(tags, points, strict=True):
        if not tag.examples:
            continue
        for text, point in zip(tag.examples, examples, strict=True):
            bearers.setdefault(fingerprint(text), (point, []))[1].append(column)
        column += 1
    kept = list(bearers.values())[-EXAMPLES:]
    target = np.zeros((len(kept), len(names)), dtype=np.float32)
    for row, (_, columns) in enumerate(kept):
        target[row, columns] = 1.0
    return names, [point for point, _ in kept], target
