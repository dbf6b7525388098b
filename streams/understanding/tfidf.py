"""TF-IDF vectors of words and character n-grams by hashing, and what is computed with them.

Features are hashed into a fixed space, so a text in any language and of any trade has a vector
without a vocabulary (Weinberger et al. 2009, "Feature hashing for large scale multitask
learning"). The first half of the space holds character n-grams, the second half words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from agents import linking_terms
from streams.understanding.text import WORD_CHARS, stem, words

HALF = 1 << 15
SPACE = 2 * HALF
"""Number of features."""

GRAMS = (2, 5)
"""Shortest and longest character n-gram; they stay within a word padded with one space."""

_CACHED_WORDS = 8192
_CACHED_TERMS = 32768

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Key = TypeVar("Key", int, str)


class Vector(NamedTuple):
    """A sparse vector: distinct features, ascending, with their weights."""

    ids: Ints
    weights: Floats

    def grams(self) -> Vector:
        """The half of the vector that holds n-grams."""
        end = self.ids.searchsorted(HALF)
        return Vector(self.ids[:end], self.weights[:end])

    def words(self) -> Vector:
        """The half of the vector that holds words and pairs of words."""
        start = self.ids.searchsorted(HALF)
        return Vector(self.ids[start:], self.weights[start:])


_EMPTY = Vector(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))
_HALF_LENGTH = np.float32(0.5**0.5)
_LOG = np.concatenate(([0.0], 1.0 + np.log(np.arange(1, 257)))).astype(np.float32)


class Word(NamedTuple):
    """What a word of a message brings along, computed once per distinct word.

    Attributes:
        text: The word in lower case.
        term: Its hashed stem.
        grams: The features of its n-grams.
        linking_stem: Its stem as linking has it; None where linking may cut the text into words
            in another way, in other scripts and very long runs of letters.
    """

    text: str
    term: int
    grams: Ints
    linking_stem: str | None


def char_grams(word: str) -> list[str]:
    """The character n-grams of a word; a gram longer than the padded word is left out."""
    padded = f" {word} "
    length = len(padded)
    return [
        padded[start : start + size]
        for size in range(GRAMS[0], min(GRAMS[1], length) + 1)
        for start in range(length - size + 1)
    ]


class Lexicon:
    """Words seen of late with their hashes; bounded, and never part of a result."""

    def __init__(self) -> None:
        self._words: dict[str, Word] = {}
        self._terms: dict[str, int] = {}

    def look_up(self, text: str) -> list[Word]:
        """The words of a text, in order."""
        known = self._words
        found: list[Word] = []
        for word in words(text):
            entry = known.get(word)
            if entry is None:
                if len(known) >= _CACHED_WORDS:
                    known.clear()
                entry = known[word] = _analyse(word)
            found.append(entry)
        return found

    def terms(self, text: str) -> list[int]:
        """The hashed stems of a text's words, in order; cheaper than whole words."""
        known = self._terms
        if len(known) >= _CACHED_TERMS:
            known.clear()
        found: list[int] = []
        for word in words(text):
            term = known.get(word)
            if term is None:
                term = known[word] = crc32(stem(word).encode())
            found.append(term)
        return found


def _analyse(word: str) -> Word:
    hashed = [crc32(gram.encode()) & (HALF - 1) for gram in char_grams(word)]
    plain = word.isascii() and len(word) < WORD_CHARS
    return Word(
        word,
        crc32(stem(word).encode()),
        np.array(hashed, dtype=np.int32),
        linking_terms.stem(word) if plain else None,
    )


class Vectoriser:
    """Weighs the features of a text: (1 + log count) x inverse document frequency, unit length.

    Characters and words are brought to unit length apart, so that neither drowns the other.

    Args:
        idf: Inverse document frequency of each feature, shape (SPACE,).
    """

    def __init__(self, idf: Floats) -> None:
        self._idf = idf

    def vector(self, found: Sequence[Word]) -> Vector:
        """The vector of a text's words; empty for a text without words."""
        return self.whole(found, self.word_vector(found))

    def whole(self, found: Sequence[Word], units: Vector) -> Vector:
        """The vector of a text's words, whose words' half is known."""
        if not found:
            return _EMPTY
        grams, counts = _counted(np.concatenate([entry.grams for entry in found]))
        weights = self._unit(grams, counts)
        return Vector(
            np.concatenate((grams, units.ids)),
            np.concatenate((weights, units.weights)) * _HALF_LENGTH,
        )

    def word_vector(self, found: Sequence[Word]) -> Vector:
        """The vector of words and pairs of words alone, of unit length."""
        if not found:
            return _EMPTY
        terms = [entry.term for entry in found]
        units = [HALF + (term & (HALF - 1)) for term in terms]
        units += [HALF + (first * 31 + second & (HALF - 1)) for first, second in pairwise(terms)]
        times = counted(units)
        distinct = sorted(times)
        ids = np.array(distinct, dtype=np.int32)
        if len(distinct) == len(units):
            return Vector(ids, self._unit(ids, None))
        return Vector(ids, self._unit(ids, np.array([times[one] for one in distinct])))

    def _unit(self, ids: Ints, counts: NDArray[np.integer] | None) -> Floats:
        """The weights of features; without counts each occurs once."""
        weights: Floats = self._idf.take(ids)
        if counts is not None:
            weights *= _LOG.take(counts, mode="clip")
        return weights / np.float32(max(math.sqrt(weights @ weights), 1e-9))


