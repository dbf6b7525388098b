"""How well tone and urgency are heard, in both tiers, on what the models have not seen.

No open set has complaints to a service whose tone somebody else has labelled. What comes nearest
is judged instead: reviews (UCI) left out as a whole, and the project's own sentences to services,
a trade at a time left out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.understanding.cues import urgency
from streams.understanding.deadlines import deadlines
from streams.understanding.reading import Reading
from streams.understanding.tfidf import Vectoriser
from streams.understanding.tone import ToneModel, recalibrated
from streams.understanding.tone_encoded import encoded_tone
from training import fit_tone, fit_tone_encoded
from training.corpus import Corpus
from training.encoding import Encoding
from training.figures import Figure, area, share
from training.fit_tone import LABELS, TRUTH, Sample
from training.fit_tone_encoded import (
    FOR_EACH,
    Arrays,
    Message,
    own_phrases,
    readings,
    rows_of,
    spoken,
    trades,
)

TRIGGER = 0.3
"""Under this score a message counts as unhappy."""

GROUPS = 5
BINS = 10
TIERS = ("light", "encoder")
Scorer = Callable[[Reading], float]


class Heard(NamedTuple):
    """Scores of messages or sentences, and their labels."""

    scores: NDArray[np.float64]
    labels: NDArray[np.str_]


class Bench:
    """The open set of support tone, and models that have not seen its tone sentences."""

    def __init__(self, corpus: Corpus, vectoriser: Vectoriser, encoding: Encoding) -> None:
        self.corpus, self._vectoriser, self._encoding = corpus, vectoriser, encoding
        self.own = own_phrases(corpus)
        self.words, self.seen, self.unseen = fit_tone.unaware(
            corpus, corpus.tone_phrases(), vectoriser
        )
        self.samples = self.seen + spoken(corpus, self.own)
        self._rows = rows_of(self.samples, self.words, vectoriser, encoding)
        self.whole = self.layer(range(len(self.samples)))
        self.messages = fit_tone_encoded.messages(corpus, vectoriser, encoding)
        unweighed = fit_tone_encoded.unweighed(self.words, self.whole)
        self.raw = [self.words.score(one.reading) for one in self.messages]
        self.odds = fit_tone_encoded.odds_of(unweighed, [one.reading for one in self.messages])
        self.labels = np.array([one.label for one in self.messages])

    def layer(self, chosen: Sequence[int]) -> Arrays:
        """The layer over whole messages, fitted on some of the samples."""
        return fit_tone_encoded.fit_whole(
            self._rows[list(chosen)], [self.samples[one] for one in chosen]
        )

    def model_of_words(self, samples: Sequence[Sample]) -> ToneModel:
        """The light tier's model, fitted on samples."""
        return fit_tone.model_of(fit_tone.fit(samples, self._vectoriser))

    def scorers(
        self, words: ToneModel, whole: Arrays, some: NDArray[np.intp] | None = None
    ) -> tuple[Scorer, Scorer]:
        """The tiers' scores, calibrated on some messages of the set, by default on all."""
        chosen = np.arange(len(self.labels)) if some is None else some
        labels = self.labels[chosen].tolist()
        fitted = recalibrated([self.raw[one] for one in chosen], [TRUTH[one] for one in labels])
        model = encoded_tone(words, whole | fit_tone_encoded.weigh(self.odds[chosen], labels))
        return lambda reading: fitted.apply(words.score(reading)), model.score

    def heard(self, scorer: Scorer, rows: Sequence[Sample]) -> Heard:
        """What a scorer makes of sentences."""
        names = {number: label for label, number in LABELS.items()}
        found = readings([text for text, *_ in rows], self._vectoriser, self._encoding)
        return Heard(
            np.array([scorer(reading) for reading in found]),
            np.array([names[label] for _, label, _ in rows]),
        )


def figures(corpus: Corpus, vectoriser: Vectoriser, encoding: Encoding) -> list[Figure]:
    """All figures of tone and urgency."""
    bench = Bench(corpus, vectoriser, encoding)
    return [
        *support(bench),
        *emotions(bench),
        *reviews(bench),
        *other_trades(bench),
        *urgent(bench),
    ]


def support(bench: Bench) -> Iterator[Figure]:
    """Messages of the open set: ranking, the trigger, calibration."""
    groups = _groups(bench.messages)
    scores = {tier: np.zeros(len(groups)) for tier in TIERS}
    for group in range(GROUPS):
        scorers = bench.scorers(bench.words, bench.whole, np.flatnonzero(groups != group))
        for tier, scorer in zip(TIERS, scorers, strict=True):
            for one in np.flatnonzero(groups == group):
                scores[tier][one] = scorer(bench.messages[one].reading)
    protocol = (
        "open set of support tone; models without its tone sentences, weighed and calibrated by"
        f" {GROUPS}-fold cross-validation over them"
    )
    for tier, found in scores.items():
        task = f"tone of support messages, {tier} tier"
        yield from _judged(task, Heard(found, bench.labels), protocol)
        yield from _calibration(task, Heard(found, bench.labels), protocol)


