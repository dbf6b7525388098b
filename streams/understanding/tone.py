"""How unhappy a message sounds: each sentence is judged, and the worst one counts."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, Protocol

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from streams.understanding.cues import URGENCY
from streams.understanding.kernel import softmax
from streams.understanding.reading import Part, Reading
from streams.understanding.tfidf import Floats, Head

SENTENCES = 16
"""At most so many sentences are judged: the first ones and the last ones."""

TONE_CUES = (
    "thanks", "solved", "not_solved", "asks_person", "complaint", "legal_threat", "churn_threat",
)  # fmt: skip
_CUES = frozenset(TONE_CUES)
DENSE = 7 + len(TONE_CUES) + 1
"""Number of dense features beside the words."""

VADER_CHARS = 400
"""VADER reads so much of a sentence: its work grows with the square of the number of emoji."""

FEW = 3
"""A message of so many words says how somebody feels only if it has a word for it."""

CHARGED = 1.5
"""Valence in VADER's lexicon (-4 to 4) from which on a word is such a word; "no" has -1.2."""

_PULL = 2.0
_ROUNDS = 25
_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ZERO = {"neg": 0.0, "pos": 0.0, "compound": 0.0}


class Tone(Protocol):
    """A tier's model of tone."""

    def score(self, reading: Reading) -> float:
        """The tone of a message, 0 (unhappy) to 1; 0.5 without a sign of any."""


class Sentence(NamedTuple):
    """What the words of a sentence say: the dense features, and the logits of the three tones."""

    dense: Floats
    logits: Floats


class ToneModel:
    """Multinomial logistic regression on words, VADER's features and cues.

    Args:
        words: Logits of (negative, neutral, positive) from the words' half of a vector.
        dense: Weights of the dense features, shape (DENSE, 3).
        slope: Calibration of the message's log-odds: multiplies them.
        offset: Calibration of the message's log-odds: is added to them.
    """

    def __init__(self, words: Head, dense: Floats, slope: float, offset: float) -> None:
        self._words = words
        self._dense = dense
        self._slope = slope
        self._offset = offset
        self._vader = SentimentIntensityAnalyzer()

    def score(self, reading: Reading) -> float:
        """The tone of a message, 0 (unhappy) to 1; 0.5 without a sign of any.

        The score of a sentence is P(positive) + P(neutral) / 2; the worst is calibrated. The bare
        answers of a conversation ("no", "card ending 4561") are no sign: the words in them were
        learned from longer texts, where they mean something else.

        Args:
            reading: The message.
        """
        parts = reading.parts
        if self.says_little(parts):
            return 0.5
        logits = np.array([self.sentence(part).logits for part in judged(parts)])
        worst = min(good + fair / 2 for _, fair, good in softmax(logits).tolist())
        # rounded as the sum of float32 that it is
        worst = float(np.float32(worst))
        score = squash(self._slope * log_odds(worst) + self._offset)
        return max(score, 0.5) if thanks_briefly(parts) else score

    def says_little(self, parts: Sequence[Part]) -> bool:
        """Whether a message is a bare answer: a few words, none of them charged, and no cue."""
        tokens: list[str] = []
        for part in parts:
            tokens += part.text.lower().split()
            if len(tokens) > FEW or not part.spotted.isdisjoint(_CUES):
                return False
        valences = (self._vader.lexicon.get(token.strip(_MARKS), 0.0) for token in tokens)
        return all(abs(valence) < CHARGED for valence in valences)

    def sentence(self, part: Part) -> Sentence:
        """What the words of a sentence say."""
        dense = self.dense_features(part.text, part.spotted)
        return Sentence(dense, self._words.logits(part.words) + dense @ self._dense)

    def dense_features(self, text: str, found: AbstractSet[str]) -> Floats:
        """The dense features of a sentence, shape (DENSE,)."""
        vader = self._vader_features(text)
        loud = len(text) > 6 and text.isupper()
        return np.array(
            [
                vader["compound"],
                vader["neg"],
                vader["pos"],
                min(text.count("!"), 3) / 3,
                min(text.count("?"), 3) / 3,
                loud,
                min(len(text), 200) / 200,
                *[name in found for name in TONE_CUES],
                not found.isdisjoint(URGENCY),
            ],
            dtype=np.float32,
        )

    def _vader_features(self, text: str) -> dict[str, float]:
        """VADER's scores; a sentence without a word of its lexicon is not walked through."""
        if text.isascii():
            tokens, known = text.lower().split(), self._vader.lexicon.keys()
            stripped = [token.strip(_MARKS) for token in tokens]
            if known.isdisjoint(tokens) and known.isdisjoint(stripped):
                return _ZERO
        scores: dict[str, float] = self._vader.polarity_scores(text[:VADER_CHARS])
        return scores


def thanks_briefly(parts: Sequence[Part]) -> bool:
    """Whether a few words do nothing but thank, as "no thanks" does."""
    words = sum(len(part.text.split()) for part in parts)
    cues = frozenset[str]().union(*(part.spotted & _CUES for part in parts))
    return words <= FEW and cues == {"thanks"}


def judged(parts: Sequence[Part]) -> Sequence[Part]:
    """The sentences that are judged: all, or the first and last eight of many."""
    if len(parts) <= SENTENCES:
        return parts
    return [*parts[: SENTENCES // 2], *parts[-SENTENCES // 2 :]]


def log_odds(probability: float) -> float:
    """The logit, bounded at a thousandth."""
    bounded = min(max(probability, 1e-3), 1 - 1e-3)
    return float(np.log(bounded / (1 - bounded)))


def squash(logit: float) -> float:
    """The probability of a logit."""
    return float(1 / (1 + np.exp(-logit)))


class ToneCalibration(NamedTuple):
    """A deployment's own correction of the log-odds: slope x log-odds + offset."""

    slope: float = 1.0
    offset: float = 0.0

    def apply(self, score: float) -> float:
        """The corrected score."""
        return round(squash(self.slope * log_odds(score) + self.offset), 4)


def recalibrated(scores: Sequence[float], truth: Sequence[float]) -> ToneCalibration:
    """The correction that makes scores fit a deployment's labels, by penalised Newton steps.

    A few labels move little: slope and offset are pulled to 1 and 0 with the strength of two
    labels each.
    """
    if not scores:
        return ToneCalibration()
    x = np.array([[log_odds(score), 1.0] for score in scores])
    y = np.clip(np.array(truth), 0.0, 1.0)
    start = np.array([1.0, 0.0])
    w = start.copy()
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (p - y) + _PULL * (w - start)
        hessian = (x.T * (p * (1 - p))) @ x + _PULL * np.eye(2)
        w = w - np.linalg.solve(hessian, gradient)
    # a negative slope would call the happy unhappy: labels that ask for it are not believed
    return ToneCalibration(max(float(w[0]), 0.05), float(w[1]))