def counted(found: Sequence[Key]) -> dict[Key, int]:
    """How often each occurs, in the order in which they first do; mostly it is once."""
    once = dict.fromkeys(found, 1)
    return once if len(once) == len(found) else Counter(found)


def _counted(ids: Ints) -> tuple[Ints, Ints]:
    """The distinct ids, ascending, and how often each occurs."""
    ids.sort()
    (edges,) = (ids[1:] != ids[:-1]).nonzero()
    bounds = np.empty(len(edges) + 2, dtype=np.intp)
    bounds[0], bounds[-1] = 0, len(ids)
    np.add(edges, 1, out=bounds[1:-1])
    starts = bounds[:-1]
    return ids.take(starts), bounds[1:] - starts


def document_frequency_to_idf(frequency: NDArray[np.intp], documents: int) -> Floats:
    """log((1 + documents) / (1 + frequency)) + 1, the smoothed form of Salton and Buckley."""
    idf = np.log((1 + documents) / (1 + frequency)) + 1
    return idf.astype(np.float32)


class Head:
    """A linear layer over sparse vectors: rows for the features that occur, zero for the rest.

    Args:
        features: The features that have a row, ascending.
        rows: Weights, shape (features, columns), of any number type.
        scale: Multiplies each column, shape (columns,).
        bias: Added to each column, shape (columns,).
    """

    def __init__(
        self, features: Ints, rows: NDArray[np.generic], scale: Floats, bias: Floats
    ) -> None:
        self._slot = np.full(SPACE, -1, dtype=np.int32)
        self._slot[features] = np.arange(len(features), dtype=np.int32)
        self._rows = rows
        self._scale = scale
        self._bias = bias

    def logits(self, vector: Vector) -> Floats:
        """The columns' values for a vector, shape (columns,)."""
        slots = self._slot.take(vector.ids)
        (known,) = (slots >= 0).nonzero()
        gathered = self._rows.take(slots.take(known), axis=0).astype(np.float32, copy=False)
        result: Floats = vector.weights.take(known) @ gathered
        result *= self._scale
        result += self._bias
        return result


class Postings:
    """Sparse rows turned over: for each feature the rows that have it. Multiplies fast.

    Args:
        vectors: The rows.
        space: Number of features.
    """

    def __init__(self, vectors: Sequence[Vector], space: int) -> None:
        self.rows = len(vectors)
        sizes = [len(vector.ids) for vector in vectors]
        ids = np.concatenate([v.ids for v in vectors]) if vectors else np.empty(0, np.int32)
        weights = (
            np.concatenate([v.weights for v in vectors]) if vectors else np.empty(0, np.float32)
        )
        order = np.argsort(ids, kind="stable")
        self._row = np.repeat(np.arange(self.rows, dtype=np.int32), sizes)[order]
        self._weight = weights[order]
        self._start = np.zeros(space + 1, dtype=np.int64)
        np.cumsum(np.bincount(ids, minlength=space), out=self._start[1:])

    def dot(self, vector: Vector) -> NDArray[np.float64]:
        """The inner product of a vector with every row, shape (rows,)."""
        starts = self._start.take(vector.ids)
        sizes = self._start.take(vector.ids + 1)
        sizes -= starts
        ends = sizes.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        if not total:
            return np.zeros(self.rows)
        starts += sizes
        starts -= ends
        place = starts.repeat(sizes)
        place += np.arange(total)
        weights = self._weight.take(place)
        weights *= vector.weights.repeat(sizes)
        return np.bincount(self._row.take(place), weights, self.rows).astype(np.float64, copy=False)


def primal(vectors: Sequence[Vector], dual: Floats) -> Head:
    """The linear layer that equals a sum of inner products with vectors.

    Args:
        vectors: The basis points.
        dual: Their weights in each column, shape (vectors, columns).
    """
    features, place = np.unique(np.concatenate([v.ids for v in vectors]), return_inverse=True)
    rows = np.zeros((len(features), dual.shape[1]), dtype=np.float32)
    start = 0
    for vector, weights in zip(vectors, dual, strict=True):
        end = start + len(vector.ids)
        rows[place[start:end]] += np.outer(vector.weights, weights)
        start = end
    columns = dual.shape[1]
    return Head(
        features.astype(np.int32),
        rows,
        np.ones(columns, dtype=np.float32),
        np.zeros(columns, dtype=np.float32),
    )
