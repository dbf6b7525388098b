"""Figures of search and automatic answers: from what was found for messages with a known answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.world import ArticleHit
from streams.evaluating.figures import Figure, resampled, share

THRESHOLDS = (0.8, 0.9)
"""From these confidences on an answer goes out by itself, and settles a matter by itself."""

BINS = 15
DEPTH = 10


class Found(NamedTuple):
    """What was found for a message, best first, and which articles answer it; none may."""

    hits: Sequence[ArticleHit]
    right: frozenset[str]

    @property
    def first_is_right(self) -> bool:
        """Whether the first article answers."""
        return bool(self.hits) and self.hits[0].id in self.right

    @property
    def sure(self) -> float:
        """The confidence of the first article."""
        return self.hits[0].confidence if self.hits else 0.0


def ranking(task: str, found: Sequence[Found], protocol: str) -> Iterator[Figure]:
    """How well the right article is ranked, where there is one."""
    asked = [one for one in found if one.right]
    yield share(task, "first article right", [one.first_is_right for one in asked], protocol)
    among = [any(hit.id in one.right for hit in one.hits[:5]) for one in asked]
    yield share(task, "right article among five", among, protocol)
    gains = [_gain(one) for one in asked]
    yield resampled(task, "nDCG at 10", gains, lambda at: _mean([gains[i] for i in at]), protocol)


def answering(task: str, found: Sequence[Found], protocol: str) -> Iterator[Figure]:
    """How often an answer that goes out by itself is right, and how many messages get one."""
    for threshold in THRESHOLDS:
        over = [one for one in found if one.sure > threshold]
        at = f"over {threshold}"
        yield share(task, f"answers {at} right", [one.first_is_right for one in over], protocol)
        yield share(
            task,
            f"answerable with an answer {at}",
            [one.sure > threshold for one in found if one.right],
            protocol,
        )
        yield share(
            task,
            f"unanswerable with an answer {at}",
            [one.sure > threshold for one in found if not one.right],
            protocol,
        )
    pairs = [(one.sure, one.first_is_right) for one in found]
    yield resampled(
        task, "calibration error", pairs, lambda at: ece([pairs[i] for i in at]), protocol
    )


def ece(pairs: Sequence[tuple[float, bool]]) -> float:
    """The expected calibration error in 15 bins (Naeini et al. 2015): confidence against truth."""
    gaps = [0.0] * BINS
    for confidence, right in pairs:
        gaps[min(int(confidence * BINS), BINS - 1)] += confidence - right
    return sum(map(abs, gaps)) / len(pairs) if pairs else 0.0


def _gain(found: Found) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) of the first ten."""
    gained = sum(
        1 / math.log2(place + 2)
        for place, hit in enumerate(found.hits[:DEPTH])
        if hit.id in found.right
    )
    best = sum(1 / math.log2(place + 2) for place in range(min(DEPTH, len(found.right))))
    return gained / best


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
