"""How unhappy a message sounds, by its sentences' words and by the meaning of the whole.

The light tier judges words, sentence by sentence. Beside it stands a linear layer on the meaning
of the whole message, which finds complaints without a strong word ("third engineer, third excuse").
The message is not encoded again sentence by sentence: the layer has learned from messages in which
a complaint stands beside a plain request, and that comes as near at no cost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.understanding.artefacts import Arrays
from streams.understanding.encoder import WIDTH
from streams.understanding.kernel import softmax
from streams.understanding.reading import Reading
from streams.understanding.tfidf import Floats
from streams.understanding.tone import (
    DENSE,
    ToneModel,
    judged,
    log_odds,
    squash,
    thanks_briefly,
)

WHOLE = WIDTH + DENSE
"""Number of features of a message: its meaning, and the most telling of each dense feature."""

CERTAIN = 4
"""How far doubt whether somebody is unhappy keeps a message from counting as happy: the power of
the probability that they are not. Sarcasm sounds happy and unhappy at once."""


class EncodedTone:
    """Words by sentence and meaning by message, weighed to a calibrated expectation.

    Args:
        words: What judges the words of sentences.
        whole: Weights of a message's features, shape (WHOLE, 3).
        bias: Added to their logits, shape (3,).
        calm: Weights of the two log-odds that nobody is unhappy, and what is added.
        happy: Weights of the two log-odds that somebody is happy, and what is added.
    """

    def __init__(
        self, words: ToneModel, whole: Floats, bias: Floats, calm: Floats, happy: Floats
    ) -> None:
        self._words = words
        self._whole = whole
        self._bias = bias
        self._calm = calm.tolist()
        self._happy = happy.tolist()

    def score(self, reading: Reading) -> float:
        """The tone of a message, 0 (unhappy) to 1; 0.5 without a sign of any.

        Half of the score is the probability that the customer is not unhappy, the other half that
        they are happy. A bare answer is no sign, as in the light tier.

        Args:
            reading: The message, with its meaning.
        """
        if self._words.says_little(reading.parts):
            return 0.5
        odds = self.odds(reading)
        calm = _weighed(self._calm, odds[0], odds[1])
        happy = _weighed(self._happy, odds[2], odds[3])
        score = (calm + happy * calm**CERTAIN) / 2
        return max(score, 0.5) if thanks_briefly(reading.parts) else score

    def odds(self, reading: Reading) -> tuple[float, float, float, float]:
        """Log-odds that nobody is unhappy, then that somebody is happy; each by words and whole."""
        sentences = [self._words.sentence(part) for part in judged(reading.parts)]
        by_words = softmax(np.array([one.logits for one in sentences]))
        features = whole_features(reading, np.array([one.dense for one in sentences]))
        unhappy, fair, good = softmax(features @ self._whole + self._bias).tolist()
        worst, best = float(by_words[:, 0].max()), float(by_words[:, 2].max())
        return (
            log_odds(1 - worst),
            log_odds(1 - unhappy),
            log_odds(best),
            log_odds(good / (fair + good)),
        )


def encoded_tone(words: ToneModel, arrays: Arrays) -> EncodedTone:
    """The model of an artefact."""
    whole = arrays["whole"].astype(np.float32)
    return EncodedTone(words, whole, arrays["bias"], arrays["calm"], arrays["happy"])


def whole_features(reading: Reading, dense: Floats) -> Floats:
    """The features of a message, shape (WHOLE,).

    Args:
        reading: The message, with its meaning.
        dense: The dense features of its sentences, shape (sentences, DENSE); of each the most
            telling one counts, of VADER's compound the lowest.
    """
    telling = dense.max(axis=0)
    telling[0] = dense[:, 0].min()
    meaning: NDArray[np.float32] | None = reading.meaning
    assert meaning is not None  # this tier's reader has an encoder
    return np.concatenate((meaning, telling))


def _weighed(weights: list[float], first: float, second: float) -> float:
    return squash(weights[0] * first + weights[1] * second + weights[2])
