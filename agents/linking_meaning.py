"""How near messages are in meaning, as far as the log says: signs of the encoder's vectors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

BITS = 384
"""Numbers of a meaning, each kept as a bit."""

_SKETCH = re.compile(f"[0-9a-f]{{{BITS // 4}}}")


def bits(meaning: str | None) -> int | None:
    """A meaning as one number; None where there is none, as in the light tier, or no longer."""
    if meaning is None or _SKETCH.fullmatch(meaning) is None:
        return None
    return int(meaning, 16)


def nearness(one: int | None, others: Iterable[str]) -> float:
    """The greatest cosine to any of the others, estimated from the bits that differ.

    0 where either side has no meaning, and where nothing is near.
    """
    if one is None:
        return 0.0
    known = (bits(other) for other in others)
    least = min(((one ^ other).bit_count() for other in known if other is not None), default=BITS)
    return max(0.0, math.cos(math.pi * least / BITS))
