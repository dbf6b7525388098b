"""How fast something comes, for those who gather more of it while it comes fast."""

from __future__ import annotations

import time

OVER_SECONDS = 0.5
"""Over how long a pace is measured, about."""


class Pace:
    """How many come a second, over the last few times that some came.

    Args:
        many: From how many a second on it is fast.
    """

    def __init__(self, many: float) -> None:
        self._many = many
        self._since = time.monotonic()
        self._rate = 0.0

    @property
    def fast(self) -> bool:
        """Whether many come."""
        return self._rate > self._many

    def note(self, count: int) -> None:
        """So many came since the last time."""
        now = time.monotonic()
        elapsed, self._since = max(now - self._since, 0.001), now
        share = min(1.0, elapsed / OVER_SECONDS)
        self._rate += share * (count / elapsed - self._rate)
