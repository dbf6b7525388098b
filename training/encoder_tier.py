"""The artefacts that the encoder tier has beside the light tier's: one call makes each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from streams.understanding.tfidf import Vectoriser
from streams.understanding.tone import ToneModel
from training import (
    fit_categories_encoded,
    fit_meanings,
    fit_priority,
    fit_retrieval,
    fit_retrieval_encoded,
    fit_tone_encoded,
)
from training.corpus import Corpus
from training.encoding import Encoding
from training.fit_categories import Banking, Fold


class LightTier(NamedTuple):
    """What of the light tier's making the encoder tier's begins with.

    Attributes:
        data: Banking77 and the starter categories.
        folds: The models that have not seen some of it.
        vectoriser: Makes vectors of words.
        phrases: Sentences with their tone; noisy texts have them before or behind them.
        desks: Knowledge bases with questions to them.
        tones: The model of tone in words, and the one that has not seen the open set's sentences.
    """

    data: Banking
    folds: Sequence[Fold]
    vectoriser: Vectoriser
    phrases: dict[str, str]
    desks: Sequence[fit_retrieval.Desk]
    tones: tuple[ToneModel, ToneModel]


def fit(
    corpus: Corpus, light: LightTier
) -> tuple[dict[str, Mapping[str, NDArray[Any]]], list[list[fit_retrieval.Outcome]]]:
    """The arrays of every artefact, and what search made of the questions of desks it had not seen.

    Args:
        corpus: The open data.
        light: What was made before.
    """
    data, folds, vectoriser, phrases, desks, tones = light
    encoding = Encoding()
    texts = fit_categories_encoded.Texts(vectoriser, encoding)
    search, outcomes = fit_retrieval_encoded.fit(desks, vectoriser, encoding)
    return {
        "categories_encoded": fit_categories_encoded.fit(
            corpus, data, folds, texts, sorted(phrases)
        ),
        "meanings": fit_meanings.fit(data.starter, encoding),
        "priority": fit_priority.fit(corpus, encoding),
        "retrieval_encoded": fit_retrieval_encoded.packed(search),
        "tone_encoded": fit_tone_encoded.fit(corpus, phrases, tones, vectoriser, encoding),
    }, outcomes
