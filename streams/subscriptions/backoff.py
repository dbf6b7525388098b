"""How long a receiver that failed is left alone: longer each time, and never quite the same."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 4 * 3600.0

MOST_ASKED_SECONDS = 24 * 3600.0
"""So long a wait is granted to a receiver that asks for it."""

GIVEN_UP = timedelta(days=5)
"""After so long without a single success a subscription is paused."""

_DOUBLINGS = 20


def pause(failures: int, asked: float) -> float:
    """Seconds to wait.

    Args:
        failures: How often in a row it failed, from 1.
        asked: How many seconds the receiver asked for.
    """
    full = min(FIRST_SECONDS * 2.0 ** min(failures - 1, _DOUBLINGS), LONGEST_SECONDS)
    spread = random.uniform(0.5, 1.0)  # noqa: S311  # it only keeps receivers' visitors apart
    return max(full * spread, min(asked, MOST_ASKED_SECONDS))
