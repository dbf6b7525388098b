"""Which of the taught tags a message bears: one logistic regression a tag over a shared kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streams.understanding.kernel import SIGMOID_CURVATURE, fit_dual, sigmoid
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


class TagModel:
    """Columns for exactly the taught tags that have examples.

    Args:
        tags: What was taught.
        vectors: The vectors of each tag's examples, in order.
    """

    def __init__(self, tags: Sequence[Tag], vectors: Sequence[Sequence[Vector]]) -> None:
        self._names = [tag.name for tag in tags if tag.examples]
        bearers: dict[int, tuple[Vector, list[int]]] = {}
        column = 0
        for tag, examples in zip(tags, vectors, strict=True):
            if not tag.examples:
                continue
            for text, vector in zip(tag.examples, examples, strict=True):
                bearers.setdefault(fingerprint(text), (vector, []))[1].append(column)
            column += 1
        kept = list(bearers.values())[-EXAMPLES:]
        self._head = None
        if kept:
            points = [vector for vector, _ in kept]
            postings = Postings(points, SPACE)
            kernel = np.stack([postings.dot(vector) for vector in points]).astype(np.float32)
            target = np.zeros((len(kept), len(self._names)), dtype=np.float32)
            for row, (_, columns) in enumerate(kept):
                target[row, columns] = 1.0
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
