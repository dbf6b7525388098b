"""Fits what the encoder tier adds to the tone of words: the meaning of the whole message."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.understanding.encoder import WIDTH
from streams.understanding.reading import Reading
from streams.understanding.text import sentences
from streams.understanding.tfidf import Floats, Vectoriser
from streams.understanding.tone import ToneModel, judged
from streams.understanding.tone_encoded import WHOLE, EncodedTone, encoded_tone, whole_features
from training.corpus import Corpus
from training.encoding import Encoding
from training.fit_tone import LABELS, Sample, general
from training.linear import fit_binary, fit_softmax, reading_of

SCALE = 3.0
"""How much less the penalty weighs on the meaning than on the dense features."""

PHRASE_WEIGHT = 2.0
BESIDE_EACH = 4
"""So many messages are made of each tone sentence."""

FOR_EACH = 2 + BESIDE_EACH
"""So many samples are made of each tone sentence: plain, shouted, and the messages."""

FREQUENT = 15
"""What the open set says so often is a tone sentence, not a request."""

Arrays = dict[str, NDArray[Any]]


class Message(NamedTuple):
    """A message of the open set: its reading, its label, and the tone sentence in it, if any."""

    reading: Reading
    label: str
    phrase: str | None


def trades(corpus: Corpus) -> dict[str, dict[str, str]]:
    """The project's sentences to customer services, with their labels, by trade."""
    return {
        trade: {text: label for label, texts in groups.items() for text in texts}
        for trade, groups in corpus.document("service_phrases.json").items()
    }


def spoken(corpus: Corpus, phrases: dict[str, str]) -> list[Sample]:
    """Tone sentences alone, shouted, and beside requests."""
    dice = random.Random(11)
    requests = [row["text"] for row in corpus.rows("intent_banking77_train")]
    requests += [row["text"] for row in corpus.rows("intent_natcs_insurance")]
    requests += [row["text"] for row in corpus.rows("intent_clinc150_train")[::3]]
    found: list[Sample] = []
    for text, label in phrases.items():
        number = LABELS[label]
        found += [(text, number, PHRASE_WEIGHT), (text.upper(), number, PHRASE_WEIGHT)]
        for _ in range(BESIDE_EACH):
            said = [dice.choice(requests) for _ in range(dice.choice((1, 1, 1, 2)))]
            said.insert(dice.randrange(len(said) + 1), text)
            found.append((_styled(" ".join(said), dice), number, PHRASE_WEIGHT))
    return found


def _styled(text: str, dice: random.Random) -> str:
    drawn = dice.random()
    if drawn < 0.08:
        return text.upper()
    return text.lower() if drawn < 0.3 else text


def readings(texts: Sequence[str], vectoriser: Vectoriser, encoding: Encoding) -> list[Reading]:
    """The readings that the encoder tier would make of messages."""
    return [
        reading_of(vectoriser, text)._replace(meaning=meaning)
        for text, meaning in zip(texts, encoding.of(texts), strict=True)
    ]


def rows_of(
    samples: Sequence[Sample], words: ToneModel, vectoriser: Vectoriser, encoding: Encoding
) -> Floats:
    """The features of samples as whole messages, shape (samples, WHOLE).

    They are the same whatever the words' weights are.
    """
    found = readings([text for text, *_ in samples], vectoriser, encoding)
    rows: Floats = np.zeros((len(found), WHOLE), dtype=np.float32)
    for place, reading in enumerate(found):
        dense = [words.dense_features(part.text, part.spotted) for part in judged(reading.parts)]
        if dense:
            rows[place] = whole_features(reading, np.array(dense))
    return rows


def fit_whole(rows: Floats, samples: Sequence[Sample]) -> Arrays:
    """The layer over whole messages, with the weights as they are kept on disk."""
    scale = np.ones(WHOLE, dtype=np.float32)
    scale[:WIDTH] = SCALE
    coefficients, intercepts = fit_softmax(
        rows * scale,
        np.array([label for _, label, _ in samples]),
        c=1.0,
        weights=np.array([weight for *_, weight in samples]),
        rounds=300,
    )
    return {
        "whole": (coefficients * scale).T.astype(np.float16),
        "bias": intercepts.astype(np.float32),
    }


def unweighed(words: ToneModel, arrays: Arrays) -> EncodedTone:
    """The model whose log-odds are not weighed yet."""
    none = np.zeros(3, dtype=np.float32)
    return encoded_tone(words, arrays | {"calm": none, "happy": none})


def messages(corpus: Corpus, vectoriser: Vectoriser, encoding: Encoding) -> list[Message]:
    """The messages of the open set of support tone."""
    rows = corpus.rows("tone_support_open")
    found = readings([row["text"] for row in rows], vectoriser, encoding)
    said = [[sentence.lower() for sentence in sentences(row["text"])] for row in rows]
    often = Counter(sentence for one in said for sentence in one)
    return [
        Message(
            reading,
            row["label"],
            next((sentence for sentence in one if often[sentence] >= FREQUENT), None),
        )
        for reading, row, one in zip(found, rows, said, strict=True)
    ]


def odds_of(model: EncodedTone, found: Sequence[Reading]) -> Floats:
    """The log-odds of messages, shape (messages, 4)."""
    return np.array([model.odds(reading) for reading in found], dtype=np.float32)


def weigh(odds: Floats, labels: Sequence[str]) -> Arrays:
    """The weights of the log-odds, fitted on messages whose tone sentences no model has seen."""
    names = np.array(labels)
    calm, happy = names != "negative", names == "positive"
    weights, bias = fit_binary(odds[:, :2], calm)
    more, base = fit_binary(odds[calm, 2:], happy[calm])
    return {
        "calm": np.append(weights, np.float32(bias)),
        "happy": np.append(more, np.float32(base)),
    }


def fit(
    corpus: Corpus,
    phrases: dict[str, str],
    words: tuple[ToneModel, ToneModel],
    vectoriser: Vectoriser,
    encoding: Encoding,
) -> Arrays:
    """The artefact.

    Args:
        corpus: The open files.
        phrases: The tone sentences of the light tier, those of the open set among them.
        words: The model of words that runs, and the one that has not seen the open set's.
        vectoriser: Makes vectors.
        encoding: Makes meanings.
    """
    others, own = general(corpus), own_phrases(corpus)
    samples = others + spoken(corpus, own)
    rows = rows_of(samples, words[1], vectoriser, encoding)
    found = messages(corpus, vectoriser, encoding)
    odds = odds_of(unweighed(words[1], fit_whole(rows, samples)), [one.reading for one in found])
    samples = others + spoken(corpus, phrases | own)
    rows = rows_of(samples, words[0], vectoriser, encoding)
    return fit_whole(rows, samples) | weigh(odds, [one.label for one in found])


def own_phrases(corpus: Corpus) -> dict[str, str]:
    """All tone sentences of the project's own."""
    document = corpus.document("tone_phrases.json")
    found = {text: label for label, texts in document.items() for text in texts}
    for group in trades(corpus).values():
        found |= group
    return found
