"""The sentence encoder: a text to a vector, near to those of texts that mean the same.

all-MiniLM-L6-v2 with eight-bit weights on onnxruntime, on one thread; pooling and scaling to unit
length lie in the graph. English only.

A text is always encoded alone. The graph quantises activations by the greatest of a whole batch,
so the company that a text is in changes its vector (cosine 0.98 to itself, 0.91 at worst); the
same message would be understood in another way after a restart, and batches are no faster.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

# read when the tokenizer is made: one thread a worker, and no warning after a fork
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import onnxruntime as ort  # after the environment is set
from tokenizers import Tokenizer  # after the environment is set

from streams.understanding.artefacts import REMEDY, ModelUnavailable  # likewise
from streams.understanding.tfidf import Floats  # after the environment is set

WIDTH = 384
"""Length of a vector."""

TOKENS = 128
"""A text is read up to here: the time of a call grows with its tokens."""


class Encoder:
    """Makes vectors of texts.

    Args:
        graph: The model file.
        tokenizer: The tokenizer's file.

    Raises:
        ModelUnavailable: A file cannot be read as what it should be.
    """

    def __init__(self, graph: bytes, tokenizer: bytes) -> None:
        try:
            self._tokenizer = Tokenizer.from_buffer(tokenizer)
            self._session = ort.InferenceSession(
                graph, _options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise their own, of no common kind
            raise ModelUnavailable("the sentence encoder", str(error), REMEDY) from error
        # the file pads everything to one length, which is slow
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS)

    def encode(self, text: str) -> Floats:
        """The vector of a text, shape (WIDTH,) and unit length.

        Args:
            text: A bounded text: no lone surrogates.
        """
        ids: NDArray[np.int64] = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        (vectors,) = self._session.run(["emb"], given)
        vector: Floats = vectors[0]
        return vector


def _options() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised
    return options
