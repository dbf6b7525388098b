"""The meanings of what was taught, each text encoded once.

Texts that ship with the package have their vectors in a file of the artefacts, so that the
starter categories and articles cost no start. What a deployment taught is encoded when its index
is first fitted or while nothing else is to be done, and again only what is new, and is kept in
memory only: examples are customers' words, and a vector on disk would outlive the erasure of the
person whose words they are. The 787
articles of the open week that may ship have 3,242 texts, some 20 seconds of one core once in the
life of a process; `dense_fields.ENCODED` bounds that, whatever is taught.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.understanding.encoder import WIDTH, Encoder
from streams.understanding.tfidf import Floats

REMEMBERED = 65_536
"""So many texts at most, of those used last; 48 MB when all are there."""

KEY = 16
"""Bytes of a text's key."""


class Remembered:
    """Vectors by their texts' keys, those used last; any thread may ask."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, NDArray[np.float16]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes) -> NDArray[np.float16] | None:
        """The vector of a key, if it is remembered."""
        with self._lock:
            vector = self._known.get(key)
            if vector is not None:
                self._known.move_to_end(key)
            return vector

    def keep(self, key: bytes, vector: NDArray[np.float16]) -> None:
        """Remember a vector; of very many the longest unused goes."""
        with self._lock:
            self._known[key] = vector
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


class Meanings:
    """Encodes taught texts and remembers them over versions of the index.

    A vector is rounded to float16 before anything is computed with it, so that one that was
    remembered and one that is made anew are the same.

    Args:
        encoder: Makes the vectors.
        shipped: What `table` made of texts that most desks have.
        remembered: What others of the process encoded by the same encoder, to be shared.
    """

    def __init__(
        self,
        encoder: Encoder,
        shipped: Mapping[str, NDArray[Any]] | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        self._encoder = encoder
        self._known = remembered or Remembered()
        self._shipped: dict[bytes, NDArray[np.float16]] = {}
        if shipped is not None:
            keys = map(bytes, shipped["keys"])
            self._shipped = dict(zip(keys, shipped["vectors"], strict=True))

    def of(self, texts: Sequence[str]) -> Floats:
        """The vectors of cleaned and bounded texts, shape (texts, WIDTH)."""
        found: Floats = np.empty((len(texts), WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            found[row] = self._one(text)
        return found

    def reading(self, texts: Sequence[str]) -> Iterator[int]:
        """Encode, a text a step, what is not known of these; gives how many are left."""
        new = {_key(text): text for text in texts}
        new = {
            key: text
            for key, text in new.items()
            if key not in self._shipped and self._known.get(key) is None
        }
        for left, text in zip(range(len(new) - 1, -1, -1), new.values(), strict=True):
            self._one(text)
            yield left

    def _one(self, text: str) -> NDArray[np.float16]:
        key = _key(text)
        vector = self._shipped.get(key)
        if vector is not None:
            return vector
        vector = self._known.get(key)
        if vector is None:
            vector = self._encoder.encode(text).astype(np.float16)
            self._known.keep(key, vector)
        return vector


def table(texts: Sequence[str], encoder: Encoder) -> dict[str, NDArray[Any]]:
    """The vectors of cleaned and bounded texts by the texts' keys, to be shipped."""
    vectors = {_key(text): encoder.encode(text).astype(np.float16) for text in texts}
    keys = sorted(vectors)
    return {
        "keys": np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, KEY),
        "vectors": np.stack([vectors[key] for key in keys]),
    }


def _key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=KEY).digest()
