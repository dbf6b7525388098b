"""BM25 over fields of articles, turned over once, asked many times.

Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond". Lengths
are measured against fields of the same kind; a term is as rare as the articles that have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streams.understanding.article_words import Terms
from streams.understanding.tfidf import Floats

K1 = 1.2
B = 0.6

Scores = NDArray[np.float64]


class Bm25:
    """Fields of articles, ready to be scored.

    Args:
        fields: The hashed terms of each field.
        owners: The article of each field.
        kinds: The kind of each field, a small number; every kind has its own usual length.
    """

    def __init__(
        self, fields: Sequence[Terms], owners: NDArray[np.intp], kinds: NDArray[np.intp]
    ) -> None:
        lengths = np.array([len(field) for field in fields], dtype=np.int64)
        flat = np.concatenate([np.empty(0, dtype=np.uint32), *fields]).astype(np.int64)
        hashes, terms = np.unique(flat, return_inverse=True)
        self._term = dict(zip(hashes.tolist(), range(len(hashes)), strict=True))
        place = np.repeat(np.arange(len(fields)), lengths)
        # ordered by term first, so that each term's postings lie together
        keys, counts = np.unique(terms * max(1, len(fields)) + place, return_counts=True)
        term, self._field = np.divmod(keys, max(1, len(fields)))
        edges = np.searchsorted(term, np.arange(len(hashes) + 1)).tolist()
        self._postings = [slice(start, end) for start, end in pairwise(edges)]
        total = int(owners.max(initial=-1)) + 1
        having = np.sort(term * max(1, total) + owners[self._field])
        once = np.ones(len(having), dtype=np.bool_)
        np.not_equal(having[1:], having[:-1], out=once[1:])
        frequency = np.bincount(having[once] // max(1, total), minlength=len(hashes))
        self.idf: Scores = np.log1p((total - frequency + 0.5) / (frequency + 0.5))
        usual = np.bincount(kinds, weights=lengths) / np.maximum(np.bincount(kinds), 1)
        norm = K1 * (1 - B + B * lengths / np.maximum(usual, 1.0)[kinds])
        weights = self.idf[term] * counts * (K1 + 1) / (counts + norm[self._field])
        self._weight: Floats = weights.astype(np.float32)
        self._fields = len(fields)

    def known(self, terms: set[int]) -> list[int]:
        """The numbers of the terms that some field has, ascending."""
        return sorted(self._term[term] for term in terms if term in self._term)

    def scores(self, known: Sequence[int]) -> Scores:
        """The score of every field for a query of known terms, shape (fields,); of none, zero."""
        if not known:
            return np.zeros(self._fields)
        slices = [self._postings[term] for term in known]
        fields = np.concatenate([self._field[part] for part in slices])
        weights = np.concatenate([self._weight[part] for part in slices])
        return np.bincount(fields, weights, self._fields).astype(np.float64, copy=False)
