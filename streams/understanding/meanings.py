"""The meanings of what was taught, each text encoded once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from streams.understanding.encoder import WIDTH, Encoder
from streams.understanding.tfidf import Floats

REMEMBERED = 65_536
"""So many texts at most, of those used last; 48 MB when all are there."""

KEY_BYTES = 16


class Meanings:
    """Encodes taught texts and remembers them over versions of the index.

    A vector is rounded to float16 before anything is computed with it, so that one that was
    remembered and one that is made anew are the same.

    Args:
        encoder: Makes the vectors.
        shipped: The vectors of texts that everybody begins with, by `key`; never forgotten.
    """

    def __init__(
        self, encoder: Encoder, shipped: Mapping[bytes, NDArray[np.float16]] | None = None
    ) -> None:
        self._encoder = encoder
        self._shipped = shipped or {}
        self._known: OrderedDict[bytes, NDArray[np.float16]] = OrderedDict()

    def of(self, texts: Sequence[str]) -> Floats:
        """The vectors of cleaned and bounded texts, shape (texts, WIDTH)."""
        found: Floats = np.empty((len(texts), WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            found[row] = self._one(text)
        return found

    def _one(self, text: str) -> NDArray[np.float16]:
        known = key(text)
        shipped = self._shipped.get(known)
        if shipped is not None:
            return shipped
        vector = self._known.get(known)
        if vector is not None:
            self._known.move_to_end(known)
            return vector
        if len(self._known) >= REMEMBERED:
            self._known.popitem(last=False)
        vector = self._known[known] = self._encoder.encode(text).astype(np.float16)
        return vector


def key(text: str) -> bytes:
    """By what a text is remembered, KEY_BYTES long."""
    return blake2b(text.encode(), digest_size=KEY_BYTES).digest()
