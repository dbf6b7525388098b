"""Weighs the terms by which linking compares messages: how rare each is in support text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.understanding.features import inverse_frequencies
from training.corpus import Corpus

CEILING = 7.0
"""No term weighs more; above it are names, numbers and typing errors."""

SETS = (
    "intent_banking77_train",
    "intent_clinc150_train",
    "intent_natcs_insurance",
    "intent_bitext_train",
    "tone_support_open",
    "sentiment_goemotions_open",
)


def fit(corpus: Corpus) -> dict[str, NDArray[Any]]:
    """The table's arrays."""
    texts = (row["text"] for name in SETS for row in corpus.rows(name))
    table, unseen = inverse_frequencies(texts, ceiling=CEILING)
    terms = sorted(table)
    return {
        "terms": np.array(terms, dtype=np.int32),
        "idf": np.round(np.array([table[term] for term in terms]), 2).astype(np.float32),
        "unseen": np.array(unseen, dtype=np.float32),
    }
