"""How like a message is to short texts: inner products with a few of many sparse vectors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from streams.understanding.tfidf import SPACE, Vector


class FieldLikeness:
    """The vectors of all fields, laid end to end, ready to be multiplied with a message's.

    Features are numbered anew among those that occur, so that a message, spread out over them,
    stays small enough to be looked up at random.

    Args:
        vectors: The vector of each field.
    """

    def __init__(self, vectors: Sequence[Vector]) -> None:
        sizes = [len(vector.ids) for vector in vectors]
        ids = np.concatenate([np.empty(0, dtype=np.int32), *[vector.ids for vector in vectors]])
        (present,) = np.bincount(ids, minlength=SPACE).nonzero()
        self._place = np.full(SPACE, len(present), dtype=np.int32)
        self._place[present] = np.arange(len(present), dtype=np.int32)
        self._query = np.zeros(len(present) + 1, dtype=np.float32)
        self._features = self._place.take(ids)
        self._weights = np.concatenate(
            [np.empty(0, dtype=np.float32), *[vector.weights for vector in vectors]]
        )
        self._field = np.arange(len(sizes), dtype=np.int32).repeat(sizes)
        self._edges: list[int] = np.cumsum([0, *sizes]).tolist()

    def of(self, vector: Vector, fields: Sequence[int]) -> list[float]:
        """The inner product of a vector with each of some fields.

        Only features that both have are multiplied; they are added up in ascending order.

        Args:
            vector: The message's vector.
            fields: The fields' numbers, ascending, at least one.
        """
        stretches = self._stretches(fields)
        query = self._query
        places = self._place.take(vector.ids)
        query[places] = vector.weights
        query[-1] = 0.0
        found = query.take(np.concatenate([self._features[part] for part in stretches]))
        query[places] = 0.0
        (shared,) = (found != 0.0).nonzero()
        products = found.take(shared)
        products *= np.concatenate([self._weights[part] for part in stretches]).take(shared)
        owners = np.concatenate([self._field[part] for part in stretches]).take(shared)
        likeness: list[float] = np.bincount(owners, products, fields[-1] + 1).take(fields).tolist()
        return likeness

    def _stretches(self, fields: Sequence[int]) -> list[slice]:
        """Where the fields lie; neighbours lie in one piece."""
        gaps = [place for place, (one, other) in enumerate(pairwise(fields), 1) if other - one > 1]
        bounds = pairwise([0, *gaps, len(fields)])
        edges = self._edges
        return [slice(edges[fields[one]], edges[fields[end - 1] + 1]) for one, end in bounds]
