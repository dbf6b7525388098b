"""Which of the served languages a message is in; unsure short texts keep the known language.

An own linear model over character n-grams (trained also on code-mixed Hindi in Latin letters,
which no public detector knows) decides when its lead is clear. Otherwise py3langid, limited to
the served languages, has a say too.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from streams.understanding.kernel import softmax
from streams.understanding.reading import Reading
from streams.understanding.short_requests import language_of_call
from streams.understanding.tfidf import Floats, Head, Vector

MIXED_HINDI = "hi-Latn"
CLEAR_LEAD = 4.0
"""Nats by which the own model's first language must lead for py3langid not to be asked."""

SECOND_OPINION = 0.1
"""Weight of py3langid's log-likelihoods; chosen on a held-out quarter of the open data."""

FEW_WORDS = 2
SECOND_OPINION_OF_FEW = 0.2
"""Its weight for so few words, chosen likewise: it has seen more single words than the own model.
More weight would take English pairs of words for other languages."""

SPANISH, TURNED = "es", frozenset("\u00bf\u00a1")
"""The language that begins questions and calls with these marks; no other that is served does."""

TURNED_LEAD = 4.0
"""Nats for it from such a mark: somebody may quote one, and a long text tells more."""

FURTHEST = -20.0
MIN_LETTERS = 4
MIN_WORDS = 2
MIN_MARGIN = 1.0

_PY3LANGID_NAMES = {"nb": "no"}


class LanguageModel(NamedTuple):
    """The served languages and the own model's columns for them, in the same order."""

    languages: tuple[str, ...]
    head: Head

    def identify(self, reading: Reading, known: str | None) -> tuple[str | None, float | None]:
        """The language of a text and its probability.

        Args:
            reading: The message.
            known: The language known from the conversation or the customer.

        Returns:
            The known language, with no probability, when the text is shorter than four letters
            or two words or the lead is under one nat; when nothing is known either, that of a
            short call for help, else None.
        """
        text = reading.text
        call = language_of_call(text, self.languages)
        if call is not None:
            return known or call, None
        letters = sum(map(str.isalpha, text[:64]))
        short = letters < MIN_LETTERS or (text.isascii() and len(text.split()) < MIN_WORDS)
        if short:
            return known, None
        scores = self.scores(text, reading.vector)
        first, second = (-scores).argsort(kind="stable")[:2].tolist()
        if scores[first] - scores[second] < MIN_MARGIN:
            return known, None
        return self.languages[first], round(float(softmax(scores)[first]), 4)

    def scores(self, text: str, vector: Vector) -> Floats:
        """Log-scores of the languages, shape (languages,)."""
        scores = self.head.logits(vector.grams())
        top = np.sort(scores)[-2:]
        if top[1] - top[0] < CLEAR_LEAD:
            few = len(text.split()) <= FEW_WORDS
            weight = np.float32(SECOND_OPINION_OF_FEW if few else SECOND_OPINION)
            scores += weight * second_opinion(text, self.languages)
        if not TURNED.isdisjoint(text) and SPANISH in self.languages:
            scores[self.languages.index(SPANISH)] += TURNED_LEAD
        return scores


@cache
def _py3langid(languages: tuple[str, ...]) -> tuple[LanguageIdentifier, dict[str, int]]:
    """py3langid limited to languages, loaded on first need, and its names' places in ours."""
    full = LanguageIdentifier.from_model_file(MODEL_FILE)
    place = {_PY3LANGID_NAMES.get(name, name): i for i, name in enumerate(languages)}
    full.set_languages([name for name in place if name != MIXED_HINDI])
    # made anew from the chosen columns: the full one would keep all of them in memory, and what
    # it says of one feature would lie apart, in as many places as there are languages
    identifier = LanguageIdentifier(
        np.ascontiguousarray(full.nb_ptc), full.nb_pc, full.nb_classes, full.tk_nextmove,
        full.tk_output, tk_row=full.tk_row,
    )  # fmt: skip
    return identifier, place


def second_opinion(text: str, languages: tuple[str, ...]) -> Floats:
    """py3langid's log-likelihoods less the greatest, bounded below; 0 for mixed Hindi."""
    identifier, places = _py3langid(languages)
    names, likelihoods = zip(*identifier.rank(text), strict=True)
    values = np.array(likelihoods, dtype=np.float32)
    opinion = np.zeros(len(languages), dtype=np.float32)
    opinion[[places[name] for name in names]] = np.maximum(values - values[0], FURTHEST)
    return opinion
