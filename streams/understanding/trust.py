"""How far a deployment's own answers have earned the models' confidence in them.

The models' confidence is calibrated on open data. What customers accept and reject of the articles
that were shown to them says how it does here: one slope and one offset of its log-odds, fitted on
these judgements alone and pulled to no correction, so that a few judgements move little and the
same judgements always give the same correction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.world import ArticleHit
from streams.understanding.knowledge_items import Judged
from streams.understanding.retrieval import OTHER_LANGUAGE

PULL = 20.0
"""The strength of no correction, in judgements; more than tone has, for silence judges nothing."""

ROUNDS = 100

LATEST = 2000
"""So many judgements at most, the latest: a base that got better must be able to show it."""

_LEAST, _MOST = 1e-3, 1 - 1e-3


class Trust(NamedTuple):
    """A deployment's correction of the log-odds: slope x log-odds + offset."""

    slope: float = 1.0
    offset: float = 0.0

    def applied(self, hits: list[ArticleHit]) -> list[ArticleHit]:
        """The hits with corrected confidences, in the same order.

        Only what is shown to customers is judged by them, and that is what is surer than
        `OTHER_LANGUAGE`; the rest stays as it is, and nothing falls below it.
        """
        if self == NONE:
            return hits
        return [
            ArticleHit(hit.id, self._corrected(hit.confidence))
            if hit.confidence > OTHER_LANGUAGE
            else hit
            for hit in hits
        ]

    def uncorrected(self, confidence: float) -> float:
        """What the models alone must have said for this confidence to come out."""
        return _share((_log_odds(confidence) - self.offset) / self.slope)

    def _corrected(self, confidence: float) -> float:
        found = _share(self.slope * _log_odds(confidence) + self.offset)
        return max(round(found, 4), OTHER_LANGUAGE)


NONE = Trust()
"""No correction."""


def earned(judged: Sequence[Judged]) -> Trust:
    """The correction that the judgements ask for.

    By steps under Böhning's bound on the curvature, as what is taught is fitted: none overshoots,
    however sure the models were.
    """
    latest = list(judged)[-LATEST:]
    if not latest:
        return NONE
    rows = np.array([[_log_odds(one.confidence), 1.0] for one in latest])
    truth = np.array([float(one.accepted) for one in latest])
    start = np.array([1.0, 0.0])
    weights = start.copy()
    step = np.linalg.inv(rows.T @ rows / 4 + PULL * np.eye(2))
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        weights = weights - step @ (rows.T @ (chance - truth) + PULL * (weights - start))
    # with a negative slope the surer answer would count as the less sure one
    return Trust(max(float(weights[0]), 0.05), float(weights[1]))


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(log_odds, -30.0), 30.0)))


def _log_odds(confidence: float) -> float:
    bounded = min(max(confidence, _LEAST), _MOST)
    return math.log(bounded / (1 - bounded))
