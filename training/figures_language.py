"""How well languages are told apart, by kind of text, cross-validated over the open files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.understanding.language import MIXED_HINDI
from streams.understanding.tfidf import Vectoriser
from training.corpus import Corpus
from training.figures import Figure, share
from training.fit_language import Sample, fit, model_of, samples
from training.linear import reading_of

FOLDS = 4

ALIKE = (("da", "nb"), ("hr", "sr"), ("id", "ms"))
"""Languages so near to one another that one specialist often serves both."""

TASKS = {
    "sentences": "language of sentences",
    "word-pairs": "language of two words",
    "single-words": "language of one word",
    "command": "language of short commands",
    "English": "language of English requests and comments",
    "code-mixed": "mixed Hindi and English in Latin letters",
}


class Told(NamedTuple):
    """A held-out text's language, the likeliest one, and the one that the rules let be told."""

    kind: str
    true: str
    likeliest: str
    told: str | None


def figures(corpus: Corpus, vectoriser: Vectoriser) -> list[Figure]:
    """Accuracy by kind of text, and what is told of it once short and unsure texts keep theirs."""
    found = list(held_out(samples(corpus), vectoriser))
    protocol = f"{FOLDS}-fold cross-validation over the open files, {_languages(found)} languages"
    by_kind: dict[str, list[Told]] = defaultdict(list)
    for one in found:
        by_kind[one.kind].append(one)
    result: list[Figure] = []
    for kind, task in TASKS.items():
        rows = by_kind[kind]
        right = sum(one.likeliest == one.true for one in rows)
        told = [one for one in rows if one.told is not None]
        result.append(share(task, "accuracy", right, len(rows), protocol))
        result.append(share(task, "told, not kept", len(told), len(rows), protocol))
        right = sum(one.told == one.true for one in told)
        result.append(share(task, "right where told", right, len(told), protocol))
    return result + [_alike(pair, by_kind["sentences"], protocol) for pair in ALIKE]


def held_out(rows: Sequence[Sample], vectoriser: Vectoriser) -> Iterator[Told]:
    """Each text, told by a model that has not seen it."""
    for fold in range(FOLDS):
        model = model_of(fit([r for n, r in enumerate(rows) if n % FOLDS != fold], vectoriser))
        for text, true, kind in rows[fold::FOLDS]:
            reading = reading_of(vectoriser, text)
            scores = model.scores(reading.text, reading.vector)
            told, certainty = model.identify(reading, None)
            likeliest = model.languages[int(scores.argmax())]
            yield Told(kind, true, likeliest, None if certainty is None else told)


def _languages(found: Sequence[Told]) -> int:
    return len({one.true for one in found} - {MIXED_HINDI})


def _alike(pair: tuple[str, str], rows: Sequence[Told], protocol: str) -> Figure:
    mine = [one for one in rows if one.true in pair]
    right = sum(one.likeliest == one.true for one in mine)
    return share(
        "language of sentences", f"accuracy, {' and '.join(pair)}", right, len(mine), protocol
    )