def emotions(bench: Bench) -> Iterator[Figure]:
    """Comments of GoEmotions, a tenth held out."""
    texts = {row["text"] for row in bench.corpus.rows("sentiment_goemotions_open")}
    rows = [one for one in bench.unseen if one[0] in texts]
    for tier, scorer in zip(TIERS, bench.scorers(bench.words, bench.whole), strict=True):
        yield from _judged(
            f"tone, GoEmotions, {tier} tier", bench.heard(scorer, rows), "a tenth held out"
        )


def reviews(bench: Bench) -> Iterator[Figure]:
    """Reviews of products, restaurants and films, all of them left out."""
    texts = {row["text"] for row in bench.corpus.rows("sentiment_uci_open")}
    rows = [one for one in bench.seen + bench.unseen if one[0] in texts]
    rest = [one for one in bench.seen + bench.unseen if one[0] not in texts]
    words = bench.model_of_words(rest + fit_tone.support(bench.corpus.tone_phrases()))
    whole = bench.layer([n for n, one in enumerate(bench.samples) if one[0] not in texts])
    for tier, scorer in zip(TIERS, bench.scorers(words, whole), strict=True):
        yield from _judged(
            f"tone, UCI reviews, {tier} tier", bench.heard(scorer, rows), "the whole set left out"
        )


def other_trades(bench: Bench) -> Iterator[Figure]:
    """Own sentences to services of a trade, those of that trade left out."""
    groups = trades(bench.corpus)
    found: dict[str, list[Heard]] = {tier: [] for tier in TIERS}
    for group in groups.values():
        left = [place for place, text in enumerate(bench.own) if text not in group]
        first = len(bench.seen)
        said = [first + place * FOR_EACH + one for place in left for one in range(FOR_EACH)]
        whole = bench.layer([*range(first), *said])
        rows = [(text, LABELS[label], 1.0) for text, label in group.items()]
        for tier, scorer in zip(TIERS, bench.scorers(bench.words, whole), strict=True):
            found[tier].append(bench.heard(scorer, rows))
    for tier, parts in found.items():
        heard = Heard(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        protocol = (
            f"the project's own sentences of {len(groups)} trades, one left out at a time; the same"
            " hand wrote them all, which flatters"
        )
        yield from _judged(f"tone, services of other trades, {tier} tier", heard, protocol)


def urgent(bench: Bench) -> list[Figure]:
    """Whether messages with an urgent sentence are found, and only those."""
    rows = bench.corpus.rows("tone_support_open")
    true = [bool(row["urgent"]) for row in rows]
    texts = [(one.reading.text, one.reading.spotted) for one in bench.messages]
    found = [bool(urgency(text, cues, deadlines(text))) for text, cues in texts]
    both = sum(a and b for a, b in zip(true, found, strict=True))
    protocol = (
        "open set of support tone; the wordings were written with its sentences in view, and a"
        " stolen card counts as a false alarm"
    )
    return [
        share("urgency", "recall", both, sum(true), protocol),
        share("urgency", "precision", both, sum(found), protocol),
    ]


def _groups(messages: Sequence[Message]) -> NDArray[np.intp]:
    phrases = sorted({one.phrase for one in messages if one.phrase})
    random.Random(3).shuffle(phrases)
    place = {phrase: number % GROUPS for number, phrase in enumerate(phrases)}
    return np.array(
        [
            place[one.phrase] if one.phrase else number % GROUPS
            for number, one in enumerate(messages)
        ]
    )


def _judged(task: str, heard: Heard, protocol: str) -> Iterator[Figure]:
    unhappy, flagged = heard.labels == "negative", heard.scores < TRIGGER
    both = int((unhappy & flagged).sum())
    yield area(
        task, "negative, AUC", heard.scores[unhappy].tolist(), heard.scores[~unhappy].tolist(),
        protocol,
    )  # fmt: skip
    for measure, of in (("precision", flagged), ("recall", unhappy)):
        yield share(task, f"under {TRIGGER}, {measure}", both, int(of.sum()), protocol)


def _calibration(task: str, heard: Heard, protocol: str) -> Iterator[Figure]:
    truth = np.array([TRUTH[label] for label in heard.labels])
    place = np.minimum((heard.scores * BINS).astype(int), BINS - 1)
    gap = 0.0
    for number in range(BINS):
        inside = place == number
        if inside.any():
            ends = f"{number / BINS:.1f} to {(number + 1) / BINS:.1f}"
            mean = heard.scores[inside].mean()
            gap += abs((heard.scores - truth)[inside].sum()) / len(truth)
            measure = f"true tone where the score is {ends} (mean {mean:.2f})"
            yield share(task, measure, truth[inside].sum(), int(inside.sum()), protocol)
    yield share(task, "calibration error", gap * len(truth), len(truth), protocol)
