"""The encoder's vectors of training texts, kept in a file: encoding takes longer than fitting."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from streams.understanding import artefacts
from streams.understanding.encoder import WIDTH, Encoder
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "training" / ".encoded.sqlite"


class Encoding(Encoder):
    """The running models' encoder, which looks up what it has encoded before.

    Args:
        kept: The file; made when it is not there. It may be deleted at any time.
    """

    def __init__(self, kept: Path = KEPT) -> None:
        graph, tokenizer, version = artefacts.read_encoder(artefacts.shipped())
        super().__init__(graph, tokenizer)
        self._version = version.encode()
        self._kept = sqlite3.connect(kept, timeout=60)
        self._kept.execute(
            "create table if not exists encoded (text blob primary key, vector blob)"
        )

    def of(self, texts: Sequence[str]) -> Floats:
        """The vectors of messages, cleaned and bounded first, shape (texts, WIDTH)."""
        found: Floats = np.empty((len(texts), WIDTH), dtype=np.float32)
        for row, text in enumerate(texts):
            found[row] = self._one(clean(bounded(text)))
            if row % 50 == 49:  # others may write in between
                self._kept.commit()
        self._kept.commit()
        return found

    def encode(self, text: str) -> Floats:
        """The vector of a cleaned and bounded text, shape (WIDTH,)."""
        vector = self._one(text)
        self._kept.commit()
        return vector

    def _one(self, text: str) -> Floats:
        key = blake2b(text.encode(), key=self._version, digest_size=16).digest()
        row = self._kept.execute("select vector from encoded where text = ?", (key,)).fetchone()
        if row is not None:
            return np.frombuffer(row[0], dtype=np.float32)
        vector = super().encode(text)
        self._kept.execute("insert or ignore into encoded values (?, ?)", (key, vector.tobytes()))
        return vector
