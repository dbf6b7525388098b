"""How pressing an issue is that no rubric of the desk knows, by what it means.

A taught category has the priority that the desk gave it. Where none fits, a regression over
meanings says how likely a rubric would call the issue urgent or critical: that ranking holds for
trades it has not seen, while exact levels do not and are a matter of the desk's own table.
"""

from __future__ import annotations

import numpy as np

from streams.understanding.points import point_of
from streams.understanding.reading import Reading
from streams.understanding.tfidf import Floats


class UnseenPriority:
    """The probability that an issue is urgent or worse.

    Args:
        weights: Of a meaning's numbers, shape (WIDTH,).
        bias: Added to them, so that the logistic of the sum is a true probability.
    """

    def __init__(self, weights: Floats, bias: float) -> None:
        self._weights = weights
        self._bias = bias

    def of(self, reading: Reading) -> float:
        """How likely the issue is urgent or critical, 0 to 1."""
        logit = float(point_of(reading).meaning @ self._weights) + self._bias
        return round(float(1.0 / (1.0 + np.exp(-logit))), 4)
