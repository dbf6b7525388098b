"""The artefacts that the encoder tier has beside the light tier's: one call makes each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from streams.understanding.tfidf import Vectoriser
from training import fit_categories_encoded, fit_priority
from training.corpus import Corpus
from training.encoding import Encoding
from training.fit_categories import Banking, Fold


def fit(
    corpus: Corpus, data: Banking, folds: Sequence[Fold], vectoriser: Vectoriser, phrases: list[str]
) -> dict[str, Mapping[str, NDArray[Any]]]:
    """The arrays of every artefact.

    Args:
        corpus: The open data.
        data: Banking77 and the starter categories.
        folds: The light tier's models that have not seen some of it.
        vectoriser: Makes vectors of words.
        phrases: What noisy texts have before or behind them.
    """
    encoding = Encoding()
    texts = fit_categories_encoded.Texts(vectoriser, encoding)
    return {
        "categories_encoded": fit_categories_encoded.fit(corpus, data, folds, texts, phrases),
        "meanings": fit_categories_encoded.shipped_meanings(data.starter, encoding),
        "priority": fit_priority.fit(corpus, encoding),
    }
