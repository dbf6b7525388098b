"""Fits how pressing an issue is that no rubric knows: a regression from meanings to urgency.

Judged and calibrated on taxonomies that the regression has not seen, since it is for those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from streams.understanding.tfidf import Floats
from training.corpus import Corpus
from training.encoding import Encoding

C = 0.5
"""Strong: what makes one trade's issues urgent must not be learned by heart."""

TARGETS = {"low": 0.0, "medium": 0.02, "high": 0.2, "urgent": 0.9, "critical": 1.0}
"""What the regression is told: the order of levels transfers better than one line through them."""

PER_INTENT = 25
"""So many texts of an intent at most, so that no trade drowns another."""

FILES = {
    "banking77": "intent_banking77_train",
    "bitext": "intent_bitext_train",
    "clinc150": "intent_clinc150_train",
    "natcs_insurance": "intent_natcs_insurance",
}

PRESSING = ("urgent", "critical")


class Rated(NamedTuple):
    """One taxonomy's texts.

    Attributes:
        meanings: Shape (texts, WIDTH).
        targets: What the regression is told of each.
        pressing: Whether each is urgent or critical by the rubric.
    """

    meanings: Floats
    targets: NDArray[np.float64]
    pressing: NDArray[np.bool_]


def rated(corpus: Corpus, encoding: Encoding) -> dict[str, Rated]:
    """The taxonomies that have a rubric; an intent that a rubric does not name is low."""
    rubric = corpus.document("priority_rubric_open.json")
    rubric |= corpus.document("priority_rubric_clinc150.json")
    found = {}
    for name, file in FILES.items():
        seen: Counter[str] = Counter()
        texts, levels = [], []
        for row in corpus.rows(file):
            seen[row["intent"]] += 1
            if seen[row["intent"]] <= PER_INTENT:
                texts.append(row["text"])
                levels.append(rubric[name].get(row["intent"], "low"))
        found[name] = Rated(
            encoding.of(texts),
            np.array([TARGETS[level] for level in levels]),
            np.array([level in PRESSING for level in levels]),
        )
    return found


def fit(corpus: Corpus, encoding: Encoding) -> dict[str, NDArray[Any]]:
    """The arrays of the artefact `priority`."""
    taxonomies = rated(corpus, encoding)
    slope, offset = _calibration(held_out(taxonomies))
    weights, bias = _regression(list(taxonomies.values()))
    return {
        "weights": (slope * weights).astype(np.float16),
        "bias": np.array(slope * bias + offset, dtype=np.float32),
    }


def held_out(taxonomies: Mapping[str, Rated]) -> dict[str, tuple[Floats, NDArray[np.bool_]]]:
    """Of each taxonomy the logits of a regression over the others, and what is pressing."""
    found = {}
    for name, one in taxonomies.items():
        weights, bias = _regression([other for key, other in taxonomies.items() if key != name])
        logits: Floats = one.meanings @ weights.astype(np.float32) + np.float32(bias)
        found[name] = (logits, one.pressing)
    return found


def _regression(taxonomies: Sequence[Rated]) -> tuple[NDArray[np.float64], float]:
    rows = np.concatenate([one.meanings for one in taxonomies])
    targets = np.concatenate([one.targets for one in taxonomies])
    # a target between zero and one is an example of both, weighed
    shares = np.concatenate([targets, 1 - targets])
    labels = np.repeat([True, False], len(targets))
    model = LogisticRegression(C=C, max_iter=500)
    model.fit(np.concatenate([rows, rows])[shares > 0], labels[shares > 0], shares[shares > 0])
    return model.coef_[0], float(model.intercept_[0])


def _calibration(
    held: Mapping[str, tuple[Floats, NDArray[np.bool_]]],
) -> tuple[float, float]:
    """Slope and offset that make logits of unseen taxonomies true, each taxonomy alike."""
    logits = np.concatenate([values for values, _ in held.values()])
    pressing = np.concatenate([truth for _, truth in held.values()])
    alike = np.concatenate([np.full(len(truth), 1 / len(truth)) for _, truth in held.values()])
    model = LogisticRegression(C=1e6, max_iter=500)
    model.fit(logits[:, None], pressing, alike * len(logits))
    return float(model.coef_[0, 0]), float(model.intercept_[0])
