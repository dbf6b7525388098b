"""The light tier's arithmetic written plainly, as it was before it was made quick.

Every model works out for itself what it reads of a text, and every rounding is numpy's own. The
quick forms must give the same bits.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from agents.linking_terms import CUE_STEMS, term
from agents.linking_terms import CUES as LINKING_CUES
from streams.understanding import language as lang
from streams.understanding import short_requests, tone
from streams.understanding.cues import CUES, URGENCY
from streams.understanding.features import LIMIT, calls, stems
from streams.understanding.text import sentences, stem, words
from streams.understanding.tfidf import HALF, SPACE, Floats, Vector, char_grams

Arrays = Mapping[str, NDArray[Any]]

LOG = np.concatenate(([0.0], 1.0 + np.log(np.arange(1, 257)))).astype(np.float32)
MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def weighed(ids: NDArray[np.int64], idf: Floats) -> Vector:
    """Distinct features, weighed by their count and their rareness, of unit length."""
    distinct, counts = np.unique(ids.astype(np.int32), return_counts=True)
    weights = LOG[np.minimum(counts, 256)] * idf[distinct]
    return Vector(distinct, weights / np.float32(max(float(np.sqrt(weights @ weights)), 1e-9)))


def word_vector(text: str, idf: Floats) -> Vector:
    terms = [crc32(stem(word).encode()) for word in words(text)]
    if not terms:
        return Vector(np.empty(0, np.int32), np.empty(0, np.float32))
    pairs = [first * 31 + second for first, second in pairwise(terms)]
    return weighed((np.array(terms + pairs) & (HALF - 1)) + HALF, idf)


def vector(text: str, idf: Floats) -> Vector:
    units = word_vector(text, idf)
    grams = [crc32(gram.encode()) & (HALF - 1) for one in words(text) for gram in char_grams(one)]
    if not grams:
        return units
    letters = weighed(np.array(grams), idf)
    return Vector(
        np.concatenate((letters.ids, units.ids)),
        np.concatenate((letters.weights, units.weights)) * np.float32(0.5**0.5),
    )


def logits(arrays: Arrays, of: Vector) -> Floats:
    """A linear layer, from the arrays of its file."""
    slot = np.full(SPACE, -1, dtype=np.int32)
    slot[arrays["features"]] = np.arange(len(arrays["features"]), dtype=np.int32)
    slots = slot[of.ids]
    known = slots >= 0
    gathered = arrays["rows"][slots[known]].astype(np.float32)
    result: Floats = (of.weights[known] @ gathered) * arrays["scale"] + arrays["bias"]
    return result


def dot(rows: Sequence[Vector], of: Vector) -> NDArray[np.float64]:
    """Inner products, each added up in the order of the features."""
    weight = dict(zip(of.ids.tolist(), of.weights, strict=True))
    found = np.zeros(len(rows))
    for place, row in enumerate(rows):
        for feature, value in zip(row.ids.tolist(), row.weights, strict=True):
            if feature in weight:
                found[place] += float(weight[feature] * value)
    return found


def softmax(values: Floats) -> Floats:
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


def sigmoid(values: Floats) -> Floats:
    return np.reciprocal(1.0 + np.exp(-np.clip(values, np.float32(-30.0), np.float32(30.0))))


def spotted(sentence: str) -> frozenset[str]:
    """The cues of a sentence, but for whether "solved" is said or asked."""
    lowered = sentence.lower().replace("’", "'")
    every = (*CUES.items(), *URGENCY.items())
    return frozenset(name for name, pattern in every if pattern.search(lowered))


def slip(one: str, other: str) -> bool:
    """Whether one letter was left out, put in, replaced, or swapped with the next."""
    swapped = any(
        one[:i] + one[i + 1 : i + 2] + one[i : i + 1] + one[i + 2 :] == other
        for i in range(len(one) - 1)
    )
    left_out = any(one[:i] + one[i + 1 :] == other for i in range(len(one)))
    put_in = any(other[:i] + other[i + 1 :] == one for i in range(len(other)))
    replaced = len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    return one != other and (swapped or left_out or put_in or replaced)


def meant(one: str, words: Container[int]) -> str:
    """The cue that was mistyped, where one was."""
    if term(one) in words or one in CUE_STEMS or len(one) > 30:
        return one
    near = [cue for cue in CUE_STEMS if max(len(one), len(cue)) > 4 and slip(one, cue)]
    return near[0] if len(near) == 1 else one


def features(arrays: Arrays, text: str) -> list[list[float]]:
    """The terms for linking."""
    idf = dict(zip(arrays["terms"].tolist(), arrays["idf"].tolist(), strict=True))
    said = [meant(one, idf) for one in stems(text) + ["anybody"] * calls(text)]
    weights = {
        term(one): (1 + math.log(count)) * idf.get(term(one), float(arrays["unseen"]))
        for one, count in Counter(said).items()
    }
    kept = sorted(
        weights.items(), key=lambda item: (item[0] not in LINKING_CUES, -item[1], item[0])
    )
    del kept[LIMIT:]
    length = math.sqrt(sum(weight * weight for _, weight in kept))
    return [[hashed, round(weight / length, 4)] for hashed, weight in kept]


@cache
def py3langid(languages: tuple[str, ...]) -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    names = ["no" if name == "nb" else name for name in languages if name != lang.MIXED_HINDI]
    identifier.set_languages(names)
    return identifier


def language(
    arrays: Arrays, text: str, idf: Floats, known: str | None
) -> tuple[str | None, float | None]:
    call = short_requests.language_of_call(text, tuple(arrays["names"].tolist()))
    if call is not None:
        return known or call, None
    letters = sum(character.isalpha() for character in text[:64])
    if letters < lang.MIN_LETTERS or (text.isascii() and len(text.split()) < lang.MIN_WORDS):
        return known, None
    whole, names = vector(text, idf), tuple(arrays["names"].tolist())
    letter = whole.ids < HALF
    scores = logits(arrays, Vector(whole.ids[letter], whole.weights[letter]))
    top = np.partition(scores, -2)[-2:]
    if top[1] - top[0] < lang.CLEAR_LEAD:
        ranked = dict(py3langid(names).rank(text))
        ranked["nb"] = ranked["no"]
        others = [place for place, name in enumerate(names) if name != lang.MIXED_HINDI]
        values = np.array([ranked[names[place]] for place in others], dtype=np.float32)
        opinion = np.zeros(len(names), dtype=np.float32)
        opinion[others] = np.maximum(values - values.max(), lang.FURTHEST)
        few = len(text.split()) <= lang.FEW_WORDS
        weight = lang.SECOND_OPINION_OF_FEW if few else lang.SECOND_OPINION
        scores = scores + np.float32(weight) * opinion
    if "¿" in text or "¡" in text:
        scores[names.index(lang.SPANISH)] += lang.TURNED_LEAD
    first, second = np.argsort(-scores, kind="stable")[:2].tolist()
    if scores[first] - scores[second] < lang.MIN_MARGIN:
        return known, None
    return names[first], round(float(softmax(scores)[first]), 4)


@cache
def vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def dense(text: str, found: AbstractSet[str]) -> Floats:
    """What the tone of a sentence reads beside its words."""
    tokens, lexicon = text.lower().split(), vader().lexicon
    scores = {"compound": 0.0, "neg": 0.0, "pos": 0.0}
    if not text.isascii() or any(
        token in lexicon or token.strip(MARKS) in lexicon for token in tokens
    ):
        scores = vader().polarity_scores(text[: tone.VADER_CHARS])
    return np.array(
        [
            scores["compound"],
            scores["neg"],
            scores["pos"],
            min(text.count("!"), 3) / 3,
            min(text.count("?"), 3) / 3,
            len(text) > 6 and text.isupper(),
            min(len(text), 200) / 200,
            *(name in found for name in tone.TONE_CUES),
            bool(found & URGENCY.keys()),
        ],
        dtype=np.float32,
    )


def tone_score(
    arrays: Arrays, text: str, idf: Floats, found: Mapping[str, AbstractSet[str]]
) -> float:
    """The tone of a message; `found` are the cues of its sentences."""
    parts = sentences(text)
    tokens = [token for part in parts for token in part.lower().split()]
    told = any(found[part] & set(tone.TONE_CUES) for part in parts)
    valences = [vader().lexicon.get(token.strip(MARKS), 0.0) for token in tokens]
    if len(tokens) <= tone.FEW and not told and all(abs(v) < tone.CHARGED for v in valences):
        return 0.5
    half = tone.SENTENCES // 2
    judged = parts if len(parts) <= tone.SENTENCES else [*parts[:half], *parts[-half:]]
    rows = np.stack(
        [
            logits(arrays, word_vector(part, idf)) + dense(part, found[part]) @ arrays["dense"]
            for part in judged
        ]
    )
    probabilities = softmax(rows)
    worst = float((probabilities[:, 2] + probabilities[:, 1] / 2).min())
    logit = float(arrays["slope"]) * tone.log_odds(worst) + float(arrays["offset"])
    score = float(1 / (1 + np.exp(-logit)))
    cues = {cue for part in parts for cue in found[part]} & set(tone.TONE_CUES)
    return max(score, 0.5) if len(tokens) <= tone.FEW and cues == {"thanks"} else score
